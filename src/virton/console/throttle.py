"""Slow down who guesses passwords, by user and by address, without locking anybody out for long."""

from dataclasses import dataclass

from virton.console.clock import Clock

Key = tuple[str, str]
"""What attempts are counted by: a kind and a name, as in `("user", "root@pam")`."""

FREE_TRIES = 5
LONGEST_S = {"user": 30.0, "address": 300.0}
"""By kind of key; a user must not be kept out for long by others who guess."""

FORGET_S = 3600.0
MOST_KEYS = 10_000


@dataclass(slots=True)
class _Tries:
    count: int = 0
    last: float = 0.0

    def wait_s(self, now: float, longest_s: float) -> float:
        if self.count < FREE_TRIES:
            return 0.0
        pause = min(2.0 ** min(self.count - FREE_TRIES, 16), longest_s)
        return max(0.0, self.last + pause - now)


class Throttle:
    """Counts attempts that have not succeeded; each beyond a few doubles the wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: dict[Key, _Tries] = {}

    def wait_s(self, *keys: Key) -> float:
        """Return how long these keys have to wait before the next attempt."""
        now = self._clock.time()
        known = [key for key in keys if key in self._tries]
        waits = (self._tries[key].wait_s(now, LONGEST_S[key[0]]) for key in known)
        return max(waits, default=0.0)

    def attempt(self, *keys: Key) -> None:
        """Count an attempt before it is made, so that many at once count as many."""
        now = self._clock.time()
        if len(self._tries) >= MOST_KEYS:
            self._forget(now)
        for key in keys:
            tries = self._tries.setdefault(key, _Tries())
            if now - tries.last > FORGET_S:
                tries.count = 0
            tries.count += 1
            tries.last = now

    def pardon(self, *keys: Key) -> None:
        """Take back the last attempt, which was no guess: nobody could judge it."""
        for key in keys:
            if key in self._tries:
                self._tries[key].count -= 1

    def succeeded(self, *keys: Key) -> None:
        """Forget these keys' attempts."""
        for key in keys:
            self._tries.pop(key, None)

    def _forget(self, now: float) -> None:
        oldest = sorted(self._tries, key=lambda key: self._tries[key].last)
        stale = {key for key in oldest if now - self._tries[key].last > FORGET_S}
        for key in stale | set(oldest[: MOST_KEYS // 10]):
            del self._tries[key]
