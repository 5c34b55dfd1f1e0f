"""Tasks (what runs longer than a request) and the cluster's log."""

import json
import re
from collections import OrderedDict, deque
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from virton.embedded.journal import Journal
from virton.embedded.pmxcfs import ClusterFiles

_UPID = re.compile(
    r"UPID:([a-zA-Z0-9][a-zA-Z0-9-]*):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8})"
    r":([^:\s/]+):([^:\s/]*):([^:\s/]+):",
    re.ASCII,
)
_MOST_TASKS = 200
_MOST_ENTRIES = 200
_ENTRIES_A_FILE = 50
_FIRST_PID = 1000
_TASKS_FOLDER = "virton/tasks/"
_LOG_FOLDER = "virton/log/"
_LOGIN_FOLDER = "virton/logins/"
_MOST_LOGINS = 100
_OF_LOGINS = ("authentication failure", "successful auth")
# Where an earlier version kept all of them together.
_OLDER_TASKS = "virton/tasks"
_OLDER_LOG = "virton/log"
CUT_OFF = "unexpected status"
"""How a task ended whose process was killed."""
PVEDAEMON = "pvedaemon"


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
    tag: str = PVEDAEMON
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
        self.keeper.keep(self)

    def finish(self, error: str | None = None, at_s: int | None = None) -> None:
        """End the task, now or as of `at_s`; ending it again changes nothing."""
        if self.end is None:
            self.end = self.keeper.clock() if at_s is None else at_s
            self.error = error
            self.lines.append(f"TASK ERROR: {error}" if error else "TASK OK")
            self.keeper.note_end(self)

    def to_json(self) -> dict[str, Any]:
        """Return what a node's list of tasks tells of it."""
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

    Each is kept in a file. Those that ran when the process was killed may go on, or be cut off.
    """

    def __init__(self, files: ClusterFiles, clock: Callable[[], int], log: "ClusterLog") -> None:
        """Tell the time by `clock`, in Unix seconds; `log` tells of begin and end."""
        self.clock = clock
        self._files = files
        self._log = log
        kept = [*files.read_json(_OLDER_TASKS).get("tasks", [])]
        kept += [files.read_json(path) for path in files.paths(_TASKS_FOLDER)]
        self._tasks = OrderedDict((data["upid"], Task(keeper=self, **data)) for data in kept)
        self._pid = max((task.pid for task in self._tasks.values()), default=_FIRST_PID)

    def cut_off_all_but(self, going_on: Container[str]) -> None:
        """End the tasks that run, but for some, as those do whose process was killed."""
        for task in self._tasks.values():
            if task.end is None and task.upid not in going_on:
                task.end, task.error = self.clock(), CUT_OFF
                self.keep(task)

    def begin(
        self,
        node: str,
        kind: str,
        task_id: str,
        user: str,
        tag: str = PVEDAEMON,
        at_s: int | None = None,
    ) -> Task:
        """Begin a task of `user` on a node, run by the daemon `tag`, now or as of `at_s`."""
        if at_s is None:
            # What the world is asked to begin for it could not be taken back.
            self._files.require_writable()
        self._pid += 2  # a worker may have a child of its own
        start = self.clock() if at_s is None else at_s
        upid = f"UPID:{node}:{self._pid:08X}:00000000:{start:08X}:{kind}:{task_id}:{user}:"
        task = Task(upid, node, self._pid, start, kind, task_id, user, self, tag)
        self._tasks[upid] = task
        with self._files.batch():
            self._forget_old()
            self._log.add(node, tag, f"starting task {upid}", user, pid=task.pid)
            self.keep(task)
        return task

    def note_end(self, task: Task) -> None:
        """Take notice that a task has ended; of one that was killed nobody tells."""
        told = f"end task {task.upid} {task.exit_status}"
        priority = 3 if task.error else 6
        with self._files.batch():
            if task.error != CUT_OFF:
                self._log.add(task.node, task.tag, told, task.user, priority, task.pid)
            self.keep(task)

    def _forget_old(self) -> None:
        self._files.remove(_OLDER_TASKS)
        while len(self._tasks) > _MOST_TASKS:
            _, old = self._tasks.popitem(last=False)
            self._files.remove(_task_path(old))

    def keep(self, task: Task) -> None:
        """Write a task as it is now."""
        names = (name for name in Task.__slots__ if name != "keeper")
        data = {name: getattr(task, name) for name in names}
        self._files.write_json(_task_path(task), data)

    def get(self, upid: str) -> Task | None:
        """Return a task by its id."""
        return self._tasks.get(upid)

    def newest_first(self) -> list[Task]:
        """Return all tasks, the newest first."""
        return list(reversed(self._tasks.values()))


def _task_path(task: Task) -> str:
    return f"{_TASKS_FOLDER}{task.pid:012d}"


def node_of(upid: str) -> str | None:
    """Return the node on which a task runs, or None if it is no task id."""
    match = _UPID.fullmatch(upid)
    return match[1] if match else None


class LogEntry(NamedTuple):
    """One line of the cluster's log; `priority` is syslog's (6 is information).

    Each node numbers its own lines; `order` is that of all nodes' lines.
    """

    number: int
    time: int
    node: str
    tag: str
    message: str
    user: str
    priority: int
    pid: int = 0
    order: int = 0

    @property
    def is_login(self) -> bool:
        """Tell whether the entry tells of somebody who logged in, or could not."""
        return self.message.startswith(_OF_LOGINS)

    def to_json(self) -> dict[str, Any]:
        """Return the entry as `/cluster/log` tells it."""
        return {
            "uid": str(self.number),
            "id": f"{self.number}:{self.node}",
            "time": self.time,
            "node": self.node,
            "tag": self.tag,
            "msg": self.message,
            "user": self.user,
            "pid": self.pid,
            "pri": self.priority,
        }


class _Shelf:
    """The newest lines of one kind, kept in files of which the oldest is thrown away."""

    def __init__(self, files: ClusterFiles, folder: str, most: int) -> None:
        self._files = files
        self._folder = folder
        self._most = most
        parts = files.paths(folder)
        self._part = int(parts[-1].rpartition("/")[2]) if parts else 0
        lines = [line for path in parts for line in files.read(path).splitlines()]
        kept = (LogEntry(*json.loads(line)) for line in lines)
        self.entries: deque[LogEntry] = deque(kept, maxlen=most)

    def add(self, entry: LogEntry) -> None:
        """Keep a line."""
        self.entries.append(entry)
        path = self._path(self._part)
        if self._files.read(path).count("\n") >= _ENTRIES_A_FILE:
            self._files.remove(self._path(self._part - self._most // _ENTRIES_A_FILE))
            self._part += 1
            path = self._path(self._part)
        self._files.append(path, f"{json.dumps(entry)}\n")

    def _path(self, part: int) -> str:
        return f"{self._folder}{part:08d}"


class ClusterLog:
    """What the daemons of the cluster tell its operators, the newest last; kept in files.

    Logins have a shelf of their own: anybody may try one, and must not push out all the rest.
    """

    def __init__(self, files: ClusterFiles, clock: Callable[[], int], journal: Journal) -> None:
        """Tell the time by `clock`, in Unix seconds; what is logged goes to `journal`, too."""
        self._files = files
        self._clock = clock
        self._journal = journal
        self._logins = _Shelf(files, _LOGIN_FOLDER, _MOST_LOGINS)
        self._others = _Shelf(files, _LOG_FOLDER, _MOST_ENTRIES)
        older = [LogEntry(*data) for data in files.read_json(_OLDER_LOG).get("entries", [])]
        self._others.entries.extendleft(
            reversed(older[: _MOST_ENTRIES - len(self._others.entries)])
        )
        kept = (*self._logins.entries, *self._others.entries)
        self._order = max((entry.order for entry in kept), default=0)
        self._numbers: dict[str, int] = {}
        for entry in kept:
            self._numbers[entry.node] = max(entry.number, self._numbers.get(entry.node, 0))

    def add(
        self,
        node: str,
        tag: str,
        message: str,
        user: str = "root@pam",
        priority: int = 6,
        pid: int | None = None,
    ) -> None:
        """Write a line; without a `pid` it is that of the daemon `tag`."""
        known = self._journal.pid_of(node, tag) if pid is None else pid
        # Logins write from threads; and nobody is kept out because the disk is full.
        with self._files.batch(deferrable=True):
            number = self._numbers[node] = self._numbers.get(node, 0) + 1
            self._order += 1
            entry = LogEntry(
                number, self._clock(), node, tag, message, user, priority, known, self._order
            )
            (self._logins if entry.is_login else self._others).add(entry)
            self._journal.write(node, tag, f"<{user}> {message}", priority, known)

    def newest_first(self, count: int) -> list[LogEntry]:
        """Return at most `count` entries, the newest first."""
        entries = (*self._logins.entries, *self._others.entries)
        return sorted(entries, key=lambda entry: entry.order)[: -count - 1 : -1]
