"""Why an address could not be asked, or did not answer, by what our libraries raise."""

import ssl
from collections.abc import Iterator
from enum import StrEnum
from socket import gaierror

import httpx2

from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode


class Phase(StrEnum):
    """How far a request got: once it is `SENT`, the cluster may act on it whatever we see."""

    CONNECTING = "connecting"
    SHAKING_HANDS = "shaking hands"
    SENT = "sent"


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
