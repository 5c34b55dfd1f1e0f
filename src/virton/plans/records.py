"""What was applied, step by step, so that it can be gone on with and undone; one apply at a time."""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.rows import Row, Rows
from virton.whole_file import put_in_place

FOLDER, LOCK = "applies", "lock"


class State(StrEnum):
    """Where an apply stands."""

    OPEN = "open"
    DONE = "done"
    STOPPED = "stopped"
    UNDONE = "undone"


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
        """Read a step that was kept."""
        edit = Edit.from_json(told["edit"])
        moves = tuple(told["moves"])
        return cls(edit.kind, edit.name, told["before"], told["after"], edit, moves)


@dataclass(frozen=True, slots=True)
class Record:
    """An apply, or the undoing of one: `done` steps are made, and one may be under way.

    `rows` is everything that was configured before. `undoes` is the number of what it undoes.
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

    def to_json(self) -> dict[str, Any]:
        """Return the record, to be kept."""
        return {
            "version": 1,
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
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Record":
        """Read a record that was kept."""
        return cls(
            told["number"],
            told["who"],
            told["why"],
            told["begun_s"],
            tuple(Stride.from_json(stride) for stride in told["strides"]),
            Rows.from_json(told["rows"]),
            told["done"],
            told["writing"],
            State(told["state"]),
            told["undoes"],
            told["stopped"],
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

    def all(self) -> list[Record]:
        """Return every record, the oldest first."""
        paths = sorted(self._folder.glob("[0-9]*.json"))
        return [Record.from_json(json.loads(path.read_text("utf-8"))) for path in paths]

    def keep(self, record: Record) -> Record:
        """Keep a record in the place of what it was."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{record.number:06}.json"
        put_in_place(path, json.dumps(record.to_json(), indent=1))
        return record

    def unfinished(self) -> Record | None:
        """Return the apply that was begun and neither ended nor undone."""
        found = [r for r in self.all() if r.state in (State.OPEN, State.STOPPED)]
        return found[-1] if found else None

    def next_number(self) -> int:
        """Return the number of a new record."""
        return max((record.number for record in self.all()), default=0) + 1

    def undoable(self, number: int | None) -> Record | None:
        """Return the record of that number, or the last apply that is not undone."""
        found = [r for r in self.all() if r.undoes is None and r.state is not State.UNDONE]
        found = [r for r in found if number is None or r.number == number]
        return found[-1] if found else None

    def mark_undone(self, number: int) -> None:
        """Note that an apply was undone."""
        for record in self.all():
            if record.number == number:
                self.keep(replace(record, state=State.UNDONE))


def _note(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
