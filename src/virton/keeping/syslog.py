"""Records of the audit on their way to a syslog server (RFC 5424), over UDP or TCP."""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from virton.rare_log import RareLog

_AUDIT, _NOTICE, _WARNING = 13, 5, 4
_MOST_WAITING = 1000
_AGAIN_S = 5.0
_PORTS = {"udp": 514, "tcp": 601}
_LOG = RareLog(logging.getLogger(__name__))


class ReceiverError(ValueError):
    """What is no address of a receiver."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where records are sent."""

    how: Literal["udp", "tcp"]
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `udp://HOST:PORT` or `tcp://HOST:PORT`; raise ReceiverError if it is neither."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if host is None or parts.scheme not in _PORTS or parts.path not in ("", "/"):
            raise ReceiverError("not udp://HOST:PORT or tcp://HOST:PORT")
        how: Literal["udp", "tcp"] = "udp" if parts.scheme == "udp" else "tcp"
        return cls(how, host, port or _PORTS[how])


def message(entry: Mapping[str, Any], host: str = "") -> bytes:
    """Return a record as RFC 5424 writes it."""
    severity = _NOTICE if entry.get("result") == "done" else _WARNING
    at = datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="milliseconds")
    name = (host or socket.gethostname() or "-")[:255]
    head = f"<{_AUDIT * 8 + severity}>1 {at.replace('+00:00', 'Z')} {name} virton {os.getpid()}"
    return f"{head} audit - {json.dumps(entry, sort_keys=True)}".encode("ascii")


class Forwarder:
    """Sends records in their order; while the receiver is away, the newest wait."""

    def __init__(self, receiver: Receiver | None, again_s: float = _AGAIN_S) -> None:
        """Send to a receiver, which is tried again after so many seconds; to none, nothing."""
        self._receiver = receiver
        self._again_s = again_s
        self._waiting: deque[bytes] = deque()
        self._some = asyncio.Event()
        self._sending: asyncio.Future[None] | None = None

    def go_to(self, receiver: Receiver | None) -> None:
        """Send to another receiver from now on, also what waits."""
        if receiver == self._receiver:
            return
        self._receiver = receiver
        if receiver is None:
            self._waiting.clear()
        if self._sending is not None:
            self._sending.cancel()

    def send(self, entry: Mapping[str, Any]) -> None:
        """Have a record sent, if anybody takes it."""
        if self._receiver is None:
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft()
            _LOG.warning("the syslog server is away for long: the oldest records are not sent")
        self._waiting.append(message(entry))
        self._some.set()

    async def run(self) -> None:
        """Send what waits, to one receiver after another, until cancelled."""
        try:
            while True:
                self._sending = asyncio.ensure_future(self._send_to(self._receiver))
                await asyncio.wait([self._sending])
        finally:
            if self._sending is not None:
                self._sending.cancel()

    async def _send_to(self, receiver: Receiver | None) -> None:
        while receiver is not None:
            try:
                await (self._by_udp(receiver) if receiver.how == "udp" else self._by_tcp(receiver))
            except OSError as failure:
                _LOG.warning(f"the syslog server cannot be reached: {failure.strerror or failure}")
                await asyncio.sleep(self._again_s)
        await asyncio.Event().wait()  # until there is one

    async def _by_udp(self, receiver: Receiver) -> None:
        loop, to = asyncio.get_running_loop(), (receiver.host, receiver.port)
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=to)
        with contextlib.closing(transport):
            while True:
                told = await self._oldest()
                transport.sendto(told)
                self._is_sent(told)

    async def _by_tcp(self, receiver: Receiver) -> None:
        reader, writer = await asyncio.open_connection(receiver.host, receiver.port)
        with contextlib.closing(writer):
            while True:
                told = await self._oldest()
                if reader.at_eof():  # what is written now would be taken and thrown away
                    raise ConnectionResetError("it has closed the connection")
                writer.write(f"{len(told)} ".encode() + told)
                await writer.drain()
                self._is_sent(told)

    async def _oldest(self) -> bytes:
        """Return the record that has waited longest; it waits on until it is sent."""
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting[0]

    def _is_sent(self, told: bytes) -> None:
        if self._waiting and self._waiting[0] is told:  # else it made room meanwhile
            self._waiting.popleft()
