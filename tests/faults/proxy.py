"""A node's address on this machine: it passes requests on to the node, and goes wrong on demand."""

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import httpx2

from virton.proxmox.client import AsgiApp

API = "/api2/json"


@dataclass(frozen=True)
class Exchange:
    """A request, its true answer, and the wire on which something else may be said."""

    method: str
    path: str
    headers: dict[str, str]
    answer: bytes
    writer: asyncio.StreamWriter
    released: asyncio.Event

    async def say(self, data: bytes) -> None:
        """Put bytes on the wire."""
        self.writer.write(data)
        await self.writer.drain()


Fault = Callable[[Exchange], Awaitable[None]]
"""What is done in the place of answering; the connection is closed after it."""


class FaultyNode:
    """Stands before a node, on a port of its own, which it keeps when it is down for a while.

    `faults` are by path below the API (`*` for every path), `rewrites` change an answer's data, and
    `date` is what the node's clock says. Of the `tickets` that came, those in `ended` are refused.
    """

    def __init__(self, upstream: httpx2.AsyncClient, tls: ssl.SSLContext | None = None) -> None:
        self.faults: dict[str, Fault] = {}
        self.rewrites: dict[str, Callable[[Any], Any]] = {}
        self.date: float | None = None
        self.extra_header: bytes = b""
        self.tickets: set[str] = set()
        self.ended: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.released = asyncio.Event()
        self._tls = tls
        # A port of its own also while nobody listens there: what connects to it then is refused.
        self._kept = socket.socket()
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._kept.bind(("127.0.0.1", 0))
        self._port = self._kept.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._upstream = upstream

    @property
    def address(self) -> str:
        """Return the address as an operator would write it."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, on the port of the last time, with another certificate if one is given."""
        self._tls = tls or self._tls
        self.released.clear()
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", self._port, ssl=self._tls, reuse_port=True
        )

    async def stop(self) -> None:
        """Hang up on everybody, and refuse connections from now on."""
        if self._server is not None:
            self._server.close()
        self.released.set()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def restart(self, tls: ssl.SSLContext | None = None) -> None:
        """Stop, and start at once."""
        await self.stop()
        await self.start(tls)

    async def close(self) -> None:
        """Stop for good."""
        await self.stop()
        self._kept.close()
        await self._upstream.aclose()

    def release(self) -> None:
        """Let go of every exchange that a fault holds up."""
        self.released.set()
        self.released = asyncio.Event()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            self._serving.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether the connection is to be kept."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        fields = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = target.partition("?")[0].removeprefix(API)
        self.asked.append((method, path))
        fault = self.faults.get(path) or self.faults.get("*")
        status, data = await self._true_answer(method, target, headers, body, path)
        answer = self._rendered(status, data)
        exchange = Exchange(method, path, headers, answer, writer, self.released)
        if fault is not None:
            await fault(exchange)
            return False
        await exchange.say(answer)
        return True

    async def _true_answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes, path: str
    ) -> tuple[int, bytes]:
        ticket = unquote(headers.get("cookie", "").removeprefix("PVEAuthCookie="))
        if ticket:
            self.tickets.add(ticket)
        if ticket in self.ended:
            return 401, said(None, "permission denied - invalid PVE ticket")
        passed = {k: v for k, v in headers.items() if k not in ("host", "connection")}
        response = await self._upstream.request(method, target, headers=passed, content=body)
        if path == "/access/ticket" and response.status_code == 200:
            # Two tickets of the same second are the same.
            self.ended.discard(json.loads(response.content)["data"]["ticket"])
        rewrite = self.rewrites.get(path)
        if rewrite is None:
            return response.status_code, response.content
        return response.status_code, said(rewrite(json.loads(response.content)["data"]))

    def _rendered(self, status: int, body: bytes) -> bytes:
        date = None if self.date is None else formatdate(self.date, usegmt=True)
        answer = rendered(status, body, date=date)
        if not self.extra_header:
            return answer
        head, _, rest = answer.partition(b"\r\n\r\n")
        return b"\r\n".join([head, self.extra_header, b"", rest])


def of_app(app: AsgiApp) -> httpx2.AsyncClient:
    """Return the way to an app in this process."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://node")


def said(data: Any, message: str | None = None) -> bytes:
    """Return the JSON of an answer of the API."""
    return json.dumps({"data": data} | ({"message": message} if message else {})).encode()


def rendered(
    status: int, body: bytes, media_type: str = "application/json", date: str | None = None
) -> bytes:
    """Return the bytes of a whole HTTP answer."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        f"content-type: {media_type}",
        f"content-length: {len(body)}",
        *([f"date: {date}"] if date else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
