"""Whatever an upstream sends, it takes neither our memory nor our time."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.proxmox.wire import Handler, answering, listening, ok
from tests.stepped_loop import STEPPED
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient, Timeouts
from virton.proxmox.api import LOGIN_BYTES
from virton.proxmox.errors import ApiError
from virton.proxmox.exchange import MOST_BYTES
from virton.proxmox.values import MOST_VALUES, document

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return STEPPED


MIB = 1 << 20
PATIENT = Timeouts(connect_s=5, read_s=20, whole_s=60)


@pytest.fixture
def memory() -> Iterator[None]:
    """Hold a test to the memory that one answer may take."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * MOST_BYTES, f"{peak / MIB:.0f} MiB"


async def told(handler: Handler, timeouts: Timeouts = PATIENT) -> ApiError:
    """Return how the client tells what it was sent."""
    async with listening(handler) as address:
        client = ProxmoxClient([address], timeouts=timeouts)
        with pytest.raises(ApiFailure) as caught:
            await client.call("GET", "/cluster/resources")
        await client.aclose()
    return caught.value.error


def pouring(head: bytes, pieces: AsyncIterator[bytes], sent: list[int]) -> Handler:
    """Return a server that sends until nobody takes it."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        async for piece in pieces:
            writer.write(piece)
            await writer.drain()
            sent.append(len(piece))

    return handler


async def endless(piece: bytes) -> AsyncIterator[bytes]:
    """Yield the same bytes for ever."""
    while True:
        yield piece


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * MIB),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"100000\r\n" + b"x" * MIB + b"\r\n",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", b"x" * MIB),
        (b"HTTP/1.1 500 Oh\r\n\r\n", b"x" * MIB),
    ],
    ids=["until the end", "in chunks", "by length", "as a refusal"],
)
async def test_an_answer_that_is_too_long_is_given_up(head: bytes, piece: bytes) -> None:
    sent: list[int] = []
    error = await told(pouring(head, endless(piece), sent))
    assert error.code == "protocol"
    assert sum(sent) < MOST_BYTES + 16 * MIB


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    "piece",
    [b"x-more: " + b"y" * MIB + b"\r\n", b"y" * MIB, b"x: y\r\n" * 9999],
    ids=["long headers", "one header", "many headers"],
)
async def test_headers_that_never_end_are_given_up(piece: bytes) -> None:
    sent: list[int] = []
    error = await told(pouring(b"HTTP/1.1 200 OK\r\n", endless(piece), sent))
    assert error.code == "protocol"
    assert sum(sent) < 16 * MIB


@pytest.mark.usefixtures("memory")
async def test_many_answers_that_are_too_long_take_no_more_together() -> None:
    handler = pouring(b"HTTP/1.1 200 OK\r\n\r\n", endless(b"x" * MIB), [])
    async with listening(handler) as address:
        client = ProxmoxClient([address], timeouts=PATIENT)
        calls = (client.call("GET", f"/{number}") for number in range(14))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(answer, ApiFailure) for answer in answers)
        await client.aclose()


@pytest.mark.usefixtures("memory")
async def test_what_is_small_on_the_wire_is_bounded_when_it_is_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    first, piece = (packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    bomb = first + 199 * piece  # each further one is packed to the same bytes
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    error = await told(answering(head + bomb))
    assert error.code == "protocol"


async def test_an_answer_that_drips_is_given_up_when_the_whole_takes_too_long() -> None:
    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0)

    begun = asyncio.get_running_loop().time()
    error = await told(drips, Timeouts(connect_s=1, read_s=5, whole_s=0.2))
    assert error.code == "timeout"
    assert asyncio.get_running_loop().time() - begun < 1


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"gzip, gzip", b"deflate"])
async def test_no_other_encoding_is_unpacked_than_the_one_that_was_asked_for(
    encoding: bytes,
) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: " + encoding + b"\r\ncontent-length: 2\r\n\r\n{}"
    assert (await told(answering(head))).code == "protocol"


async def test_a_compressed_answer_is_read() -> None:
    packed = gzip.compress(b'{"data": [1]}')
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    async with listening(answering(head + packed)) as address:
        client = ProxmoxClient([address])
        assert await client.call("GET", "/version") == [1]
        await client.aclose()


async def test_a_login_reads_little() -> None:
    long = ok(b'{"data": "%s"}' % (b"x" * LOGIN_BYTES))
    async with listening(answering(long)) as address:
        client = ProxmoxClient([address])
        with pytest.raises(ApiFailure) as caught:
            await ClusterApi(client).log_in("root@pam", "x", 0)
        assert caught.value.error.code == "protocol"
        with pytest.raises(ApiFailure):
            await ClusterApi(client).realms()
        await client.aclose()


def test_a_document_of_more_values_than_a_cluster_has_is_not_read() -> None:
    with pytest.raises(ValueError, match="values"):
        document(b"[" + b"{}," * MOST_VALUES + b"{}]")


@pytest.mark.parametrize(
    "content",
    [
        b'{"data": "' + b'\\"' * 500_000,
        b'{"data": "' + b"x" * 1_000_000 + b"\\",
        b'{"data": [' + b'"",' * 100_000,
        b'{"data": ' + b"nan" * 250_000,
    ],
    ids=["quotes", "no end", "texts", "no numbers"],
)
def test_a_document_that_is_broken_at_length_is_given_up(content: bytes) -> None:
    with pytest.raises(ValueError):
        document(content)
