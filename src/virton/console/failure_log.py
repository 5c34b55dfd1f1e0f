"""A line in the log for every error that a page shows: both name the request."""

import logging
from collections.abc import Callable

from starlette.requests import Request

from virton.rare_log import Repeats
from virton.throttle import Allowance

UNSAID = (401, 429)
"""What happens to whoever is not logged in, or in a hurry: the page shows no request there."""

_LONGEST = 300
_OF_ANYBODY, _EVERY_S = 200, 10.0
log = logging.getLogger(__name__)


class FailureLog:
    """Tells of each request that failed why it did; no parameter is told, which may be a secret.

    What pages read by themselves fails as often as they look, so that is told once in a while; of
    people who are not logged in, only so much is told as does not fill the log.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._repeats = Repeats(monotonic)
        self._of_anybody = Allowance(monotonic, _OF_ANYBODY, _EVERY_S)

    def note(self, request: Request, status: int, why: str, *, by_itself: bool) -> None:
        """Tell of a request that failed."""
        if status in UNSAID:
            return
        who = getattr(request.state, "user", None)
        if who is None and self._of_anybody.take() is None:
            return
        what = f"{request.method} {request.url.path} of {who or 'somebody'}: {status}, {why}"
        line = "".join(sign if sign.isprintable() else " " for sign in what[:_LONGEST])
        more = self._repeats.more(line) if by_itself else ""
        if more is not None:
            log.log(logging.WARNING if status >= 500 else logging.INFO, "%s%s", line, more)
