"""Headers on everything that the console serves."""

import ipaddress
import logging
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from virton.console.settings import ConsoleSettings
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


Now = Callable[[], ConsoleSettings]
"""The settings as they are now: they may be read again while the console serves."""

STRICT_TRANSPORT = "max-age=31536000"
_LONGEST_NAME = 100
_LOG = RareLog(logging.getLogger(__name__))


class KnownHosts:
    """Refuses requests under a name that nobody gave to the console.

    Otherwise any site could have its own name lead here, and a browser take the console for a part
    of that site. An address is nobody's name.
    """

    def __init__(self, app: ASGIApp, now: Now) -> None:
        self.app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, if it is made under a good name."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else None
        if host is None or self._is_known(host):
            await self.app(scope, receive, send)
            return
        _LOG.warning("a request under a name that is not in `hosts` was refused")
        lines = (
            Sentences.of(locale).say("error.host", {"host": _shown(host)}) for locale in LOCALES
        )
        await PlainTextResponse("\n".join(lines), 421)(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        name, names = _name_of(host), self._now().hosts
        known = names is None or name in names or name == "localhost"
        return known or name.endswith(".localhost") or _is_address(name)


class BelowPrefix:
    """Serves the console below a path as well, whether or not the proxy takes the path away."""

    def __init__(self, app: ASGIApp, now: Now) -> None:
        self.app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request as if it had been made without the path."""
        path, prefix = scope.get("path", ""), self._now().prefix
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            rest = path[len(prefix) :] or "/"
            scope = {**scope, "path": rest, "raw_path": quote(rest).encode()}
        await self.app(scope, receive, send)


class AllowedAddresses:
    """Refuses whoever asks from an address outside of the networks that are allowed; none allow all."""

    def __init__(self, app: ASGIApp, now: Now) -> None:
        self.app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, if it comes from where it may."""
        who = (scope.get("client") or ("",))[0]
        if scope["type"] != "http" or is_allowed(who, self._now().allowed):
            await self.app(scope, receive, send)
            return
        _LOG.warning("a request from outside of `allowed_addresses` was refused")
        lines = (Sentences.of(locale).say("error.address", {}) for locale in LOCALES)
        await PlainTextResponse("\n".join(lines), 403)(scope, receive, send)


def is_allowed(who: str, networks: tuple[str, ...]) -> bool:
    """Tell whether an address lies in one of the networks that are allowed; none allow all."""
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(who)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in _networks(networks))


@lru_cache(maxsize=2)
def _networks(
    texts: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


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

    The setting `strict_transport` tells browsers that came by HTTPS to come by nothing else. That holds for a
    name with all its ports, so it is for where a proxy serves HTTPS alone.
    """

    def __init__(self, app: ASGIApp, now: Now) -> None:
        self.app = app
        self._now = now

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
                if scope["scheme"] == "https" and self._now().strict_transport:
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
                stored = "no-store" if scope["path"].startswith("/api/") else "no-cache"
                headers.setdefault("Cache-Control", stored)
            await send(message)

        await self.app(scope, receive, with_headers)
