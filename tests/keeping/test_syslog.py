"""Records on their way to a syslog server that goes away and comes back."""

import asyncio
import socket
import struct

import pytest

from virton.keeping.syslog import Forwarder, Receiver

pytestmark = pytest.mark.anyio

RESET = struct.pack("ii", 1, 0)
"""What a socket is told so that closing it resets the connection."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def entry(number: int) -> dict[str, object]:
    return {"at": 1_800_000_000.0 + number, "what": f"record-{number}", "result": "done"}


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_a_record_is_kept_until_it_was_written(how: str) -> None:
    met: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(
        lambda reader, writer: met.put_nowait((reader, writer)), "127.0.0.1", 0
    )
    forwarder = Forwarder(Receiver("tcp", "127.0.0.1", server.sockets[0].getsockname()[1]), 0.0)
    sending = asyncio.create_task(forwarder.run())
    try:
        async with asyncio.timeout(60):
            forwarder.send(entry(1))
            reader, writer = await met.get()
            assert b"record-1" in await reader.readuntil(b"}")
            if how == "reset":
                own: socket.socket = writer.get_extra_info("socket")
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.close()
            await writer.wait_closed()
            forwarder.send(entry(2))
            forwarder.send(entry(3))
            again, other = await met.get()
            assert b"record-2" in await again.readuntil(b"}")
            assert b"record-3" in await again.readuntil(b"}")
            other.close()
    finally:
        sending.cancel()
        server.close()


async def test_another_receiver_is_sent_to_at_once_and_none_gets_nothing() -> None:
    met: asyncio.Queue[tuple[str, asyncio.StreamReader]] = asyncio.Queue()

    async def opened(name: str) -> asyncio.Server:
        return await asyncio.start_server(
            lambda reader, _: met.put_nowait((name, reader)), "127.0.0.1", 0
        )

    one, two = await opened("one"), await opened("two")
    to = [Receiver("tcp", "127.0.0.1", each.sockets[0].getsockname()[1]) for each in (one, two)]
    forwarder = Forwarder(None, 0.0)
    sending = asyncio.create_task(forwarder.run())
    try:
        async with asyncio.timeout(60):
            forwarder.send(entry(1))
            for number, (name, receiver) in enumerate(zip(("one", "two"), to, strict=True), 2):
                forwarder.go_to(receiver)
                forwarder.send(entry(number))
                met_by, reader = await met.get()
                assert met_by == name
                # what was under way at the change is sent once more
                await reader.readuntil(f"record-{number}".encode())
    finally:
        sending.cancel()
        one.close()
        two.close()
