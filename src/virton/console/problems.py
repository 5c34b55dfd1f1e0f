"""Refusals and failures, as the page gets them."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from virton.console.answers import Answer
from virton.proxmox.errors import ApiError, ErrorCode


class Refusal(Exception):  # noqa: N818 - the console's own no, not an error
    """The console's own refusal of a request.

    `fields` hold words that the page has sentences for; `detail` is for whoever reads the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str | None = None,
        fields: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail or code)
        self.status = status
        self.error: dict[str, Any] = {
            "status": status,
            "code": code,
            "message": None,
            "fields": dict(fields or {}),
        } | more
        if detail is not None:
            self.error["detail"] = detail


def no_session() -> Refusal:
    """Return the refusal of whoever is not, or no longer, logged in."""
    return Refusal(401, str(ErrorCode.AUTH))


def refused(refusal: Refusal) -> Response:
    """Answer with the console's own refusal."""
    return _problem(refusal.error, refusal.status)


FIELD_NAMES = {"disable": "disabled", "auto-rebalance": "auto_rebalance"}
"""What the cluster calls a field, where the console calls it otherwise."""


def failed(error: ApiError) -> Response:
    """Answer with a cluster's refusal or failure, under the console's field names."""
    data = error.to_json()
    data["fields"] = {FIELD_NAMES.get(key, key): text for key, text in error.fields.items()}
    return _problem(data, _status(error))


def _problem(error: dict[str, Any], status: int) -> Response:
    wait = error.get("retry_after_s")
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return Answer({"error": error}, status, headers)


def _status(error: ApiError) -> int:
    if error.code is ErrorCode.TIMEOUT:
        return 504
    if error.status is None or error.code in (ErrorCode.PROTOCOL, ErrorCode.PEER):
        return 502
    return error.status
