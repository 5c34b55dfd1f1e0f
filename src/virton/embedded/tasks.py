"""Tasks (what runs longer than a request) and the cluster's log."""

import re
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_UPID = re.compile(
    r"UPID:([a-zA-Z0-9][a-zA-Z0-9-]*):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8})"
    r":([^:\s/]+):([^:\s/]*):([^:\s/]+):",
    re.ASCII,
)
_MOST_TASKS = 1000
_MOST_ENTRIES = 500
_FIRST_PID = 1000


@dataclass(slots=True)
class Task:
    """One task: what it does, for whom, and how it went; the world reports through it."""

    upid: str
    node: str
    pid: int
    start: int
    type: str
    id: str
    user: str
    clock: Callable[[], int]
    lines: list[str] = field(default_factory=list)
    end: int | None = None
    error: str | None = None

    @property
    def exit_status(self) -> str:
        """Return `OK`, or why the task failed."""
        return self.error or "OK"

    def log(self, line: str) -> None:
        """Write a line into the task's log."""
        self.lines.append(line)

    def finish(self, error: str | None = None) -> None:
        """End the task; ending it again changes nothing."""
        if self.end is None:
            self.end = self.clock()
            self.error = error
            self.lines.append(f"TASK ERROR: {error}" if error else "TASK OK")

    def to_json(self) -> dict[str, Any]:
        """Return what a list of tasks tells of it."""
        data: dict[str, Any] = {
            "upid": self.upid,
            "node": self.node,
            "pid": self.pid,
            "pstart": 0,
            "starttime": self.start,
            "type": self.type,
            "id": self.id,
            "user": self.user,
        }
        if self.end is not None:
            data |= {"endtime": self.end, "status": self.exit_status}
        return data


class TaskList:
    """The tasks of a cluster, the newest last; old ones are forgotten."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Tell the time by `clock`, in Unix seconds."""
        self._clock = clock
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._pid = _FIRST_PID

    def begin(self, node: str, kind: str, task_id: str, user: str) -> Task:
        """Begin a task of `user` on a node."""
        self._pid += 1
        start = self._clock()
        upid = f"UPID:{node}:{self._pid:08X}:00000000:{start:08X}:{kind}:{task_id}:{user}:"
        task = Task(upid, node, self._pid, start, kind, task_id, user, self._clock)
        self._tasks[upid] = task
        while len(self._tasks) > _MOST_TASKS:
            self._tasks.popitem(last=False)
        return task

    def get(self, upid: str) -> Task | None:
        """Return a task by its id."""
        return self._tasks.get(upid)

    def newest_first(self) -> list[Task]:
        """Return all tasks, the newest first."""
        return list(reversed(self._tasks.values()))


def node_of(upid: str) -> str | None:
    """Return the node on which a task runs, or None if it is no task id."""
    match = _UPID.fullmatch(upid)
    return match[1] if match else None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the cluster's log; `priority` is syslog's (6 is information)."""

    number: int
    time: int
    node: str
    tag: str
    message: str
    user: str
    priority: int

    def to_json(self) -> dict[str, Any]:
        """Return the entry as `/cluster/log` tells it."""
        return {
            "uid": self.number,
            "id": f"{self.number}:{self.node}",
            "time": self.time,
            "node": self.node,
            "tag": self.tag,
            "msg": self.message,
            "user": self.user,
            "pid": 0,
            "pri": self.priority,
        }


class ClusterLog:
    """What the daemons of the cluster tell its operators, the newest last."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Tell the time by `clock`, in Unix seconds."""
        self._clock = clock
        self._entries: deque[LogEntry] = deque(maxlen=_MOST_ENTRIES)
        self._number = 0

    def add(
        self, node: str, tag: str, message: str, user: str = "root@pam", priority: int = 6
    ) -> None:
        """Write a line."""
        self._number += 1
        entry = LogEntry(self._number, self._clock(), node, tag, message, user, priority)
        self._entries.append(entry)

    def newest_first(self, count: int) -> list[LogEntry]:
        """Return at most `count` entries, the newest first."""
        return list(reversed(self._entries))[:count]
