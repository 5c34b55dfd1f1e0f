"""Who is connected, and how long they may keep the server waiting; over real sockets."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.stepped_loop import STEPPED
from virton.cli.connections import Bounds, Connections
from virton.cli.listening import listen
from virton.cli.serving import Server

pytestmark = pytest.mark.anyio
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
QUICK = Bounds(most=8, most_of_one=4, head_s=0.2, body_s=0.2, stalled_s=0.2)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return STEPPED


async def hello(request: Request) -> Response:
    try:
        return PlainTextResponse(f"hello {len(await request.body())}")
    except ClientDisconnect:
        return PlainTextResponse("to nobody")


async def flood(request: Request) -> Response:
    return Response(b"x" * (64 << 20))


APP = Starlette(
    routes=[Route("/", hello, methods=["GET", "POST"]), Route("/flood", flood)],
)


@asynccontextmanager
async def served(bounds: Bounds) -> AsyncIterator[tuple[Server, int]]:
    with listen("127.0.0.1", 0) as listener:
        server = Server(APP, bounds=bounds)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def serving(bounds: Bounds) -> AsyncIterator[int]:
    async with served(bounds) as (_, port):
        yield port


async def answer(port: int, sent: bytes = GET) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        return head.partition(b"\r\n")[0]
    finally:
        writer.close()


async def left(reader: asyncio.StreamReader) -> bytes:
    """Return what is still sent until the server closes the connection, or resets it."""
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 10)
    return b""


HALVES = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half a head": b"GET / HTTP/1.1\r\nhost: x\r\nx-more: ",
    "half a body": b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc",
    "half a chunk": b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "a request and a half": GET + b"GET / HTTP/1.1\r\nho",
}


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
async def test_who_sends_half_a_request_is_left_after_a_while(sent: bytes) -> None:
    async with serving(QUICK) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        told = await left(reader)
        assert told.count(b"HTTP/1.1 200") == (1 if sent.startswith(GET) else 0)
        writer.close()
        assert await answer(port) == b"HTTP/1.1 200 OK"


async def test_who_sends_drop_by_drop_is_left_all_the_same() -> None:
    async with serving(QUICK) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gone = asyncio.ensure_future(left(reader))
        for _ in range(1000):
            writer.write(b"x")
            await asyncio.sleep(0.01)
            if gone.done():
                break
        assert gone.done()
        writer.close()


async def test_who_does_not_read_the_answer_is_left() -> None:
    async with served(QUICK) as (server, port), asyncio.timeout(10):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /flood HTTP/1.1\r\nhost: x\r\n\r\n")
        was_there = False
        while not was_there or server.server_state.connections:
            was_there = was_there or bool(server.server_state.connections)
            await asyncio.sleep(0.01)
        assert await answer(port) == b"HTTP/1.1 200 OK"
        writer.transport.abort()


async def test_when_it_is_full_who_has_asked_for_nothing_makes_room() -> None:
    async with serving(Bounds(most=8, most_of_one=100)) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _ in range(20):
            assert await answer(port) == b"HTTP/1.1 200 OK"
        for _, writer in idle:
            writer.close()


async def test_every_half_open_connection_of_an_attack_leaves_others_their_answers() -> None:
    async with serving(Bounds(most=64)) as port:
        slow = []
        for _ in range(300):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HALVES["half a head"])
            slow.append(writer)
        assert await asyncio.gather(*(answer(port) for _ in range(20))) == [b"HTTP/1.1 200 OK"] * 20
        for writer in slow:
            writer.close()


async def test_nonsense_is_told_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Bounds()) as port:
        for _ in range(50):
            assert (await answer(port, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")
        upgrade = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
        for _ in range(50):
            assert await answer(port, upgrade) == b"HTTP/1.1 200 OK"
    assert caplog.messages == ["what is no whole HTTP request was refused (400)"]


UNREADABLE = {
    "no HTTP": (b"nonsense\r\n\r\n", b"HTTP/1.1 400 Bad Request", "it is not HTTP"),
    "HTTPS": (b"\x16\x03\x01\x02\x00\x01", b"HTTP/1.1 400 Bad Request", "the port of HTTPS"),
    "a head that is too long": (
        GET[:-2] + b"x" * ((1 << 16) + 1 - len(GET[:-2])),  # not a byte more than is read of it
        b"HTTP/1.1 431 Request Header Fields Too Large",
        "too long",
    ),
    "a body that breaks off": (
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 400 Bad Request",
        "it is not HTTP",
    ),
}


@pytest.mark.parametrize(("sent", "status", "words"), UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_refused_in_our_words(
    sent: bytes, status: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(Bounds()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        told = await left(reader)
        writer.close()
        assert told.startswith(status)
        assert words in told.decode()
        assert await answer(port) == b"HTTP/1.1 200 OK"
    assert caplog.messages == [
        f"what is no whole HTTP request was refused ({status[9:12].decode()})"
    ]


class Standing:
    """A connection that stands for one of the server's."""

    def __init__(self, awaited: str = "nothing") -> None:
        self.awaited = awaited
        self.gone = False
        self.transport = self

    def abort(self) -> None:
        self.gone = True


def test_one_network_gets_its_share_and_no_more() -> None:
    doors = Connections(Bounds(most=100, most_of_one=3), ["192.0.2.7", "198.51.100.0/24"])

    def entered(address: str) -> list[bool]:
        return [doors.enter(Standing(), address) for _ in range(5)]  # type: ignore[arg-type]

    assert entered("203.0.113.1") == [True] * 3 + [False] * 2
    assert entered("2001:db8::1") == [True] * 3 + [False] * 2
    assert entered("2001:db8::2") == [False] * 5
    assert entered("2001:db8:0:1::1") == [True] * 3 + [False] * 2
    for many in ("127.0.0.1", "::1", "192.0.2.7", "198.51.100.9"):
        assert entered(many) == [True] * 5


def test_who_leaves_makes_room() -> None:
    doors = Connections(Bounds(most=2, most_of_one=2))
    first, second = Standing(), Standing()
    assert doors.enter(first, "203.0.113.1")  # type: ignore[arg-type]
    assert doors.enter(second, "203.0.113.1")  # type: ignore[arg-type]
    assert not doors.enter(Standing(), "203.0.113.2")  # type: ignore[arg-type]
    doors.leave(first)  # type: ignore[arg-type]
    doors.leave(first)  # type: ignore[arg-type]
    assert doors.enter(Standing("head"), "203.0.113.1")  # type: ignore[arg-type]
    assert doors.enter(Standing(), "203.0.113.2")  # type: ignore[arg-type]
    assert not second.gone


_FEW = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from tests.cli.test_connections import answer, serving
from virton.cli.connections import Bounds

async def main():
    async with serving(Bounds()) as port:
        sockets = [(await asyncio.open_connection("127.0.0.1", port)) for _ in range(20)]
        for _ in range(3):
            assert await answer(port) == b"HTTP/1.1 200 OK"
        for _, writer in sockets:
            writer.close()
        assert await answer(port) == b"HTTP/1.1 200 OK"

asyncio.run(main())
"""


def test_few_descriptors_are_survived() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FEW], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


async def test_a_small_answer_on_a_kept_connection_does_not_wait() -> None:
    async with serving(Bounds()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(20):
            before = loop.time()
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
            times.append(loop.time() - before)
        writer.close()
    # Without TCP_NODELAY each but the first waits for an acknowledgement that is 40 ms late.
    assert sorted(times)[10] < 0.03


def test_the_listener_names_its_protocol() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == 6
