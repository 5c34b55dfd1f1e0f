"""A tape: what a real cluster answered, was asked to do, and wrote to its journals."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from virton.story.journal import JournalLine

_FIRST_OF_A_POLL = "/cluster/ha/status/current"


@dataclass(slots=True)
class Poll:
    """The answers of one round by their paths, with the times of the first and the last."""

    from_s: float
    to_s: float
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done to the cluster; `status` of the answer where it was a call."""

    at_s: float
    what: str
    by: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Tape:
    """A whole tape; times are seconds since its start."""

    name: str
    head: Mapping[str, Any]
    polls: tuple[Poll, ...]
    deeds: tuple[Deed, ...]
    journal: tuple[JournalLine, ...]
    at_start: Mapping[str, Any] = field(default_factory=dict)


def read_tape(path: Path) -> Tape:
    """Read a tape from its file."""
    with path.open(encoding="utf-8") as lines:
        head, *rows = [json.loads(line) for line in lines]
    answers = {row["answer"]: row["status"] for row in rows if "answer" in row}
    return Tape(
        name=path.stem,
        head=head,
        polls=tuple(_polls(rows)),
        deeds=tuple(
            Deed(row["t"], row["deed"], row.get("by"), answers.get(row["deed"]))
            for row in rows
            if "deed" in row
        ),
        journal=tuple(
            JournalLine(row["t"], row["journal"], row["unit"], row["line"])
            for row in rows
            if "journal" in row
        ),
        at_start=dict(_at_start(rows)),
    )


def _at_start(rows: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the answers that came before the first poll."""
    for row in rows:
        if row.get("get") == _FIRST_OF_A_POLL:
            return
        if "get" in row and "data" in row and row.get("status", 200) == 200:
            yield row["get"], row["data"]


def _polls(rows: list[dict[str, Any]]) -> Iterator[Poll]:
    known: dict[str, Any] = {}
    poll: Poll | None = None
    for row in rows:
        if "get" not in row:
            continue
        at_s, path, took_s = row["t"], row["get"], row.get("took", 0.0)
        if path == _FIRST_OF_A_POLL:
            if poll is not None:
                yield poll
            poll = Poll(at_s - took_s, at_s + took_s)
        if "data" in row:
            known[path] = row["data"]
        if poll is not None:
            poll.to_s = max(poll.to_s, at_s + took_s)
            if "error" not in row and row.get("status", 200) == 200:
                poll.answers[path] = known.get(path)
    if poll is not None:
        yield poll
