"""So many browsers in one process: each opens the live stream and notes when which news came."""

import asyncio
import json
import re
import sys
import time
from urllib.parse import urlsplit

NOW = re.compile(rb'"now":([0-9.]+)')


async def watch(address: str, cookie: str, events: int) -> list[tuple[float, float]]:
    """Return, for so many Snapshots, when each was taken and when it was here (Unix seconds)."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 22)
    head = f"GET /api/stream HTTP/1.1\r\nhost: {parts.netloc}\r\ncookie: {cookie}\r\n\r\n"
    writer.write(head.encode())
    seen: list[tuple[float, float]] = []
    news = False
    while len(seen) < events:
        line = await reader.readuntil(b"\n")
        if line.startswith(b"event:"):
            news = line.split(b":")[1].strip() in (b"whole", b"change")
        elif news and line.startswith(b"data:"):
            here = time.time()
            taken = NOW.search(line)
            assert taken is not None
            seen.append((float(taken[1]), here))
    writer.close()
    return seen


async def crowd(address: str, cookie: str, count: int, events: int) -> None:
    """Let so many watch, and print what they noted."""
    seen = await asyncio.gather(*(watch(address, cookie, events) for _ in range(count)))
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    asyncio.run(crowd(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
