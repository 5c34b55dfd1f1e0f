"""Simulated guests that take their time, as real ones do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from virton.frozen import frozen
from virton.ha.model import resource_name
from virton.simulation.files import ClusterFiles
from virton.simulation.hosts import Host

HARD_STOP_S = 1
LONGEST_SHUTDOWN_S = 60
HANDOVER_S = 1


class Doing(StrEnum):
    """What is done to a guest; one that moves running stays up all the while."""

    START = "start"
    STOP = "stop"
    MOVE = "move"
    MOVE_RUNNING = "move_running"


@dataclass(slots=True)
class TimedOperation:
    """An operation on a guest, over when the world's time has come to `due_s`.

    `number` is unlike that of any other operation of its world. `task` is what began it, where that
    wants to hear of its end.
    """

    number: int
    doing: Doing
    sid: str
    node: str
    due_s: int
    target: str | None = None
    task: str | None = None
    locked_by: str | None = None
    attempted: bool = True
    done: bool = False
    moved: bool = False


@frozen
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
    """The guests of a paced world. `failing_starts`: how many of the next starts fail.

    `over` are operations of a thawed world that had ended before anybody looked at them, by number.
    `refused` tells of a guest and a node whether that node lacks what the guest needs.
    `on_begin` hears of every operation that begins; `on_end` of every one that is over now, and
    whether it went well.
    """

    files: ClusterFiles
    hosts: dict[str, Host]
    now: Callable[[], int]
    reach: Callable[[str, str], bool]
    failing_starts: dict[str, int] = field(default_factory=dict)
    under_way: list[TimedOperation] = field(default_factory=list)
    over: dict[int, TimedOperation] = field(default_factory=dict)
    numbered: int = 0
    refused: Callable[[str, str], bool] = lambda sid, node: False
    on_begin: Callable[[TimedOperation], None] = lambda operation: None
    on_end: Callable[[TimedOperation, bool], None] = lambda operation, well: None

    def run_on(self, host: Host, sid: str) -> bool:
        """Tell whether a guest runs on a host."""
        return sid in host.running

    def start(self, host: Host, sid: str) -> TimedOperation:
        """Begin to start a guest on a host."""
        return self._begin(Doing.START, sid, host, Pace.of(sid).start_s)

    def stop(self, host: Host, sid: str, timeout_s: int | None) -> TimedOperation:
        """Begin to shut a guest down; after `timeout_s` it is stopped hard."""
        limit_s = LONGEST_SHUTDOWN_S if timeout_s is None else timeout_s
        takes_s = max(HARD_STOP_S, min(Pace.of(sid).shutdown_s, limit_s))
        return self._begin(Doing.STOP, sid, host, takes_s)

    def move(self, host: Host, sid: str, target: str, *, live: bool) -> TimedOperation:
        """Begin to move a guest; live, it goes on running on its target."""
        runs, pace = sid in host.running, Pace.of(sid)
        if live and runs:
            return self._begin(Doing.MOVE_RUNNING, sid, host, pace.move_s, target)
        takes_s = HANDOVER_S + (pace.shutdown_s if runs else 0)
        return self._begin(Doing.MOVE, sid, host, takes_s, target)

    def operation(self, number: int) -> TimedOperation:
        """Return an operation that was begun before; raises LookupError."""
        for operation in self.under_way:
            if operation.number == number:
                return operation
        return self.over[number]

    def crash(self, sid: str) -> None:
        """Let a running guest die, wherever it runs."""
        for host in self.hosts.values():
            host.running.discard(sid)

    def next_s(self) -> int | None:
        """Return when the next operation ends; those of a dead host end at once."""
        if not self.under_way:
            return None
        now_s, hosts = self.now(), self.hosts
        return min(o.due_s if hosts[o.node].power else now_s for o in self.under_way)

    def finish_due(self) -> None:
        """End the operations whose time has come; those of a dead host came to nothing."""
        if not self.under_way:
            return
        now_s = self.now()
        due = [o for o in self.under_way if o.due_s <= now_s or not self.hosts[o.node].power]
        for operation in due:
            self.under_way.remove(operation)
            well = self.hosts[operation.node].power and self._finish(operation)
            operation.moved = well
            operation.done = True
            self.on_end(operation, well)

    def _begin(
        self, doing: Doing, sid: str, host: Host, takes_s: int, target: str | None = None
    ) -> TimedOperation:
        self.numbered += 1
        due_s = self.now() + takes_s
        operation = TimedOperation(self.numbered, doing, sid, host.name, due_s, target)
        lock = self.files.guest_locks().get(sid)
        if lock is not None:
            operation.locked_by, operation.done = lock, True
        else:
            self.under_way.append(operation)
            self.on_begin(operation)
        return operation

    def _finish(self, operation: TimedOperation) -> bool:
        """Bring about what an operation is for; False if that fails."""
        sid, running = operation.sid, self.hosts[operation.node].running
        match operation.doing:
            case Doing.START:
                return not self.refused(sid, operation.node) and self._start(running, sid)
            case Doing.STOP:
                running.discard(sid)
                return True
            case Doing.MOVE | Doing.MOVE_RUNNING:
                return self._move(operation, operation.target or operation.node)

    def _start(self, running: set[str], sid: str) -> bool:
        left = self.failing_starts.get(sid, 0)
        if left:
            self.failing_starts[sid] = left - 1
            return False
        running.add(sid)
        return True

    def _move(self, operation: TimedOperation, target: str) -> bool:
        if not self.reach(operation.node, target) or self.refused(operation.sid, target):
            return False
        sid, running = operation.sid, self.hosts[operation.node].running
        still_up = sid in running
        running.discard(sid)
        self.files.place_guest(sid, target)
        if operation.doing is Doing.MOVE_RUNNING and still_up:
            self.hosts[target].running.add(sid)
        return True
