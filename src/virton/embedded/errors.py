"""The refusals of the API: an HTTP status, a message, and what is wrong with which parameter."""

import math
from collections.abc import Mapping
from http import HTTPStatus


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a fault of ours
    """An answer that is not a success, raised from wherever it is known."""

    def __init__(
        self,
        status: int,
        message: str,
        fields: Mapping[str, str] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        """Answer with `status`; `fields` says what is wrong with single parameters."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s


def failed(message: str) -> Refusal:
    """Return the answer to a request that is well-formed but cannot be granted."""
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, message)


def invalid(fields: Mapping[str, str]) -> Refusal:
    """Return the answer to parameters that break their schema."""
    return Refusal(HTTPStatus.BAD_REQUEST, "Parameter verification failed.", fields)


def forbidden(what: str) -> Refusal:
    """Return the answer to somebody who lacks a privilege."""
    return Refusal(HTTPStatus.FORBIDDEN, f"Permission check failed ({what})")


def unauthorized(message: str) -> Refusal:
    """Return the answer to somebody who is not logged in."""
    return Refusal(HTTPStatus.UNAUTHORIZED, message)


def not_implemented(method: str, path: str) -> Refusal:
    """Return the answer to a path or a method that does not exist."""
    return Refusal(HTTPStatus.NOT_IMPLEMENTED, f"Method '{method} {path}' not implemented")


def slowed_down(wait_s: float) -> Refusal:
    """Return the answer to somebody who has guessed too often."""
    seconds = max(1, math.ceil(wait_s))
    message = f"too many failed logins, try again in {seconds} seconds"
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, message, retry_after_s=seconds)


def not_kept(why: Exception) -> Refusal:
    """Return the answer to a change that the disk does not take."""
    return Refusal(HTTPStatus.INSUFFICIENT_STORAGE, f"nothing was changed: {why}")
