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
    CLUSTER = "cluster"
    PROTOCOL = "protocol"


UNSENT = frozenset({ErrorCode.NAME, ErrorCode.REFUSED, ErrorCode.TLS, ErrorCode.UNREACHABLE})
"""Failures that happen before a request leaves us, so that it may safely go to another node."""


@dataclass(frozen=True, slots=True)
class ApiError:
    """A failed call: HTTP status (None: no answer), kind, words, and errors by parameter."""

    status: int | None
    message: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    code: ErrorCode = ErrorCode.CLUSTER
    address: str | None = None
    fingerprint: str | None = None
    retry_after_s: int | None = None

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
        return data


class ApiFailure(Exception):  # noqa: N818 - the error is the value inside
    """A call that failed; `sent` tells whether the cluster may have acted on it."""

    def __init__(self, error: ApiError, *, sent: bool = True) -> None:
        super().__init__(error.message or str(error.code))
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
    (ssl.SSLError, ErrorCode.TLS),
    (gaierror, ErrorCode.NAME),
    (ConnectionRefusedError, ErrorCode.REFUSED),
    (httpx2.TimeoutException, ErrorCode.TIMEOUT),
    (TimeoutError, ErrorCode.TIMEOUT),
    (httpx2.ReadError, ErrorCode.CUT),
    (httpx2.WriteError, ErrorCode.CUT),
    (httpx2.DecodingError, ErrorCode.PROTOCOL),
    (httpx2.LocalProtocolError, ErrorCode.PROTOCOL),
)


def network_failure(failure: Exception, address: str) -> ApiFailure:
    """Tell why an address could not be asked, or did not answer."""
    chain = list(causes(failure))
    if isinstance(failure, httpx2.RemoteProtocolError):
        cut = any(word in str(failure) for word in ("disconnected", "closed"))
        code = ErrorCode.CUT if cut else ErrorCode.PROTOCOL
        return _failed(failure, failure, code, address)
    for kind, code in _KINDS:
        for cause in chain:
            if isinstance(cause, kind):
                return _failed(failure, cause, code, address)
    return _failed(failure, chain[-1], ErrorCode.UNREACHABLE, address)


def _failed(failure: Exception, cause: BaseException, code: ErrorCode, address: str) -> ApiFailure:
    fingerprint = getattr(cause, "presented", None)
    words = str(cause) or str(failure) or type(cause).__name__
    error = ApiError(None, words, code=code, address=address, fingerprint=fingerprint)
    unsent = isinstance(failure, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return ApiFailure(error, sent=not unsent)
