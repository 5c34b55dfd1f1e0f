"""The tasks that the HA stack's own work on guests leaves, as a real LRM's workers leave them."""

from collections.abc import Mapping
from dataclasses import dataclass

from virton.embedded.journal import Journal
from virton.embedded.tasks import CUT_OFF, Task, TaskList
from virton.embedded.world import TaskReport
from virton.ha.model import resource_name, resource_type
from virton.simulation.timed_guests import HANDOVER_S, Doing, TimedOperation
from virton.story.journal_lines import LRM_TAG

_USER = "root@pam"
_WORKS: Mapping[Doing, str] = {
    Doing.START: "start",
    Doing.STOP: "shutdown",
    Doing.MOVE: "migrate",
    Doing.MOVE_RUNNING: "migrate",
}
# What a worker writes when it begins, by the kind of its task; `{guest}` is as `VM 100`.
_WORKER_LINES: Mapping[str, str] = {
    "qmstart": "start {guest}",
    "vzstart": "starting {guest}",
    "qmshutdown": "shutdown {guest}",
    "vzshutdown": "shutdown {guest}",
}


def failure_of(operation: TimedOperation, *, host_is_up: bool) -> str:
    """Return in the words of a task why an operation failed."""
    if not host_is_up:
        return CUT_OFF
    match operation.doing:
        case Doing.START if resource_type(operation.sid) == "ct":
            return f"startup for container '{resource_name(operation.sid)}' failed"
        case Doing.START:
            return "start failed: QEMU exited with code 1"
        case Doing.STOP:
            return "got timeout"
        case Doing.MOVE | Doing.MOVE_RUNNING:
            return "migration aborted"


@dataclass(frozen=True, slots=True)
class _Work:
    """An operation as its task or, where a guest is stopped to be moved, its two tasks."""

    task: Task
    moves_after: "HaTasks | None" = None

    @property
    def upid(self) -> str:
        """Return the id of the task that was begun first."""
        return self.task.upid

    def log(self, line: str) -> None:
        """Write a line into the task's log."""
        self.task.log(line)

    def finish(self, error: str | None = None) -> None:
        """End the task; the move that a stop was for follows it."""
        if self.moves_after is None or error == CUT_OFF:
            self.task.finish(error)
        else:
            self.task.finish(at_s=self.moves_after.tasks.clock() - HANDOVER_S)
            self.moves_after.move_stopped(self.task, error)


@dataclass(frozen=True, slots=True)
class HaTasks:
    """Begins the tasks of what LRMs do, as root and with lines in the node's journal."""

    tasks: TaskList
    journal: Journal

    def begin(self, operation: TimedOperation, *, runs: bool) -> _Work:
        """Begin the task of an operation on a guest that runs, or does not."""
        stops_first = operation.doing is Doing.MOVE and runs
        doing = Doing.STOP if stops_first else operation.doing
        prefix = "vz" if resource_type(operation.sid) == "ct" else "qm"
        name = resource_name(operation.sid)
        kind = _spelled(f"{prefix}{_WORKS[doing]}")
        task = self.tasks.begin(operation.node, kind, name, _USER, LRM_TAG)
        told = _WORKER_LINES.get(task.type)
        if told is not None:
            guest = f"{'CT' if prefix == 'vz' else 'VM'} {name}"
            line = f"{told.format(guest=guest)}: {task.upid}"
            self.journal.write(task.node, LRM_TAG, line, pid=task.pid + 1)
        return _Work(task, self if stops_first else None)

    def again(self, operation: TimedOperation, task: Task) -> TaskReport:
        """Return where to tell of an operation's end, whose task was begun before a restart."""
        stops_first = operation.doing is Doing.MOVE and task.type in ("qmshutdown", "vzshutdown")
        return _Work(task, self) if stops_first else task

    def move_stopped(self, stop: Task, error: str | None) -> None:
        """Leave the task of a move that followed a stop."""
        at_s = self.tasks.clock() - HANDOVER_S
        kind = "qmigrate" if stop.type == "qmshutdown" else "vzmigrate"
        moved = self.tasks.begin(stop.node, kind, stop.id, _USER, LRM_TAG, at_s=at_s)
        moved.finish(error)


def _spelled(kind: str) -> str:
    return "qmigrate" if kind == "qmmigrate" else kind
