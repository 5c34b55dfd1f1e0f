"""Simulated guests that take their time, as real ones do."""

from collections.abc import Callable
from dataclasses import dataclass, field

from virton.ha.model import resource_name
from virton.simulation.files import ClusterFiles
from virton.simulation.hosts import Host

HARD_STOP_S = 1
LONGEST_SHUTDOWN_S = 60
HANDOVER_S = 1


@dataclass(slots=True)
class TimedOperation:
    """An operation on a guest, over when the world's time has come to `due_s`.

    `on_end` hears whether it went well.
    """

    sid: str
    host: Host
    finish: Callable[[], bool]
    due_s: int
    on_end: Callable[[bool], None] = lambda well: None
    locked_by: str | None = None
    attempted: bool = True
    done: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a guest takes, in seconds, to start, to shut down and to move live."""

    start_s: int
    shutdown_s: int
    move_s: int

    @classmethod
    def of(cls, sid: str) -> "Pace":
        """Return the pace of a guest: containers are quicker, and no two guests are quite alike."""
        digits = "".join(filter(str.isdigit, resource_name(sid))) or "0"
        own = int(digits) % 4
        return cls(1 + own // 2, 1, 2) if sid.startswith("ct:") else cls(2 + own, 3 + own, 5 + own)


@dataclass(slots=True)
class TimedGuests:
    """The guests of a paced world. `failing_starts`: how many of the next starts fail."""

    files: ClusterFiles
    hosts: dict[str, Host]
    now: Callable[[], int]
    online: Callable[[str], bool]
    failing_starts: dict[str, int] = field(default_factory=dict)
    under_way: list[TimedOperation] = field(default_factory=list)

    def run_on(self, host: Host, sid: str) -> bool:
        """Tell whether a guest runs on a host."""
        return sid in host.running

    def start(self, host: Host, sid: str) -> TimedOperation:
        """Begin to start a guest on a host."""
        return self._begin(sid, host, Pace.of(sid).start_s, lambda: self._start(host, sid))

    def stop(self, host: Host, sid: str, timeout_s: int | None) -> TimedOperation:
        """Begin to shut a guest down; after `timeout_s` it is stopped hard."""
        limit_s = LONGEST_SHUTDOWN_S if timeout_s is None else timeout_s
        takes_s = max(HARD_STOP_S, min(Pace.of(sid).shutdown_s, limit_s))
        return self._begin(sid, host, takes_s, lambda: self._stop(host, sid))

    def move(self, host: Host, sid: str, target: str, *, live: bool) -> TimedOperation:
        """Begin to move a guest; live, it goes on running on its target."""
        runs, pace = sid in host.running, Pace.of(sid)
        stays_up = live and runs
        takes_s = pace.move_s if stays_up else HANDOVER_S + (pace.shutdown_s if runs else 0)
        return self._begin(
            sid, host, takes_s, lambda: self._move(host, sid, target, stays_up=stays_up)
        )

    def crash(self, sid: str) -> None:
        """Let a running guest die, wherever it runs."""
        for host in self.hosts.values():
            host.running.discard(sid)

    def finish_due(self) -> None:
        """End the operations whose time has come; those of a dead host came to nothing."""
        due = [o for o in self.under_way if o.due_s <= self.now() or not o.host.power]
        for operation in due:
            self.under_way.remove(operation)
            well = operation.host.power and operation.finish()
            operation.moved = well
            operation.done = True
            operation.on_end(well)

    def _begin(
        self, sid: str, host: Host, takes_s: int, finish: Callable[[], bool]
    ) -> TimedOperation:
        operation = TimedOperation(sid, host, finish, self.now() + takes_s)
        lock = self.files.guest_locks().get(sid)
        if lock is not None:
            operation.locked_by, operation.done = lock, True
        else:
            self.under_way.append(operation)
        return operation

    def _start(self, host: Host, sid: str) -> bool:
        left = self.failing_starts.get(sid, 0)
        if left:
            self.failing_starts[sid] = left - 1
            return False
        host.running.add(sid)
        return True

    def _stop(self, host: Host, sid: str) -> bool:
        host.running.discard(sid)
        return True

    def _move(self, host: Host, sid: str, target: str, *, stays_up: bool) -> bool:
        if not self.online(host.name) or not self.online(target):
            return False
        still_up = sid in host.running
        host.running.discard(sid)
        self.files.place_guest(sid, target)
        if stays_up and still_up:
            self.hosts[target].running.add(sid)
        return True
