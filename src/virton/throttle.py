"""Slow down who guesses: after some tries each further one must wait, ever longer.

Tries are counted by where they come from, and by that together with whom they are for, never by a
name alone: whoever guesses at root elsewhere must not keep root out.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FORGET_S = 900.0
MOST_KEYS = 10_000
_LONGEST_DOUBLING = 16


@dataclass(frozen=True, slots=True)
class Key:
    """What tries are counted by, how many are free, and how long a wait may become."""

    name: str
    free: int
    longest_s: float


def keys_of(address: str, user: str, *, longest_s: float) -> tuple[Key, ...]:
    """Return what a try to log in is counted by.

    Many users may share an address, and an office forgets passwords: by itself it has more tries.
    """
    network = network_of(address)
    return (
        Key(f"from {network}", free=20, longest_s=longest_s),
        Key(f"from {network} for {user}", free=5, longest_s=longest_s),
    )


def network_of(address: str) -> str:
    """Return what one customer of a provider has: an IPv4 address, or 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    last_s: float

    def wait_s(self, key: Key, now_s: float) -> float:
        beyond = self.count - key.free
        if beyond < 0:
            return 0.0
        pause_s = min(2.0 ** min(beyond, _LONGEST_DOUBLING), key.longest_s)
        return max(0.0, self.last_s + pause_s - now_s)


class Throttle:
    """Counts tries that have not succeeded; its clock must never leap."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Start with nobody slowed down."""
        self._now = monotonic
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait_s(self, *keys: Key) -> float:
        """Return how long a try must still wait; 0 if it need not."""
        now_s = self._now()
        known = ((key, self._tries.get(key.name)) for key in keys)
        return max((tries.wait_s(key, now_s) for key, tries in known if tries), default=0.0)

    def attempt(self, *keys: Key) -> None:
        """Count a try before it is made, so that many at once count as many."""
        now_s = self._now()
        for key in keys:
            tries = self._tries.pop(key.name, None)
            fresh = tries is None or now_s - tries.last_s > max(FORGET_S, key.longest_s)
            count = 1 if tries is None or fresh else tries.count + 1
            self._tries[key.name] = _Tries(count, now_s)
        while len(self._tries) > MOST_KEYS:
            self._tries.popitem(last=False)

    def pardon(self, *keys: Key) -> None:
        """Take back the last try, which was no guess."""
        for key in keys:
            tries = self._tries.get(key.name)
            if tries is not None:
                self._tries[key.name] = _Tries(tries.count - 1, tries.last_s)

    def succeeded(self, *keys: Key) -> None:
        """Forget the tries that a success makes good.

        Those of an address alone are not: with a user of one's own, one could guess for ever.
        """
        self.pardon(*keys[:1])
        for key in keys[1:]:
            self._tries.pop(key.name, None)


class Allowance:
    """Lets a few things through at once, then one in a while; counts what it held back."""

    def __init__(self, monotonic: Callable[[], float], burst: int, every_s: float) -> None:
        """Begin with the whole burst."""
        self._now = monotonic
        self._burst = burst
        self._every_s = every_s
        self._left = float(burst)
        self._at_s = monotonic()
        self._held_back = 0

    def take(self) -> int | None:
        """Return how many were held back since the last that was let through; None holds back."""
        now_s = self._now()
        self._left = min(self._burst, self._left + (now_s - self._at_s) / self._every_s)
        self._at_s = now_s
        if self._left < 1:
            self._held_back += 1
            return None
        self._left -= 1
        held_back, self._held_back = self._held_back, 0
        return held_back
