"""A write goes to the next node only where no byte of it can have arrived at the first."""

import asyncio
import shutil
import ssl
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.proxmox.wire import answering, listening, ok, reset, silent
from tests.stepped_loop import STEPPED
from virton.proxmox import ApiFailure, CaFile, ProxmoxClient, Timeouts, Trust
from virton.proxmox.errors import ApiError

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates"),
]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return STEPPED


SHORT = Timeouts(connect_s=0.2, read_s=0.2, whole_s=0.2, write_s=0.2)
LONG = Timeouts(connect_s=30, read_s=30, whole_s=60, write_s=60)
"""Where patience must not end, however busy this machine is."""
ANSWER = ok(b'{"data": 1}')
PATH = "/cluster/ha/resources"

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Deed = Callable[[Reader, Writer], Awaitable[None]]


async def hang(reader: Reader, writer: Writer) -> None:
    await reader.read()


async def cut(reader: Reader, writer: Writer) -> None:
    writer.close()


async def reset_at_once(reader: Reader, writer: Writer) -> None:
    reset(writer)


async def half_a_head(reader: Reader, writer: Writer) -> None:
    writer.write(ANSWER[:20])
    await writer.drain()


async def half_a_body(reader: Reader, writer: Writer) -> None:
    writer.write(ANSWER[:-3])
    await writer.drain()


async def half_a_body_and_hang(reader: Reader, writer: Writer) -> None:
    await half_a_body(reader, writer)
    await reader.read()


async def half_a_body_and_reset(reader: Reader, writer: Writer) -> None:
    await half_a_body(reader, writer)
    reset(writer)


async def gateway(reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 504 Gateway Time-out\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()


async def no_document(reader: Reader, writer: Writer) -> None:
    writer.write(ok(b"<html>"))
    await writer.drain()


AFTER: dict[str, tuple[Deed, str]] = {
    "hangs": (hang, "timeout"),
    "cuts": (cut, "cut"),
    "resets": (reset_at_once, "cut"),
    "half a head": (half_a_head, "cut"),
    "half a body": (half_a_body, "cut"),
    "half a body, hangs": (half_a_body_and_hang, "timeout"),
    "half a body, resets": (half_a_body_and_reset, "cut"),
    "a gateway's time-out": (gateway, "cluster"),
    "no document": (no_document, "protocol"),
}
"""What a node does after it has read the request, and the code by which that is told."""


@dataclass
class Sick:
    """A node that reads a request and then does something else than answering."""

    deed: Deed
    requests: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        await self.deed(reader, writer)


def patience_for(code: str) -> Timeouts:
    """Return how long to wait: only what hangs is waited for in vain."""
    return Timeouts(0.7, 0.7, 0.7, 0.7) if code == "timeout" else LONG


async def refused(client: ProxmoxClient, method: str = "POST") -> ApiError:
    """Return the failure of a write, and leave no connection behind."""
    try:
        with pytest.raises(ApiFailure) as caught:
            await client.call(method, PATH, None, {"sid": "vm:100"})
    finally:
        await client.aclose()
    return caught.value.error


@pytest.fixture(params=["plain", "tls"])
def way(
    request: pytest.FixtureRequest,
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> tuple[ssl.SSLContext | None, Trust | None]:
    return (None, None) if request.param == "plain" else (tls, CaFile(certificate[0]))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(("deed", "code"), AFTER.values(), ids=AFTER.keys())
async def test_a_write_that_one_node_may_have_done_reaches_no_other(
    way: tuple[ssl.SSLContext | None, Trust | None], deed: Deed, code: str, method: str
) -> None:
    tls, trust = way
    sick, other = Sick(deed), list[bytes]()
    async with (
        listening(sick, tls) as first,
        listening(answering(ANSWER, seen=other), tls) as second,
    ):
        client = ProxmoxClient([first, second], trust=trust, timeouts=patience_for(code))
        error = await refused(client, method)
    assert (error.code, error.unknown) == (code, True)
    assert error.to_json()["unknown"] is True
    assert (len(sick.requests), other) == (1, [])


@pytest.mark.parametrize(("deed", "code"), AFTER.values(), ids=AFTER.keys())
async def test_a_read_that_failed_is_asked_elsewhere_and_never_unknown(
    way: tuple[ssl.SSLContext | None, Trust | None], deed: Deed, code: str
) -> None:
    tls, trust = way
    async with listening(Sick(deed), tls) as first, listening(answering(ANSWER), tls) as second:
        client = ProxmoxClient([first, second], trust=trust, timeouts=patience_for(code))
        answered = code in ("cluster", "protocol")
        with pytest.raises(ApiFailure) if answered else nullcontext() as caught:
            assert await client.call("GET", PATH) == 1
        if caught is not None:
            assert not caught.value.error.unknown
        await client.aclose()


async def no_handshake(reader: Reader, writer: Writer) -> None:
    await reader.read(1)
    reset(writer)


async def end_in_handshake(reader: Reader, writer: Writer) -> None:
    await reader.read(1)


async def plain_words(reader: Reader, writer: Writer) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


BEFORE: dict[str, tuple[Deed, str]] = {
    "hangs": (silent, "timeout"),
    "resets": (no_handshake, "cut"),
    "ends": (end_in_handshake, "cut"),
    "speaks plainly": (plain_words, "tls"),
}
"""What a node does in the place of shaking hands."""


@pytest.mark.parametrize(("deed", "code"), BEFORE.values(), ids=BEFORE.keys())
async def test_a_write_to_a_node_that_does_not_shake_hands_is_done_by_the_next(
    tls: ssl.SSLContext, certificate: tuple[Path, Path], deed: Deed, code: str
) -> None:
    other: list[bytes] = []
    async with (
        listening(deed) as plain,
        listening(answering(ANSWER, seen=other), tls) as second,
    ):
        first = plain.replace("http:", "https:")
        trust = CaFile(certificate[0])
        client = ProxmoxClient([first, second], trust=trust, timeouts=patience_for(code))
        assert await client.call("POST", PATH, None, {"sid": "vm:100"}) == 1
        assert client.troubles[first].code == code
        await client.aclose()
    assert len(other) == 1


async def test_a_hanging_node_is_not_told_as_one_whose_certificate_is_not_trusted(
    tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    trust = CaFile(certificate[0])
    async with listening(Sick(hang), tls) as address:
        client = ProxmoxClient([address], trust=trust, timeouts=SHORT)
        error = await refused(client, "GET")
    assert (error.code, error.fingerprint, error.unknown) == ("timeout", None, False)


async def test_a_write_waits_longer_than_the_cluster_waits_for_its_lock() -> None:
    assert Timeouts().write_s >= 60
    words = b"cfs-lock 'domain-ha' error: got lock request timeout"
    patience = Timeouts(connect_s=1, read_s=0.05, whole_s=0.05, write_s=60)
    unlocked = asyncio.Event()
    other: list[bytes] = []

    async def locked(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await unlocked.wait()
        writer.write(b"HTTP/1.1 500 " + words + b'\r\ncontent-length: 13\r\n\r\n{"data":null}')
        await writer.drain()

    async with listening(locked) as first, listening(answering(ANSWER, seen=other)) as second:
        client = ProxmoxClient([first, second], timeouts=patience)
        write = asyncio.ensure_future(refused(client))
        with pytest.raises(ApiFailure):
            await client.call("GET", PATH, at=first)
        assert not write.done(), "a read that began later has lost its patience already"
        unlocked.set()
        error = await write
    assert (error.status, error.message, error.unknown) == (500, words.decode(), False)
    assert other == []


async def test_a_write_never_rides_on_a_connection_that_may_be_ending() -> None:
    connections = 0

    async def keeping(reader: Reader, writer: Writer) -> None:
        nonlocal connections
        connections += 1
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER.replace(b"connection: close\r\n", b""))
            await writer.drain()

    async with listening(keeping) as address:
        client = ProxmoxClient([address], timeouts=LONG)
        for _ in range(3):
            await client.call("GET", PATH)
        assert connections == 1
        for _ in range(3):
            await client.call("DELETE", PATH)
        assert connections == 4
        await client.aclose()
