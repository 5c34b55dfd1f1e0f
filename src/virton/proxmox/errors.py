"""What can go wrong between us and a cluster, as one value that survives to the page."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from socket import gaierror
from typing import Any

import httpx2


class ErrorCode(StrEnum):
    """The kind of a failure: the word by which the page chooses its sentence."""

    NAME = "name"
    NOBODY = "nobody"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    TLS = "tls"
    CUT = "cut"
    UNREACHABLE = "unreachable"
    AUTH = "auth"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    PEER = "peer"
    THROTTLED = "throttled"
    DISK = "disk"
    CLUSTER = "cluster"
    PROTOCOL = "protocol"


class Phase(StrEnum):
    """How far a request got: once it is `SENT`, the cluster may act on it whatever we see."""

    CONNECTING = "connecting"
    SHAKING_HANDS = "shaking hands"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class ApiError:
    """A failed call: HTTP status (None: no answer), kind, words, and errors by parameter.

    `message` holds the cluster's own words alone; `detail` what our libraries say, for the log and
    the command line. `unknown` tells that nobody knows whether the cluster did what was asked,
    `token` which API token is refused or lacks a privilege.
    """

    status: int | None
    message: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    code: ErrorCode = ErrorCode.CLUSTER
    address: str | None = None
    fingerprint: str | None = None
    retry_after_s: int | None = None
    detail: str | None = None
    unknown: bool = False
    token: str | None = None

    @property
    def words(self) -> str:
        """Return what there is to say of the failure, for the log and the command line."""
        return self.message or self.detail or str(self.code)

    def to_json(self) -> dict[str, Any]:
        """Return the error as the console's JSON carries it."""
        data: dict[str, Any] = {
            "status": self.status,
            "code": str(self.code),
            "message": self.message,
            "fields": dict(self.fields),
        }
        if self.address is not None:
            data["address"] = self.address
        if self.fingerprint is not None:
            data["fingerprint"] = self.fingerprint
        if self.retry_after_s is not None:
            data["retry_after_s"] = self.retry_after_s
        if self.unknown:
            data["unknown"] = True
        if self.token is not None:
            data["token"] = self.token
        return data


class ApiFailure(Exception):  # noqa: N818 - the error is the value inside
    """A call that failed; `sent` tells whether the cluster may have acted on it."""

    def __init__(self, error: ApiError, *, sent: bool = True) -> None:
        super().__init__(error.words)
        self.error = error
        self.sent = sent


def code_of_status(status: int) -> ErrorCode:
    """Return the kind of failure that a Proxmox VE status stands for."""
    match status:
        case 400:
            return ErrorCode.INVALID
        case 401:
            return ErrorCode.AUTH
        case 403:
            return ErrorCode.FORBIDDEN
        case 404 | 501:
            return ErrorCode.UNSUPPORTED
        case 429:
            return ErrorCode.THROTTLED
        case 507:
            return ErrorCode.DISK
        case 595 | 596 | 599:
            return ErrorCode.PEER
        case _:
            return ErrorCode.CLUSTER


def causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that led to it."""
    pending: list[BaseException] = [failure]
    seen: set[int] = set()
    while pending:
        cause = pending.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            pending.extend(cause.exceptions)
        pending.extend(c for c in (cause.__cause__, cause.__context__) if c is not None)


_KINDS: tuple[tuple[type[BaseException], ErrorCode], ...] = (
    (gaierror, ErrorCode.NAME),
    (ConnectionRefusedError, ErrorCode.REFUSED),
    (httpx2.DecodingError, ErrorCode.PROTOCOL),
    (httpx2.LocalProtocolError, ErrorCode.PROTOCOL),
    (httpx2.InvalidURL, ErrorCode.PROTOCOL),
)

_CUT_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, ConnectionResetError)
_NO_VERDICT = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a handshake raises that waits for more: it says nothing of the other side's certificate."""


def network_failure(failure: Exception, address: str, phase: Phase) -> ApiFailure:
    """Tell why an address could not be asked, or did not answer."""
    chain = [cause for cause in causes(failure) if not isinstance(cause, _NO_VERDICT)]
    code, cause = _judged(failure, chain or [failure], phase)
    words = str(cause) or str(failure) or type(cause).__name__
    fingerprint = getattr(cause, "presented", None)
    error = ApiError(None, code=code, address=address, fingerprint=fingerprint, detail=words)
    return ApiFailure(error, sent=phase is Phase.SENT)


def _judged(
    failure: Exception, chain: list[BaseException], phase: Phase
) -> tuple[ErrorCode, BaseException]:
    # Patience that ends is told first: it interrupts whatever was under way, and that shows too.
    if isinstance(failure, httpx2.TimeoutException | TimeoutError):
        return ErrorCode.TIMEOUT, failure
    if isinstance(failure, httpx2.RemoteProtocolError):
        cut = any(word in str(failure) for word in ("disconnected", "closed"))
        return (ErrorCode.CUT if cut else ErrorCode.PROTOCOL), failure
    for kind, code in _KINDS:
        for cause in chain:
            if isinstance(cause, kind):
                return code, cause
    if phase is Phase.SENT:
        return ErrorCode.CUT, chain[-1]
    if phase is Phase.SHAKING_HANDS:
        return _handshake(chain)
    timed_out = any(isinstance(cause, TimeoutError) for cause in chain)
    return (ErrorCode.TIMEOUT if timed_out else ErrorCode.UNREACHABLE), chain[-1]


def _handshake(chain: list[BaseException]) -> tuple[ErrorCode, BaseException]:
    refused = [c for c in chain if isinstance(c, ssl.SSLError) and not isinstance(c, _CUT_OFF)]
    return (ErrorCode.TLS, refused[0]) if refused else (ErrorCode.CUT, chain[-1])
