"""What can go wrong between us and a cluster, as one value that survives to the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
