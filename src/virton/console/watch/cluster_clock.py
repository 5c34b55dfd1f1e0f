"""The cluster's own time, by which the ages of what it writes are told."""

from virton.console.clock import Clock


class ClusterClock:
    """Compares each node's clock, as its answers tell it, with the console's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s: dict[str, float] = {}

    def heard(self, address: str, time_s: float) -> None:
        """Take note of a node's time."""
        self._ahead_s[address] = time_s - self._clock.time()

    def ahead_s(self, address: str) -> float | None:
        """Return by how much a node's clock is ahead of the console's; None if it does not tell."""
        return self._ahead_s.get(address)
