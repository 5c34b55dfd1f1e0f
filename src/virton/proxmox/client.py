"""One connection to a cluster: several nodes or an app in this process, asked the same way."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx2

from virton.proxmox.addresses import AddressError, node_address
from virton.proxmox.credentials import Credentials
from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode, code_of_status
from virton.proxmox.exchange import MOST_BYTES, Reply, Request, Timeouts, Wire
from virton.proxmox.refusals import fields_of
from virton.proxmox.trust import Trust
from virton.proxmox.values import document, integer

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

IN_PROCESS = "http://embedded"
"""The address under which an app in this process is asked."""

API = "/api2/json"


UNSURE_STATUSES = frozenset({502, 503, 504, 596, 597, 598, 599})
"""Answers of whoever stands between, given when the one who was asked did not answer in time."""


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
        self.addresses = tuple(node_address(address) for address in addresses)
        if not self.addresses:
            raise AddressError("a cluster needs at least one address")
        self._wire = Wire(trust, timeouts or Timeouts(), transport)
        self._preferred = 0
        self._troubles: dict[str, ApiError] = {}
        self.heard: Callable[[str, float], None] | None = None
        """Is told an address, and the Unix seconds by its own clock, whenever it answers."""

    @classmethod
    def in_process(cls, app: AsgiApp, *, timeouts: Timeouts | None = None) -> Self:
        """Return a client of an app in this process."""
        # Without an address: whoever asks has been counted at the console's own door.
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("", 0))
        return cls([IN_PROCESS], timeouts=timeouts, transport=transport)

    @property
    def timeouts(self) -> Timeouts:
        """Return how long is waited for answers."""
        return self._wire.timeouts

    @timeouts.setter
    def timeouts(self, timeouts: Timeouts) -> None:
        self._wire.timeouts = timeouts

    @property
    def troubles(self) -> Mapping[str, ApiError]:
        """Return, by address, why a node could not be asked when it was last tried."""
        return dict(self._troubles)

    @property
    def answering(self) -> str:
        """Return the address that is asked first: the one that answered last."""
        return self.addresses[self._preferred]

    def believe(self, trust: Trust | None) -> None:
        """Believe this of the cluster's certificates from now on."""
        self._wire.believe(trust)

    def prefer(self, address: str) -> None:
        """Ask this address first from now on."""
        self._preferred = self.addresses.index(address)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

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
        most_bytes: int = MOST_BYTES,
    ) -> Any:
        """Ask the Proxmox VE API and return the answer's `data`.

        A node that cannot be asked is passed over for the next one. A request of which bytes may
        have left us is passed on only where repeating it is harmless (`repeatable`; reads by
        default). With `at`, that address alone is asked. `trying` is told each address in turn.
        """
        again = method == "GET" if repeatable is None else repeatable
        headers = credentials.headers(writing=method != "GET") if credentials else {}
        request = Request(
            method, API + path, headers, params or {}, repeatable=again, most_bytes=most_bytes
        )

        async def attempt(address: str) -> Any:
            if trying is not None:
                trying(address)
            return _data(await self._send(address, request), address)

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
        again = method == "GET"
        headers = credentials.headers(writing=not again) if credentials else {}
        request = Request(method, path, headers, body, "json", repeatable=again)

        async def attempt(address: str) -> Any:
            return _document(await self._send(address, request), address)

        return await self._somewhere(attempt, again)

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
                    raise _told(failure, again) from failure
                failures.append(failure)
            else:
                self._troubles.pop(address, None)
                # An answer that was long under way must not undo what was preferred meanwhile.
                if self._preferred == first:
                    self._preferred = index
                return answer
        try:
            raise _all_failed(failures)
        finally:
            # What is raised holds this frame, and would hold itself through it.
            failures.clear()

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
        return again or not failure.sent

    async def _send(self, address: str, request: Request) -> Reply:
        reply = await self._wire.send(address, request)
        date = _date(reply)
        if date is not None and self.heard is not None:
            self.heard(address, date)
        return reply


def _told(failure: ApiFailure, repeatable: bool) -> ApiFailure:
    """Return the failure of a call; of a write that may have been done, it says so."""
    error = failure.error
    decided = error.status is not None and error.status >= 300
    if repeatable or not failure.sent or (decided and error.status not in UNSURE_STATUSES):
        return failure
    return ApiFailure(replace(error, unknown=True), sent=True)


def _date(reply: Reply) -> float | None:
    """Return the answering node's clock, which counts whole seconds: half of one is added."""
    try:
        return parsedate_to_datetime(reply.headers["date"]).timestamp() + 0.5
    except (KeyError, ValueError):
        return None


def _all_failed(failures: Sequence[ApiFailure]) -> ApiFailure:
    first = failures[0]
    if len(failures) == 1:
        return first
    words = "; ".join(f"{f.error.address}: {f.error.words}" for f in failures)
    error = replace(first.error, message=None, fields={}, detail=words)
    return ApiFailure(error, sent=any(failure.sent for failure in failures))


def _document(reply: Reply, address: str) -> Any:
    if reply.status >= 400:
        raise ApiFailure(_refusal(reply, address))
    try:
        told = document(reply.content)
    except ValueError:
        told = None
    if reply.status >= 300 or not isinstance(told, dict):
        raise _not_an_answer(reply, address, f"{reply.status} {reply.media_type}")
    return told


def _data(reply: Reply, address: str) -> Any:
    told = _document(reply, address)
    if "data" not in told:
        raise _not_an_answer(reply, address, "JSON without 'data'")
    return told["data"]


def _not_an_answer(reply: Reply, address: str, why: str) -> ApiFailure:
    words = f"not an answer of Proxmox VE: {why}"
    return ApiFailure(
        ApiError(reply.status, code=ErrorCode.PROTOCOL, address=address, detail=words)
    )


def _refusal(reply: Reply, address: str) -> ApiError:
    """Read the cluster's own words: from the body, or (before 8.x) from the status line."""
    try:
        body = document(reply.content)
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    inner = body.get("error")
    if isinstance(inner, dict):
        body = inner | {"errors": inner.get("fields")}
    message = body.get("message") or reply.reason or None
    words = str(message).strip() if message else None
    return ApiError(
        status=reply.status,
        message=words,
        fields=fields_of(words, body.get("errors")),
        code=code_of_status(reply.status),
        address=address,
        retry_after_s=integer(reply.headers.get("retry-after")),
    )
