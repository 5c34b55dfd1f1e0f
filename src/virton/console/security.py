"""Headers on everything that the console serves."""

import ipaddress
import logging
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from virton.language.sentences import LOCALES, Sentences
from virton.rare_log import RareLog

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


STRICT_TRANSPORT = "max-age=31536000"
_LONGEST_NAME = 100
_LOG = RareLog(logging.getLogger(__name__))


class KnownHosts:
    """Refuses requests under a name that nobody gave to the console.

    Otherwise any site could have its own name lead here, and a browser take the console for a part
    of that site. An address is nobody's name.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str] | None) -> None:
        self.app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, if it is made under a good name."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else None
        if host is None or self._names is None or self._is_known(host):
            await self.app(scope, receive, send)
            return
        _LOG.warning("a request under a name that is not in `hosts` was refused")
        lines = (
            Sentences.of(locale).say("error.host", {"host": _shown(host)}) for locale in LOCALES
        )
        await PlainTextResponse("\n".join(lines), 421)(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        name = _name_of(host)
        known = name in (self._names or ()) or name == "localhost" or name.endswith(".localhost")
        return known or _is_address(name)


class BelowPrefix:
    """Serves the console below a path as well, whether or not the proxy takes the path away."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request as if it had been made without the path."""
        path = scope.get("path", "")
        if self._prefix and (path == self._prefix or path.startswith(f"{self._prefix}/")):
            rest = path[len(self._prefix) :] or "/"
            scope = {**scope, "path": rest, "raw_path": quote(rest).encode()}
        await self.app(scope, receive, send)


class AllowedAddresses:
    """Refuses whoever asks from an address outside of the networks that are allowed; none allow all."""

    def __init__(self, app: ASGIApp, networks: tuple[str, ...]) -> None:
        self.app = app
        self._networks = [ipaddress.ip_network(network) for network in networks]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, if it comes from where it may."""
        if scope["type"] != "http" or not self._networks or self._is_allowed(scope):
            await self.app(scope, receive, send)
            return
        _LOG.warning("a request from outside of `allowed_addresses` was refused")
        lines = (Sentences.of(locale).say("error.address", {}) for locale in LOCALES)
        await PlainTextResponse("\n".join(lines), 403)(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        try:
            address = ipaddress.ip_address((scope.get("client") or ("",))[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._networks)


def _name_of(host: str) -> str:
    """Return a Host header's name, without the port."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.rpartition(":")[0] or host
    return name.lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(host: str) -> str:
    return "".join(sign for sign in host[:_LONGEST_NAME] if sign.isprintable())


class SecurityHeaders:
    """Adds the headers; answers of the JSON API are never stored.

    `strict_transport` tells browsers that came by HTTPS to come by nothing else. That holds for a
    name with all its ports, so it is for where a proxy serves HTTPS alone.
    """

    def __init__(self, app: ASGIApp, *, strict_transport: bool = False) -> None:
        self.app = app
        self._strict_transport = strict_transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request with the headers added to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._strict_transport and scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
                stored = "no-store" if scope["path"].startswith("/api/") else "no-cache"
                headers.setdefault("Cache-Control", stored)
            await send(message)

        await self.app(scope, receive, with_headers)
