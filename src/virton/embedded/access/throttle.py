"""Slow down those who guess: after some failures each further try must wait, ever longer."""

from collections import OrderedDict
from dataclasses import dataclass

_FREE_TRIES = 5
_LONGEST_WAIT_S = 30
_FORGOTTEN_AFTER_S = 900
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    until_s: float


class Throttle:
    """Counts failed tries by who makes them and for whom."""

    def __init__(self) -> None:
        """Start with nobody slowed down."""
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, key: str, now_s: float) -> float:
        """Return how long a try must still wait; 0 if it need not."""
        known = self._failures.get(key)
        return max(0.0, known.until_s - now_s) if known else 0.0

    def failed(self, key: str, now_s: float) -> None:
        """Count a failed try."""
        known = self._failures.pop(key, None)
        if known and now_s - known.until_s > _FORGOTTEN_AFTER_S:
            known = None
        count = known.count + 1 if known else 1
        beyond = count - _FREE_TRIES
        wait_s = min(2.0**beyond, _LONGEST_WAIT_S) if beyond >= 0 else 0.0
        self._failures[key] = _Failures(count, now_s + wait_s)
        while len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of somebody who has proved who they are."""
        self._failures.pop(key, None)
