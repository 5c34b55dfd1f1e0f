"""Simulated guests: they start, stop and move at once, unless they are made to fail."""

import re
from collections.abc import Mapping
from typing import Protocol

from virton.frozen import frozen
from virton.ha.environment import GuestOperation
from virton.simulation.files import ClusterFiles
from virton.simulation.hosts import Host


@frozen
class Operation:
    """An operation on a guest that was over as soon as it began."""

    number: int = 0
    locked_by: str | None = None
    attempted: bool = True
    moved: bool = False
    done: bool = True


NOT_ATTEMPTED = Operation(attempted=False)


@frozen
class Faults:
    """How a guest of type `fa` fails, as the digits of its name tell.

    `starts` and `moves` fail before one works, on `node<host>` only unless that is 0.
    """

    starts: int = 0
    moves: int = 0
    cannot_stop: bool = False
    host: int = 0

    @classmethod
    def of(cls, sid: str) -> "Faults":
        """Read a guest's faults from its name; guests of other types have none."""
        match = re.match(r"fa:\d(\d)(\d)(\d)?(\d)?(\d)?", sid)
        if match is None:
            return cls()
        starts, moves, stop, _, host = (int(digit or 0) for digit in match.groups())
        return cls(starts, moves, bool(stop), host)

    def hold_on(self, node: str) -> bool:
        """Tell whether starts and moves fail on a node."""
        return self.host == 0 or node == f"node{self.host}"


class Guests(Protocol):
    """The guests of a simulated cluster."""

    def run_on(self, host: Host, sid: str) -> bool:
        """Tell whether a guest runs on a host."""

    def start(self, host: Host, sid: str) -> GuestOperation:
        """Start a guest on a host."""

    def stop(self, host: Host, sid: str, timeout_s: int | None) -> GuestOperation:
        """Stop a guest on a host."""

    def move(self, host: Host, sid: str, target: str, *, live: bool) -> GuestOperation:
        """Move a guest from a host to another."""

    def operation(self, number: int) -> GuestOperation:
        """Return an operation that was begun before, by its number."""


class InstantGuests:
    """Guests that obey at once; a guest moved live has to be started again on its new node."""

    def __init__(
        self, files: ClusterFiles, failed_starts: Mapping[str, int], failed_moves: Mapping[str, int]
    ) -> None:
        self._files = files
        self.failed_starts = dict(failed_starts)
        self.failed_moves = dict(failed_moves)

    def run_on(self, host: Host, sid: str) -> bool:
        """Tell whether a guest runs on a host."""
        return sid in host.running

    def start(self, host: Host, sid: str) -> Operation:
        """Start a guest on a host."""
        faults = Faults.of(sid)
        if faults.starts and _fails(self.failed_starts, sid, faults.starts, faults, host):
            return NOT_ATTEMPTED
        if (lock := self._lock(sid)) is not None:
            return Operation(locked_by=lock)
        host.running.add(sid)
        return Operation()

    def stop(self, host: Host, sid: str, timeout_s: int | None) -> Operation:
        """Stop a guest on a host."""
        if Faults.of(sid).cannot_stop:
            return NOT_ATTEMPTED
        if (lock := self._lock(sid)) is not None:
            return Operation(locked_by=lock)
        host.running.discard(sid)
        return Operation()

    def move(self, host: Host, sid: str, target: str, *, live: bool) -> Operation:
        """Move a guest from a host to another."""
        faults = Faults.of(sid)
        if faults.moves and _fails(self.failed_moves, sid, faults.moves, faults, host):
            return NOT_ATTEMPTED
        if (lock := self._lock(sid)) is not None:
            return Operation(locked_by=lock)
        self._files.place_guest(sid, target)
        host.running.discard(sid)
        return Operation(moved=True)

    def operation(self, number: int) -> Operation:
        """Raise LookupError: no operation outlasts the round in which it began."""
        raise LookupError(f"there is no operation {number}")

    def _lock(self, sid: str) -> str | None:
        return self._files.guest_locks().get(sid)


def _fails(counts: dict[str, int], sid: str, limit: int, faults: Faults, host: Host) -> bool:
    if not faults.hold_on(host.name):
        counts[sid] = 0
        return False
    counts[sid] = counts.get(sid, 0) + 1
    if counts[sid] <= limit:
        return True
    counts[sid] = 0
    return False
