"""The journals of the nodes: what their daemons write, kept in files, read by cursor."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from virton.embedded.pmxcfs import ClusterFiles

INFO = 6
_FOLDER = "virton/journal/"
_LINES_A_FILE = 100
_MOST_FILES = 30
_FIRST_PID = 900


class Entry(NamedTuple):
    """One line of a node's journal; `number` grows by one a line, the time is in Unix seconds."""

    number: int
    time: int
    tag: str
    pid: int
    priority: int
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of a journal are asked for; numbers and times are bounds, None is no bound.

    Lines come after the number `after` and before the number `before`; `last` limits their count.
    `tags` is a shell pattern, `priorities` the least and the greatest.
    """

    since: int | None = None
    until: int | None = None
    after: int | None = None
    before: int | None = None
    last: int | None = None
    tags: str | None = None
    priorities: tuple[int, int] | None = None

    def holds(self, entry: Entry) -> bool:
        """Tell whether a line is asked for."""
        low, high = self.priorities or (0, 7)
        return (
            (self.since is None or entry.time >= self.since)
            and (self.until is None or entry.time <= self.until)
            and (self.after is None or entry.number > self.after)
            and (self.before is None or entry.number < self.before)
            and (self.tags is None or fnmatchcase(entry.tag, self.tags))
            and low <= entry.priority <= high
        )


class Journal:
    """The journals of all nodes; of each the newest lines are kept."""

    def __init__(self, files: ClusterFiles, clock: Callable[[], int]) -> None:
        """Tell the time by `clock`, in Unix seconds."""
        self._files = files
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._pids: dict[tuple[str, str], int] = {}

    def write(
        self, node: str, tag: str, text: str, priority: int = INFO, pid: int | None = None
    ) -> None:
        """Write a line; without a `pid` it is that of the daemon `tag`."""
        number = self._last_number(node) + 1
        self._numbers[node] = number
        known = self.pid_of(node, tag) if pid is None else pid
        entry = Entry(number, self._clock(), tag, known, priority, text)
        part = (number - 1) // _LINES_A_FILE
        with self._files.batch():
            line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
            self._files.append(_path(node, part), f"{line}\n")
            if number % _LINES_A_FILE == 1 and part >= _MOST_FILES:
                self._files.remove(_path(node, part - _MOST_FILES))

    def pid_of(self, node: str, tag: str) -> int:
        """Return the process id of a daemon as it runs now."""
        known = self._pids.get((node, tag))
        return self.restarted(node, tag) if known is None else known

    def restarted(self, node: str, tag: str) -> int:
        """Give a daemon that begins anew a process id, and return it."""
        seed = hashlib.sha256(f"{node}/{tag}/{self._clock()}".encode()).digest()
        pid = _FIRST_PID + int.from_bytes(seed[:2]) % 30000
        self._pids[node, tag] = pid
        return pid

    def read(self, node: str, wanted: Wanted) -> list[Entry]:
        """Return the lines asked for, the oldest first."""
        found = [entry for entry in self._entries(node) if wanted.holds(entry)]
        return found[-wanted.last :] if wanted.last else found

    def tags(self, node: str) -> list[str]:
        """Return who has written to a node's journal, sorted."""
        return sorted({entry.tag for entry in self._entries(node)})

    def _entries(self, node: str) -> Iterable[Entry]:
        for path in self._paths(node):
            yield from self._files.parsed(path, _parse)

    def _paths(self, node: str) -> list[str]:
        return self._files.paths(f"{_FOLDER}{node}/")

    def _last_number(self, node: str) -> int:
        if node not in self._numbers:
            paths = self._paths(node)
            entries = self._files.parsed(paths[-1], _parse) if paths else ()
            self._numbers[node] = entries[-1].number if entries else 0
        return self._numbers[node]


def _path(node: str, part: int) -> str:
    return f"{_FOLDER}{node}/{part:08d}"


def _parse(text: str) -> tuple[Entry, ...]:
    return tuple(Entry(*json.loads(line)) for line in text.splitlines())


def cursor_of(node: str, entry: Entry) -> str:
    """Return the cursor of a line."""
    mark = hashlib.sha256(f"journal of {node}".encode()).hexdigest()[:32]
    return f"s={mark};i={entry.number:x};t={entry.time * 1_000_000:x}"


def number_at(cursor: str) -> int | None:
    """Return the number of the line that a cursor stands at, None if it is no cursor."""
    parts = dict(part.partition("=")[::2] for part in cursor.split(";"))
    try:
        return int(parts["i"], 16)
    except (KeyError, ValueError):
        return None


def rendered(node: str, entry: Entry, local_time: Callable[[float], time.struct_time]) -> str:
    """Return a line as text, as `journalctl` shows it."""
    at = time.strftime("%b %d %H:%M:%S", local_time(entry.time))
    return f"{at} {node} {entry.tag}[{entry.pid}]: {entry.text}"
