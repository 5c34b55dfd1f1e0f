"""Logging that does not grow with whoever causes it."""

import logging
import time
from collections.abc import Callable

EVERY_S = 60.0
MOST = 1000


class Repeats:
    """Tells whether something is to be said again, and counts how often it was not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def more(self, what: str) -> str | None:
        """Return what to add when it is said now; None if it was said a short while ago."""
        now = self._clock()
        if what in self._said and now - self._said[what] < EVERY_S:
            self._unsaid[what] = self._unsaid.get(what, 0) + 1
            return None
        if len(self._said) >= MOST:
            self._said.clear()
            self._unsaid.clear()
        self._said[what] = now
        often = self._unsaid.pop(what, 0)
        return f" (and {often} times more since it was last said)" if often else ""


class RareLog:
    """Says the same thing at most once in a while, and then how often it has happened since."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._repeats = Repeats(clock)

    def warning(self, what: str) -> None:
        """Say what happened."""
        self._tell(logging.WARNING, what, trace=False)

    def exception(self, what: str) -> None:
        """Say what went wrong, with the exception at hand."""
        self._tell(logging.ERROR, what, trace=True)

    def _tell(self, level: int, what: str, *, trace: bool) -> None:
        more = self._repeats.more(what)
        if more is not None:
            self._log.log(level, "%s%s", what, more, exc_info=trace)


class Seldom(logging.Filter):
    """Lets a logger say the same thing at most once in a while, and then how often it happened."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._repeats = Repeats(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be said."""
        if record.levelno < logging.WARNING:
            return True
        what = f"{record.name} {record.pathname}:{record.lineno} {record.msg}"
        more = self._repeats.more(what)
        if more:
            record.msg = f"{record.msg}{more}"
        return more is not None


def only_seldom(log: logging.Logger) -> None:
    """Let a logger repeat itself but once in a while."""
    for known in [known for known in log.filters if isinstance(known, Seldom)]:
        log.removeFilter(known)
    log.addFilter(Seldom())
