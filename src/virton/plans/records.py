"""What was applied, step by step, so that it can be gone on with and undone; one apply at a time."""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from virton.damage import reading
from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.fields import Fields
from virton.plans.rows import Row, Rows
from virton.strict_json import read_json
from virton.whole_file import put_in_place

FOLDER, LOCK = "applies", "lock"
RECORD_VERSION = 1
_ADVICE = (
    "restore it from a backup, or move it out of the folder: what it did cannot be undone then"
)


class State(StrEnum):
    """Where an apply stands; a closed one was left as it was, with only some of its steps made."""

    OPEN = "open"
    DONE = "done"
    STOPPED = "stopped"
    UNDONE = "undone"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Stride:
    """One step of an apply: the entry as it was and as it shall be, both verbatim."""

    kind: Kind
    name: str
    before: Row | None
    after: Row | None
    edit: Edit
    moves: tuple[Mapping[str, Any], ...] = ()

    def inverse(self) -> "Stride":
        """Return the step that undoes this one."""
        return Stride(self.kind, self.name, self.after, self.before, self.edit.inverse())

    def to_json(self) -> dict[str, Any]:
        """Return the step, to be kept."""
        return {
            "before": None if self.before is None else dict(self.before),
            "after": None if self.after is None else dict(self.after),
            "edit": self.edit.to_json(),
            "moves": [dict(move) for move in self.moves],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Stride":
        """Read a step that was kept; raises FieldError."""
        return cls.read(Fields(told))

    @classmethod
    def read(cls, told: Fields) -> "Stride":
        """Read a step that was kept; raises FieldError."""
        edit = Edit.read(told.part("edit"))
        before = told.texts_by_name("before") if "before" in told else None
        after = told.texts_by_name("after") if "after" in told else None
        moves = tuple(_move(move) for move in told.parts("moves"))
        return cls(edit.kind, edit.name, before, after, edit, moves)


def _move(told: Fields) -> Mapping[str, Any]:
    places = {key: told.text(key) if key in told else None for key in ("from", "to")}
    span = told.counts("after_s") if "after_s" in told else None
    return {"sid": told.text("sid"), "how": told.text("how"), **places, "after_s": span}


@dataclass(frozen=True, slots=True)
class Record:
    """An apply, or the undoing of one: `done` steps are made, and one may be under way.

    `rows` is everything that was configured before. `undoes` is the number of what it undoes.
    `collected` is what of the page's draft it makes. `approved` is who approves of its undoing, and
    of exactly which edits; `exact` is an undoing that puts entries back in their places, too.
    """

    number: int
    who: str
    why: str
    begun_s: int
    strides: tuple[Stride, ...]
    rows: Rows
    done: int = 0
    writing: bool = False
    state: State = State.OPEN
    undoes: int | None = None
    stopped: Mapping[str, Any] = field(default_factory=dict)
    collected: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    approved: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False

    @property
    def is_unfinished(self) -> bool:
        """Tell whether it was begun, and neither ended, undone nor closed."""
        return self.state in (State.OPEN, State.STOPPED)

    def to_json(self) -> dict[str, Any]:
        """Return the record, to be kept."""
        return {
            "version": RECORD_VERSION,
            "number": self.number,
            "who": self.who,
            "why": self.why,
            "begun_s": self.begun_s,
            "strides": [stride.to_json() for stride in self.strides],
            "rows": self.rows.to_json(),
            "done": self.done,
            "writing": self.writing,
            "state": str(self.state),
            "undoes": self.undoes,
            "stopped": dict(self.stopped),
            "collected": {part: dict(entries) for part, entries in self.collected.items()},
            "approved": dict(self.approved),
            "exact": self.exact,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Record":
        """Read a record that was kept; raises FieldError."""
        read = Fields(told)
        read.count_of("version", RECORD_VERSION)
        return cls(
            read.count("number"),
            read.text("who"),
            read.text("why"),
            read.count("begun_s"),
            tuple(Stride.read(stride) for stride in read.parts("strides")),
            Rows.read(read.part("rows")),
            read.count("done"),
            read.switch("writing"),
            State(read.text("state", among=tuple(State))),
            read.count("undoes") if "undoes" in read else None,
            read.mapping("stopped"),
            read.mapping("collected") if "collected" in read else {},
            read.texts_by_name("approved") if "approved" in read else {},
            read.switch("exact", False),
        )


class BusyError(Exception):
    """Somebody else is applying: who, why and since when."""

    def __init__(self, note: Mapping[str, Any]) -> None:
        """Keep what the other one has left as a note."""
        super().__init__(str(note))
        self.note = note


class Records:
    """The records of one cluster, in the data folder."""

    def __init__(self, data: Path, cluster: str) -> None:
        self.cluster = cluster
        self._folder = data / FOLDER / re.sub(r"[^\w.-]", "_", cluster)

    @contextmanager
    def alone(self, note: Mapping[str, Any]) -> Iterator[None]:
        """Be the only one who applies; raises BusyError with the other one's note."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / LOCK).open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                raise BusyError(_note(lock.read())) from None
            lock.truncate(0)
            lock.write(json.dumps({**note, "pid": os.getpid()}, ensure_ascii=False))
            lock.flush()
            yield
            lock.truncate(0)

    def elsewhere(self) -> Mapping[str, Any] | None:
        """Return the note of another process that applies, as far as notes tell."""
        try:
            note = _note((self._folder / LOCK).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        pid = note.get("pid")
        return note if pid != os.getpid() and _is_alive(pid) else None

    def all(self) -> list[Record]:
        """Return every record, the oldest first; raises DamagedError."""
        return [_read(path) for path in self._paths()]

    def newest(self, most: int) -> list[Record]:
        """Return the newest records, the newest first; raises DamagedError."""
        return [_read(path) for path in self._paths()[: -most - 1 : -1]]

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.json"))

    def keep(self, record: Record) -> Record:
        """Keep a record in the place of what it was."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{record.number:06}.json"
        put_in_place(path, json.dumps(record.to_json(), indent=1))
        return record

    def unfinished(self) -> Record | None:
        """Return the apply that was begun and neither ended nor undone."""
        found = [record for record in self.all() if record.is_unfinished]
        return found[-1] if found else None

    def close(self, record: Record) -> Record:
        """Leave an unfinished apply as it is: no step of it is made any more."""
        return self.keep(replace(record, state=State.CLOSED))

    def next_number(self) -> int:
        """Return the number of a new record."""
        return max((record.number for record in self.all()), default=0) + 1

    def undoable(self, number: int | None, *, exact: bool = False) -> Record | None:
        """Return the apply of that number, or the last one that is not undone.

        One that is undone may be chosen where an undoing shall be `exact`: what is left are places.
        """
        found = [record for record in self.all() if record.undoes is None]
        if number is not None:
            found = [record for record in found if record.number == number]
        if number is None or not exact:
            found = [record for record in found if record.state is not State.UNDONE]
        return found[-1] if found else None

    def mark_undone(self, number: int) -> None:
        """Note that an apply was undone."""
        for record in self.all():
            if record.number == number:
                self.keep(replace(record, state=State.UNDONE))


def note_of(who: str, why: str, now_s: float) -> dict[str, Any]:
    """Return what others are told who come meanwhile."""
    since = datetime.fromtimestamp(now_s).astimezone().isoformat(sep=" ", timespec="seconds")
    return {"who": who, "why": why, "since": since}


def _is_alive(pid: Any) -> bool:
    return isinstance(pid, int) and Path(f"/proc/{pid}").exists()


def _read(path: Path) -> Record:
    with reading(str(path), _ADVICE):
        return Record.from_json(read_json(path.read_text("utf-8")))


def _note(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
