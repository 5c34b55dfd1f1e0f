"""Undo an apply: exactly what it did, backwards, and never over somebody else's change."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from virton.plans.applying import Desk, carry_out, shown
from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.records import Record, State, Stride
from virton.plans.rows import Rows


class ForeignChangeError(Exception):
    """What was applied is not so any more: somebody else has changed it since."""

    def __init__(self, changes: Sequence[tuple[Kind, str, str, str]]) -> None:
        """Keep each entry with what it is now and what was left."""
        super().__init__(str(changes))
        self.changes = tuple(changes)


def done_of(record: Record, now: Rows) -> list[Stride]:
    """Return the steps that were made; one that was under way counts if it shows."""
    made = list(record.strides[: record.done])
    if record.writing and record.done < len(record.strides):
        at = record.strides[record.done]
        if now.of(at.kind, at.name) == at.after:
            made.append(at)
    return made


def undoing(record: Record, now: Rows) -> list[Stride]:
    """Return the steps that undo an apply; raises ForeignChangeError."""
    made = done_of(record, now)
    foreign = [
        (s.kind, s.name, shown(now.of(s.kind, s.name)), shown(s.after))
        for s in made
        if now.of(s.kind, s.name) != s.after
    ]
    if foreign:
        raise ForeignChangeError(foreign)
    return [stride.inverse() for stride in reversed(made)]


async def undo(desk: Desk, record: Record, undone: Record, *, exact: bool) -> Record:
    """Carry out an undoing, and put entries back in their places if it shall be `exact`."""
    ended = await carry_out(desk, record)
    if exact and (places := in_their_places(await desk.rows(), undone.rows)):
        more = replace(ended, strides=(*ended.strides, *places), state=State.OPEN)
        ended = await carry_out(desk, desk.records.keep(more))
    desk.records.mark_undone(undone.number)
    return ended


def misplaced(now: Rows, before: Rows) -> tuple[str, ...]:
    """Return the entries that would have to be taken out and in again for their old places."""
    return tuple(dict.fromkeys(stride.name for stride in in_their_places(now, before)))


def in_their_places(now: Rows, before: Rows) -> list[Stride]:
    """Return steps after which the entries stand in their files as they did.

    A new resource goes to the end of its file, and a new rule behind the first one.
    """
    found: list[Stride] = []
    for kind in (Kind.RESOURCE, Kind.RULE):
        here, there = list(now.rows[kind]), list(before.rows[kind])
        if sorted(here) != sorted(there) or here == there:
            continue
        again = _resources(here, there) if kind is Kind.RESOURCE else _rules(here, there)
        found += _out_and_in(kind, again, now)
    return found


def _resources(here: list[str], there: list[str]) -> list[str]:
    first = next(at for at, name in enumerate(here) if name != there[at])
    kept = first
    while kept < len(there) and [n for n in here if n in there[: kept + 1]] == there[: kept + 1]:
        kept += 1
    return there[kept:]


def _rules(here: list[str], there: list[str]) -> list[str]:
    if here[0] != there[0]:
        return list(reversed(there[1:]))
    last = max(at for at, name in enumerate(here) if name != there[at])
    return list(reversed(there[1 : last + 1]))


def _out_and_in(kind: Kind, names: Sequence[str], now: Rows) -> Iterator[Stride]:
    for name in names:
        row = now.of(kind, name)
        values = dict(row or {})
        yield Stride(kind, name, row, None, Edit(kind, name, values, None))
    for name in names:
        row = now.of(kind, name)
        values = dict(row or {})
        yield Stride(kind, name, None, row, Edit(kind, name, None, values))
