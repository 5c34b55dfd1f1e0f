"""Events of the live stream as bytes, made once for all streams that tell the same.

A compressed stream is put together of blocks that were compressed on their own: none looks back
into another, so the same bytes fit into every stream.
"""

import zlib
from collections.abc import AsyncIterator
from functools import cached_property
from typing import Any

from sse_starlette import ServerSentEvent

from virton.console.answers import json_text

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_LEVEL = 6


class Frame:
    """One event, plain and compressed."""

    def __init__(self, name: str, data: Any, retry_ms: int | None = None) -> None:
        self.name = name
        event = ServerSentEvent(json_text(data), event=name, retry=retry_ms)
        self.plain = event.encode()

    @cached_property
    def block(self) -> bytes:
        """Return the event as a deflated block that stands for itself."""
        deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        return deflate.compress(self.plain) + deflate.flush(zlib.Z_FULL_FLUSH)


async def plain(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    """Yield the bytes of a stream as they are."""
    async for frame in frames:
        yield frame.plain


async def gzipped(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    """Yield the bytes of a stream as gzip, each event as soon as it comes."""
    check, length, head = 0, 0, _GZIP_HEAD
    async for frame in frames:
        check = zlib.crc32(frame.plain, check)
        length += len(frame.plain)
        yield head + frame.block
        head = b""
    end = check.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little")
    yield head + _LAST_BLOCK + end
