"""Tasks (what runs longer than a request) and the cluster's log."""

import re
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from virton.embedded.pmxcfs import ClusterFiles

_UPID = re.compile(
    r"UPID:([a-zA-Z0-9][a-zA-Z0-9-]*):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8})"
    r":([^:\s/]+):([^:\s/]*):([^:\s/]+):",
    re.ASCII,
)
_MOST_TASKS = 200
_MOST_ENTRIES = 200
_FIRST_PID = 1000
_TASKS_PATH = "virton/tasks"
_LOG_PATH = "virton/log"
_CUT_OFF = "unexpected status"


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
    keeper: "TaskList"
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
        self.keeper.keep()

    def finish(self, error: str | None = None) -> None:
        """End the task; ending it again changes nothing."""
        if self.end is None:
            self.end = self.keeper.clock()
            self.error = error
            self.lines.append(f"TASK ERROR: {error}" if error else "TASK OK")
            self.keeper.note_end(self)

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
    """The tasks of a cluster, the newest last; old ones are forgotten.

    They are kept in a file. One that runs when the process is killed is found ended then.
    """

    def __init__(self, files: ClusterFiles, clock: Callable[[], int], log: "ClusterLog") -> None:
        """Tell the time by `clock`, in Unix seconds; `log` tells of begin and end."""
        self.clock = clock
        self._files = files
        self._log = log
        kept = files.read_json(_TASKS_PATH).get("tasks", [])
        self._tasks = OrderedDict((data["upid"], self._task(data)) for data in kept)
        self._pid = max((task.pid for task in self._tasks.values()), default=_FIRST_PID)

    def _task(self, data: dict[str, Any]) -> Task:
        task = Task(keeper=self, **data)
        if task.end is None:
            task.end, task.error = self.clock(), _CUT_OFF
        return task

    def begin(self, node: str, kind: str, task_id: str, user: str) -> Task:
        """Begin a task of `user` on a node."""
        self._pid += 1
        start = self.clock()
        upid = f"UPID:{node}:{self._pid:08X}:00000000:{start:08X}:{kind}:{task_id}:{user}:"
        task = Task(upid, node, self._pid, start, kind, task_id, user, self)
        self._tasks[upid] = task
        while len(self._tasks) > _MOST_TASKS:
            self._tasks.popitem(last=False)
        with self._files.batch():
            self._log.add(node, "pvedaemon", f"starting task {upid}", user)
            self.keep()
        return task

    def note_end(self, task: Task) -> None:
        """Take notice that a task has ended."""
        told = f"end task {task.upid} {task.exit_status}"
        with self._files.batch():
            self._log.add(task.node, "pvedaemon", told, task.user, 3 if task.error else 6)
            self.keep()

    def keep(self) -> None:
        """Write the tasks as they are now."""
        self._files.write_json(_TASKS_PATH, {"tasks": [_kept(t) for t in self._tasks.values()]})

    def get(self, upid: str) -> Task | None:
        """Return a task by its id."""
        return self._tasks.get(upid)

    def newest_first(self) -> list[Task]:
        """Return all tasks, the newest first."""
        return list(reversed(self._tasks.values()))


def _kept(task: Task) -> dict[str, Any]:
    names = (name for name in Task.__slots__ if name != "keeper")
    return {name: getattr(task, name) for name in names}


def node_of(upid: str) -> str | None:
    """Return the node on which a task runs, or None if it is no task id."""
    match = _UPID.fullmatch(upid)
    return match[1] if match else None


class LogEntry(NamedTuple):
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
    """What the daemons of the cluster tell its operators, the newest last; kept in a file."""

    def __init__(self, files: ClusterFiles, clock: Callable[[], int]) -> None:
        """Tell the time by `clock`, in Unix seconds."""
        self._files = files
        self._clock = clock
        kept = [LogEntry(*data) for data in files.read_json(_LOG_PATH).get("entries", [])]
        self._entries: deque[LogEntry] = deque(kept, maxlen=_MOST_ENTRIES)
        self._number = kept[-1].number if kept else 0

    def add(
        self, node: str, tag: str, message: str, user: str = "root@pam", priority: int = 6
    ) -> None:
        """Write a line."""
        self._number += 1
        entry = LogEntry(self._number, self._clock(), node, tag, message, user, priority)
        self._entries.append(entry)
        self._files.write_json(_LOG_PATH, {"entries": list(self._entries)})

    def newest_first(self, count: int) -> list[LogEntry]:
        """Return at most `count` entries, the newest first."""
        return list(reversed(self._entries))[:count]
