"""What became of an attempt to send a message, as data that the page has sentences for."""

import json
import logging
import socket
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiosmtplib
import httpx2

from virton.damage import in_system_words
from virton.proxmox.plain_words import of_certificate

_LONGEST = 300
log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """An attempt's outcome, with a code for what happened and what the other side said.

    `FAILED` may go well later.
    """

    outcome: Outcome
    code: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """Return code and fields as they are kept."""
        if not self.code:
            return ""
        return json.dumps({"code": self.code, **self.fields}, ensure_ascii=False, sort_keys=True)


def read_said(text: str) -> tuple[str, dict[str, Any]] | None:
    """Return code and fields as they were kept; None where an older version kept a mere text."""
    try:
        told = json.loads(text)
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("code"), str):
        return None
    return told.pop("code"), told


def by_status(status: int, *, again: frozenset[int]) -> Answer:
    """Return what an HTTP status means; those in `again` may go well later."""
    if 200 <= status < 300:
        return Answer(Outcome.SENT, "http", {"status": status})
    final = 300 <= status < 500 and status not in again
    outcome = Outcome.REFUSED if final else Outcome.FAILED
    return Answer(outcome, "http_refused", {"status": status})


def by_smtp(code: int, message: str, kind: str = "smtp") -> Answer:
    """Return what an SMTP server's answer means; what begins with 5 will not go well later."""
    outcome = Outcome.REFUSED if code >= 500 else Outcome.FAILED
    return Answer(outcome, kind, {"status": code, "message": _short(message)})


def by_failure(error: BaseException) -> Answer:
    """Return why the other side could not be reached or understood."""
    behind = _behind(error)
    for kinds, code in _KINDS:
        for each in behind:
            if isinstance(each, kinds):
                why = of_certificate(getattr(each, "verify_message", ""))
                return Answer(Outcome.FAILED, code, {"message": why} if why else {})
    if "STARTTLS" in str(error):
        return Answer(Outcome.FAILED, "no_starttls")
    if isinstance(error, OSError):
        return Answer(Outcome.FAILED, "broken", {"message": in_system_words(error)})
    # Not what it says: an address with its secret may stand in that.
    log.warning("a message could not be sent: %s", type(error).__name__)
    return Answer(Outcome.FAILED, "broken", {"message": "the other side is not understood"})


_KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate"),
    (socket.gaierror, "unknown_name"),
    (ConnectionRefusedError, "connection_refused"),
    ((TimeoutError, httpx2.TimeoutException), "timed_out"),
    (
        (
            ConnectionError,
            ssl.SSLEOFError,
            aiosmtplib.SMTPServerDisconnected,
            httpx2.RemoteProtocolError,
        ),
        "connection_closed",
    ),
    (ssl.SSLError, "no_tls"),
)
"""What a failure is, the surest first: a library's own error says less than what led to it."""


def _behind(error: BaseException) -> list[BaseException]:
    """Return an error, and what led to it."""
    found: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in found:
        found.append(step)
        step = step.__cause__ or step.__context__
    return found


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
