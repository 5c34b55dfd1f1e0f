"""Small answers on a kept connection, against a server that does nothing but answer."""

import asyncio
import contextlib
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from virton.cli.listening import listen
from virton.cli.serving import Server

ASKED = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
TOLD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
TIMES = 400
AT_MOST = 3.0
"""A kept connection's answer may take so many times as long as the bare server's."""


@asynccontextmanager
async def bare() -> AsyncIterator[int]:
    """Serve with nothing but asyncio: the same bytes to whoever asks."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(TOLD)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def ours() -> AsyncIterator[int]:
    """Serve as `virton serve` does."""

    async def hello(_: Request) -> Response:
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/", hello)])
    with listen("127.0.0.1", 0) as listener:
        server = Server(app)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def measured() -> tuple[float, float]:
    """Return how long an answer takes: the bare server's, and ours; a process of its own asks."""
    async with bare() as plain, ours() as whole:
        command = ["-m", "tests.bench.small", str(plain), str(whole)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    plain_s, ours_s = map(float, output.split())
    return plain_s, ours_s


def ask(ports: list[int]) -> list[float]:
    """Ask in turns, many times on one connection each; return how long each took, in the middle."""
    took: dict[int, list[float]] = {port: [] for port in ports}
    with contextlib.ExitStack() as open_ones:
        asking = {
            port: open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
            for port in ports
        }
        for connection in asking.values():
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(TIMES):
            for port, connection in asking.items():
                took[port].append(_once(connection))
    return [statistics.median(took[port]) for port in ports]


def _once(connection: socket.socket) -> float:
    begun = time.perf_counter()
    connection.sendall(ASKED)
    told = b""
    while not told.endswith(b"hello"):
        told += connection.recv(65536)
    return time.perf_counter() - begun


def main() -> None:
    """Print the table."""
    plain_s, ours_s = asyncio.run(measured())
    table = Table(title="Small answers on a kept connection (median)")
    for name in ("server", "µs", "times the bare one"):
        table.add_column(name, justify="right")
    table.add_row("bare asyncio", f"{plain_s * 1e6:.0f}", "1.0")
    table.add_row("virton serve", f"{ours_s * 1e6:.0f}", f"{ours_s / plain_s:.1f}")
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1:]:
        print(*ask([int(port) for port in sys.argv[1:]]))
    else:
        main()
