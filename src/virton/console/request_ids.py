"""A name for every request, by which an error on the page is found in the log."""

import logging
import secrets
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"

current: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being served."""


class RequestIds:
    """Names each request, and tells the name with the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request under a name of its own; one that somebody else gave is not taken."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(6)
        known = current.set(name)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            current.reset(known)


class WithRequestId(logging.Filter):
    """Gives every line of the log the name of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the line pass."""
        record.request = current.get()
        return True
