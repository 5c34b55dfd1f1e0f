"""The HTTP server: plain and encrypted listeners for one application, with its own words for why."""

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from virton.cli.certificate import Certificate
from virton.cli.complaint import words_of
from virton.cli.connections import BoundedConfig, BoundedProtocol, Bounds, Connections, fitting
from virton.cli.given_certificate import take_up_anew
from virton.cli.service_manager import keep_telling, tell
from virton.rare_log import only_seldom

_LOG = logging.getLogger(__name__)
REASON_HEADER = b"x-reason"
GRACE_S = 1
_HANDSHAKE_S = 5
_TOO_LONG = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A listener for HTTPS, and the certificate that it proves itself with."""

    listener: socket.socket
    certificate: Certificate


class BehindProxies:
    """Takes from trusted proxies' headers who asks, and whether by HTTPS."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self.trust(proxies)

    def trust(self, proxies: Sequence[str]) -> None:
        """Believe these proxies, and no others."""
        believing: Any = ProxyHeadersMiddleware(cast(Any, self._app), list(proxies))
        self._serve: ASGIApp = believing if proxies else self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._serve(scope, receive, send)


class Server(uvicorn.Server):
    """Serves an application on plain and on encrypted listeners."""

    def __init__(
        self,
        app: ASGIApp,
        encrypted: Encrypted | None = None,
        trusted_proxies: Sequence[str] = (),
        bounds: Bounds = BOUNDS,
        read_again: Callable[["Server"], None] = lambda _: None,
    ) -> None:
        """Serve `app`; on an encrypted listener beside the plain ones that `serve` is given.

        Of whom a request comes, and whether it came by HTTPS, is taken from the headers
        `X-Forwarded-For` and `X-Forwarded-Proto` of trusted proxies, and from nobody else's.
        """
        self._behind = BehindProxies(app, trusted_proxies)
        config = BoundedConfig(
            self._behind,
            lifespan="on",
            http=ReasoningProtocol,
            ws="none",
            log_level="warning",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # the wall clock is not the embedded cluster's, whose API is served here too
            date_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        config.doors = Connections(fitting(bounds), trusted_proxies)
        super().__init__(config)
        self.config: BoundedConfig = config
        self._encrypted = encrypted
        self._read_again = read_again
        self._alive: asyncio.Task[None] | None = None
        for name in (__name__, "uvicorn.error", "asyncio"):
            # What they say of a request that makes no sense comes as often as somebody sends one.
            only_seldom(logging.getLogger(name))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the listeners, after the application has started."""
        await super().startup(sockets)
        self._renew_when_told()
        if self._encrypted is not None:
            server = await asyncio.get_running_loop().create_server(
                self._protocol,
                sock=self._encrypted.listener,
                ssl=self._encrypted.certificate.door(),
                backlog=self.config.backlog,
                ssl_handshake_timeout=_HANDSHAKE_S,
            )
            self.servers.append(server)
        tell("READY=1")
        self._alive = asyncio.create_task(keep_telling())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is served; the service manager is told first."""
        tell("STOPPING=1")
        if self._alive is not None:
            self._alive.cancel()
        await super().shutdown(sockets)

    def trust(self, proxies: Sequence[str]) -> None:
        """Believe these proxies, and no others, from now on."""
        self._behind.trust(proxies)
        self.config.doors.trust(proxies)

    def prove_by(self, certificate: Certificate) -> None:
        """Show another certificate from now on, where HTTPS is served."""
        if self._encrypted is not None:
            self._encrypted.certificate.become(certificate)

    def _renew_when_told(self) -> None:
        """Renew at SIGHUP, but where that means that a terminal went away."""
        on_main_thread = threading.current_thread() is threading.main_thread()
        if on_main_thread and not sys.stdin.isatty():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._renew)

    def _renew(self) -> None:
        """Read the settings again, and take the certificate up anew."""
        self._read_again(self)
        if self._encrypted is not None:
            take_up_anew(self._encrypted.certificate)

    def _protocol(self) -> asyncio.Protocol:
        return ReasoningProtocol(self.config, self.server_state, self.lifespan.state)


class ReasoningProtocol(BoundedProtocol):
    """HTTP whose status line says in the application's words why something was refused.

    Proxmox VE does so, and clients such as proxmoxer show and search those words. An application
    gives them in the header `x-reason`, since ASGI has no place for them. What is no HTTP reaches no
    application, and is refused here.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Speak HTTP on one connection."""
        super().__init__(*args, **kwargs)
        self.conn = _Connection(h11.SERVER, self.conn._max_incomplete_event_size)

    def handle_events(self) -> None:
        """Take up what has come, as far as it can be read."""
        try:
            super().handle_events()
        except Unreadable as what:
            _LOG.warning("what is no whole HTTP request was refused (%d)", what.status)
            self._refuse(what)

    def _refuse(self, what: "Unreadable") -> None:
        """Say that nothing can be read, unless an answer is under way; hear no more."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_refusal(self.conn, what.status))
        if self.cycle is not None:
            self.cycle.disconnected = True  # whoever still makes an answer has nobody to send it to
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Answer as if nobody had asked for another protocol, which HTTP allows."""


class Unreadable(Exception):  # noqa: N818 - the client's mistake
    """What came can't be read as HTTP; `status` is the answer to it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Connection(h11.Connection):
    """Moves the reason from its header to the status line, and tells what is unreadable."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return what came next."""
        try:
            return super().next_event()
        except h11.RemoteProtocolError as error:
            raise Unreadable(error.error_status_hint) from error

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """Return the bytes of an event."""
        known = _reasoned(event) if isinstance(event, h11.Response) else event
        return super().send_with_data_passthrough(known)


def _refusal(connection: h11.Connection, status: int) -> bytes:
    """Return the answer to what is unreadable, in the language of this console."""
    text = words_of(
        "cli.too_long_a_head" if status == _TOO_LONG else "cli.unreadable_request"
    ).encode()
    headers = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(text))}
    reason = HTTPStatus(status).phrase.encode()
    answer: list[h11.Event] = [
        h11.Response(
            status_code=status, headers=[*headers.items(), ("connection", "close")], reason=reason
        ),
        h11.Data(data=text),
        h11.EndOfMessage(),
    ]
    return b"".join(connection.send(event) or b"" for event in answer)


def _reasoned(response: h11.Response) -> h11.Response:
    reasons = [value for name, value in response.headers if name == REASON_HEADER]
    if not reasons:
        return response
    return h11.Response(
        status_code=response.status_code,
        headers=[(name, value) for name, value in response.headers if name != REASON_HEADER],
        reason=reasons[0],
        http_version=response.http_version,
    )
