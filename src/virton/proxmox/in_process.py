"""Asking an app of this process: an HTTP exchange without a network.

`httpx2.ASGITransport` looks on the disk, for every request, for a library that is not installed.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


@dataclass(slots=True)
class _Answer:
    """What an app has sent so far."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.whole.set()


class InProcess(httpx2.AsyncBaseTransport):
    """Hands each request to an app, and its answer back when it is whole.

    With `tells_failures` an exception of the app is raised; else it is an answer with status 500.
    """

    def __init__(
        self, app: AsgiApp, client: tuple[str, int], *, tells_failures: bool = True
    ) -> None:
        """Take the app, and under which address it is asked."""
        self._app = app
        self._client = client
        self._tells_failures = tells_failures

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask the app."""
        sent, answer = await request.aread(), _Answer()
        is_read = False

        async def receive() -> Message:
            nonlocal is_read
            if is_read:
                await answer.whole.wait()
                return {"type": "http.disconnect"}
            is_read = True
            return {"type": "http.request", "body": sent, "more_body": False}

        try:
            await self._app(self._scope(request), receive, answer.take)
        except Exception:
            if self._tells_failures:
                raise
        body = b"" if request.method == "HEAD" else b"".join(answer.body)
        stream = httpx2.ByteStream(body)
        return httpx2.Response(answer.status, headers=answer.headers, stream=stream)

    def _scope(self, request: httpx2.Request) -> Message:
        url = request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": self._client,
            "root_path": "",
        }
