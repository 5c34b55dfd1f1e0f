"""How long the history is kept, and how much room it may take."""

from dataclasses import dataclass

from virton.keeping.database import size_of
from virton.keeping.history import History
from virton.keeping.moments import Moments
from virton.keeping.outbox import Outbox

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
STEPS = 20
"""In so many steps the oldest part goes until the rest has room."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept: for so many days, and no more than so many MiB."""

    days: int = 400
    mib: int = 2048


@dataclass(frozen=True, slots=True)
class Keepers:
    """The books of a cluster out of which the oldest goes."""

    history: History
    moments: Moments
    outbox: Outbox

    def forget(self, before_ms: int) -> int:
        """Delete what is older than a moment; return how much that was; raises HistoryError."""
        gone = self.history.forget(before_ms)
        self.outbox.forget(before_ms)
        return gone + self.moments.forget(before_ms)


def tidy(keepers: Keepers, retention: Retention, now_ms: int) -> int:
    """Delete what is too old, then the oldest of what has no room; return how much. HistoryError.

    The last hour always stays: a limit that is too small for it must not hide what happens now.
    """
    gone = keepers.forget(now_ms - retention.days * DAY_MS)
    oldest_ms = keepers.history.oldest_ms()
    if oldest_ms is None:
        return gone
    last_ms = now_ms - HOUR_MS
    for step in range(1, STEPS + 1):
        if size_of(keepers.history.engine) <= retention.mib << 20 or oldest_ms >= last_ms:
            break
        gone += keepers.forget(oldest_ms + (last_ms - oldest_ms) * step // STEPS)
    return gone
