"""One connection to a cluster: several nodes or an app in this process, asked the same way."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from virton.proxmox.credentials import Credentials
from virton.proxmox.errors import (
    UNSENT,
    ApiError,
    ApiFailure,
    ErrorCode,
    code_of_status,
    network_failure,
)
from virton.proxmox.trust import SystemTrust, Trust, presented_fingerprint, ssl_context
from virton.proxmox.values import document, integer

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

IN_PROCESS = "http://embedded"
"""The address under which an app in this process is asked."""

API = "/api2/json"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait: for a connection, for the next bytes, and for a whole answer."""

    connect_s: float = 4.0
    read_s: float = 10.0
    whole_s: float = 20.0


class ProxmoxClient:
    """Asks a cluster; holds no credentials, so that one serves every user."""

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        trust: Trust | None = None,
        timeouts: Timeouts | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.addresses = tuple(_base(address) for address in addresses)
        if not self.addresses:
            raise ValueError("a cluster needs at least one address")
        self.timeouts = timeouts or Timeouts()
        self._over_network = transport is None
        self._http = httpx2.AsyncClient(
            transport=transport,
            verify=ssl_context(trust or SystemTrust()) if transport is None else False,
            timeout=httpx2.Timeout(self.timeouts.read_s, connect=self.timeouts.connect_s),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
        )
        self._preferred = 0
        self._troubles: dict[str, ApiError] = {}
        self.heard: Callable[[str, float], None] | None = None
        """Is told an address, and the Unix seconds by its own clock, whenever it answers."""

    @classmethod
    def in_process(cls, app: AsgiApp, *, timeouts: Timeouts | None = None) -> Self:
        """Return a client of an app in this process."""
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        return cls([IN_PROCESS], timeouts=timeouts, transport=transport)

    @property
    def troubles(self) -> Mapping[str, ApiError]:
        """Return, by address, why a node could not be asked when it was last tried."""
        return dict(self._troubles)

    @property
    def answering(self) -> str:
        """Return the address that is asked first: the one that answered last."""
        return self.addresses[self._preferred]

    def prefer(self, address: str) -> None:
        """Ask this address first from now on."""
        self._preferred = self.addresses.index(address)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        credentials: Credentials | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
        at: str | None = None,
        trying: Callable[[str], None] | None = None,
    ) -> Any:
        """Ask the Proxmox VE API and return the answer's `data`.

        A node that cannot be asked is passed over for the next one. A request that may already
        have been acted on is passed on only where repeating it is harmless (`repeatable`; reads
        by default). With `at`, that address alone is asked. `trying` is told each address in turn.
        """
        again = method == "GET" if repeatable is None else repeatable

        async def attempt(address: str) -> Any:
            if trying is not None:
                trying(address)
            response = await self._send(address, method, API + path, credentials, params or {})
            return _data(response, address)

        if at is not None:
            return await self._there(at, attempt)
        return await self._somewhere(attempt, again)

    async def plain(
        self,
        method: str,
        path: str,
        credentials: Credentials | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Ask a path outside the Proxmox VE API with a JSON body, and return the answer."""

        async def attempt(address: str) -> Any:
            response = await self._send(address, method, path, credentials, body, as_json=True)
            return _document(response, address)

        return await self._somewhere(attempt, method == "GET")

    async def _somewhere(self, attempt: Callable[[str], Awaitable[Any]], again: bool) -> Any:
        failures: list[ApiFailure] = []
        first = self._preferred
        for step in range(len(self.addresses)):
            index = (first + step) % len(self.addresses)
            address = self.addresses[index]
            try:
                answer = await attempt(address)
            except ApiFailure as failure:
                if not self._try_next(address, failure, again):
                    raise
                failures.append(failure)
            else:
                self._troubles.pop(address, None)
                # An answer that was long under way must not undo what was preferred meanwhile.
                if self._preferred == first:
                    self._preferred = index
                return answer
        raise _all_failed(failures)

    async def _there(self, address: str, attempt: Callable[[str], Awaitable[Any]]) -> Any:
        try:
            answer = await attempt(address)
        except ApiFailure as failure:
            self._try_next(address, failure, again=False)
            raise
        self._troubles.pop(address, None)
        return answer

    def _try_next(self, address: str, failure: ApiFailure, again: bool) -> bool:
        if failure.error.status is not None and failure.error.code is not ErrorCode.PEER:
            self._troubles.pop(address, None)
            return False
        self._troubles[address] = failure.error
        return again or not failure.sent or failure.error.code in UNSENT

    async def _send(
        self,
        address: str,
        method: str,
        path: str,
        credentials: Credentials | None,
        params: Mapping[str, Any] | None,
        *,
        as_json: bool = False,
    ) -> httpx2.Response:
        writing = method != "GET"
        headers = credentials.headers(writing=writing) if credentials else {}
        arguments: dict[str, Any] = {}
        if as_json:
            arguments = {} if params is None else {"json": params}
        elif params:
            arguments = {"data" if method in ("POST", "PUT") else "params": dict(params)}
        try:
            async with asyncio.timeout(self.timeouts.whole_s):
                response = await self._http.request(
                    method, address + path, headers=headers, **arguments
                )
        except (httpx2.HTTPError, OSError, TimeoutError) as failure:
            raise await self._explained(failure, address) from failure
        date = _date(response)
        if date is not None and self.heard is not None:
            self.heard(address, date)
        return response

    async def _explained(self, failure: Exception, address: str) -> ApiFailure:
        explained = network_failure(failure, address)
        error = explained.error
        if error.code is not ErrorCode.TLS or error.fingerprint or not self._over_network:
            return explained
        parts = urlsplit(address)
        presented = await presented_fingerprint(
            parts.hostname or "", parts.port or 443, self.timeouts.connect_s
        )
        told = ApiError(None, error.message, {}, error.code, address, presented)
        return ApiFailure(told, sent=explained.sent)


def _date(response: httpx2.Response) -> float | None:
    """Return the answering node's clock, which counts whole seconds: half of one is added."""
    try:
        return parsedate_to_datetime(response.headers["date"]).timestamp() + 0.5
    except (KeyError, ValueError):
        return None


def _base(address: str) -> str:
    text = address if "//" in address else f"https://{address}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not the address of a Proxmox VE node: {address!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.scheme == "http":
        return f"http://{host}" + (f":{parts.port}" if parts.port else "")
    return f"https://{host}:{parts.port or 8006}"


def _all_failed(failures: Sequence[ApiFailure]) -> ApiFailure:
    first = failures[0]
    if len(failures) == 1:
        return first
    words = "; ".join(f"{f.error.address}: {f.error.message}" for f in failures)
    error = first.error
    told = ApiError(error.status, words, {}, error.code, error.address, error.fingerprint)
    return ApiFailure(told, sent=any(failure.sent for failure in failures))


def _document(response: httpx2.Response, address: str) -> Any:
    if response.status_code >= 400:
        raise ApiFailure(_refusal(response, address))
    try:
        told = document(response.content)
    except ValueError:
        told = None
    if response.status_code >= 300 or not isinstance(told, dict):
        words = f"not an answer of Proxmox VE: {response.status_code} {_media_type(response)}"
        error = ApiError(response.status_code, words, {}, ErrorCode.PROTOCOL, address)
        raise ApiFailure(error)
    return told


def _media_type(response: httpx2.Response) -> str:
    return str(response.headers.get("content-type", "without a content type")).partition(";")[0]


def _data(response: httpx2.Response, address: str) -> Any:
    told = _document(response, address)
    if "data" not in told:
        words = "not an answer of Proxmox VE: JSON without 'data'"
        error = ApiError(response.status_code, words, {}, ErrorCode.PROTOCOL, address)
        raise ApiFailure(error)
    return told["data"]


def _refusal(response: httpx2.Response, address: str) -> ApiError:
    """Read the cluster's own words: from the body, or (before 8.x) from the status line."""
    try:
        body = document(response.content)
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    inner = body.get("error")
    if isinstance(inner, dict):
        body = inner | {"errors": inner.get("fields")}
    message = body.get("message") or response.reason_phrase or None
    errors = body.get("errors")
    return ApiError(
        status=response.status_code,
        message=str(message).strip() if message else None,
        fields={str(k): _words(v) for k, v in errors.items()} if isinstance(errors, dict) else {},
        code=code_of_status(response.status_code),
        address=address,
        retry_after_s=integer(response.headers.get("retry-after")),
    )


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item).strip() for item in value)
    return str(value).strip()
