"""One request to one address and its whole answer: bounded in time and size, never sent twice."""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2

from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode
from virton.proxmox.network_failures import Phase, network_failure
from virton.proxmox.trust import SystemTrust, Trust, presented_fingerprint, ssl_context

MOST_BYTES = 16 << 20
"""The largest answer that is read: some five times what 5,000 resources take."""

MOST_TOGETHER = 3 * MOST_BYTES
"""The most that answers which are being read may hold together."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait: for a connection, for the next bytes, and for a whole answer.

    `write_s` is for both of a write: a cluster that waits for its lock answers after 10 to 12 s,
    and one that is behind a slow peer after 30 s or more.
    """

    connect_s: float = 4.0
    read_s: float = 10.0
    whole_s: float = 20.0
    write_s: float = 75.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: `repeatable` where asking twice does no harm, `most_bytes` of an answer.

    One that goes `alone` has a connection of its own, as what is not repeatable always has.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, Any] | None
    how: Literal["form", "json"] = "form"
    repeatable: bool = False
    most_bytes: int = MOST_BYTES
    alone: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return the parameters in the place where this kind of request carries them."""
        if self.how == "json":
            return {} if self.params is None else {"json": self.params}
        if not self.params:
            return {}
        return {"data" if self.method in ("POST", "PUT") else "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes | bytearray

    @property
    def media_type(self) -> str:
        """Return what the content is said to be."""
        return self.headers.get("content-type", "without a content type").partition(";")[0]


class Wire:
    """Sends requests, each to the address that is named."""

    def __init__(
        self, trust: Trust | None, timeouts: Timeouts, transport: httpx2.AsyncBaseTransport | None
    ) -> None:
        self.timeouts = timeouts
        self._held = 0
        self._transport = transport
        self._over_network = transport is None
        self._before: list[httpx2.AsyncClient] = []
        self._connect(trust)

    def _connect(self, trust: Trust | None) -> None:
        verify = ssl_context(trust or SystemTrust()) if self._over_network else False
        self._reads = _http(self._transport, verify, httpx2.Limits(max_connections=100))
        # A connection that is kept may be ended by the other side in the moment of sending, and
        # then nobody knows whether the request arrived. So each write has a connection of its own.
        self._writes = _http(self._transport, verify, httpx2.Limits(max_keepalive_connections=0))

    def believe(self, trust: Trust | None) -> None:
        """Send over new connections, which believe this; what is under way comes to its end."""
        before = [self._reads, self._writes]
        self._connect(trust)
        self._before += before

    async def aclose(self) -> None:
        """Close every connection."""
        for each in (*self._before, self._reads, self._writes):
            await each.aclose()

    async def send(self, address: str, request: Request) -> Reply:
        """Return the answer; raise ApiFailure, which tells whether anything may have been sent."""
        course = Course(Phase.CONNECTING if self._over_network else Phase.SENT)
        try:
            return await self._exchanged(address, request, course)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as failure:
            explained = network_failure(failure, address, course.phase)
        again = request.repeatable and not request.alone and self._over_network
        if again and course.was_kept and explained.error.code is ErrorCode.CUT:
            # The other side ended what it had kept just as this was sent; nothing is wrong with it.
            return await self.send(address, replace(request, alone=True))
        if explained.error.code is ErrorCode.TLS and not explained.error.fingerprint:
            explained = await self._with_fingerprint(explained, address)
        raise explained

    async def _exchanged(self, address: str, request: Request, course: "Course") -> Reply:
        limits, times = request.most_bytes, self.timeouts
        client = self._reads if request.repeatable and not request.alone else self._writes
        read_s = times.read_s if request.repeatable else times.write_s
        sent = client.build_request(
            request.method,
            _url(address + request.path),
            headers={"Accept-Encoding": "gzip", **request.headers},
            timeout=httpx2.Timeout(read_s, connect=times.connect_s),
            extensions={"trace": course.take},
            **request.arguments(),
        )
        async with asyncio.timeout(times.whole_s if request.repeatable else times.write_s):
            response = await client.send(sent, stream=True)
            try:
                content = await self._content(response, limits, address)
            finally:
                await response.aclose()
        return Reply(response.status_code, response.reason_phrase, response.headers, content)

    async def _content(self, response: httpx2.Response, most: int, address: str) -> bytearray:
        """Read the body as far as it may go; what is compressed may not grow beyond that either."""
        unpacked = _unpacking(response, address)
        content = bytearray()
        try:
            async for raw in response.aiter_raw():
                before = len(content)
                content += unpacked(raw, most + 1 - before)
                self._held += len(content) - before
                if len(content) > most or self._held > MOST_TOGETHER:
                    raise _unreadable(f"an answer of more than {most} bytes", address)
        except BaseException as failure:
            self._held -= len(content)
            # A traceback may keep this frame for a while, but not what it has read.
            content.clear()
            if isinstance(failure, zlib.error):
                raise _unreadable(str(failure), address) from failure
            raise
        self._held -= len(content)
        return content

    async def _with_fingerprint(self, explained: ApiFailure, address: str) -> ApiFailure:
        parts, error = urlsplit(address), explained.error
        presented = await presented_fingerprint(
            parts.hostname or "", parts.port or 443, self.timeouts.connect_s
        )
        told = ApiError(
            None, code=error.code, address=address, fingerprint=presented, detail=error.detail
        )
        return ApiFailure(told, sent=explained.sent)


class Course:
    """How far a request has come, and whether a connection was made for it."""

    def __init__(self, phase: Phase) -> None:
        """Begin."""
        self.phase = phase
        self.was_kept = True

    async def take(self, event: str, _: Mapping[str, Any]) -> None:
        """Take notice of what the HTTP library does, or is answered."""
        self.phase = _PHASES.get(event, self.phase)
        if event in ("connection.connect_tcp.started", "http11.receive_response_headers.complete"):
            self.was_kept = False


_PHASES = {
    "connection.start_tls.started": Phase.SHAKING_HANDS,
    "connection.start_tls.complete": Phase.CONNECTING,
    "http11.send_request_headers.started": Phase.SENT,
}
"""How far a request is, by what the HTTP library tells of its doings."""


@lru_cache(maxsize=1024)
def _url(text: str) -> httpx2.URL:
    """Take an address apart once: the same few are asked in every look."""
    return httpx2.URL(text)


def _http(
    transport: httpx2.AsyncBaseTransport | None, verify: Any, limits: httpx2.Limits
) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=transport,
        verify=verify,
        limits=limits,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )


def _unpacking(response: httpx2.Response, address: str) -> Callable[[bytes, int], bytes]:
    """Return what gives a piece of the body as it was before it was sent, at most so many bytes."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "gzip":
        return zlib.decompressobj(wbits=31).decompress
    if encoding != "identity":
        raise _unreadable(f"content encoding {encoding[:40]!r}", address)
    return lambda raw, most: raw


def _unreadable(why: str, address: str) -> ApiFailure:
    return ApiFailure(ApiError(None, code=ErrorCode.PROTOCOL, address=address, detail=why))
