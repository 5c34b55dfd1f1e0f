"""Undo an apply: exactly what it did, backwards, and never over somebody else's change."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from virton.plans.applying import Desk, Foreign, ForeignChangeError, carry_out
from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.records import Record, State, Stride
from virton.plans.rows import Rows


def done_of(record: Record, now: Rows) -> list[Stride]:
    """Return the steps that were made; one that was under way counts if it shows."""
    made = list(record.strides[: record.done])
    if record.writing and record.done < len(record.strides):
        at = record.strides[record.done]
        if now.of(at.kind, at.name) == at.after:
            made.append(at)
    return made


def undoing(desk: Desk, record: Record, now: Rows) -> list[Stride]:
    """Return the steps that undo what is left of an apply; raises ForeignChangeError.

    What is as it was before, is undone already.
    """
    made = [s for s in done_of(record, now) if now.of(s.kind, s.name) != s.before]
    foreign = [_foreign(desk, s, now, record) for s in made if now.of(s.kind, s.name) != s.after]
    if foreign:
        raise ForeignChangeError(foreign)
    return _in_file_order([stride.inverse() for stride in reversed(made)], record.rows)


def _foreign(desk: Desk, stride: Stride, now: Rows, record: Record) -> Foreign:
    kind, name = stride.kind, stride.name
    return Foreign(
        kind, name, now.of(kind, name), stride.after, desk.changed_by(kind, name, record.begun_s)
    )


def _in_file_order(strides: Sequence[Stride], before: Rows) -> list[Stride]:
    """Return steps with those that put entries in again in the order that their files had.

    A new resource goes to the end of its file, and a new rule behind the first one.
    """
    found: list[Stride] = []
    for (kind, is_added), run in groupby(strides, lambda s: (s.kind, s.before is None)):
        if is_added and kind in (Kind.RESOURCE, Kind.RULE):
            places = {name: at for at, name in enumerate(before.rows[kind])}
            found += sorted(run, key=lambda s: places[s.name], reverse=kind is Kind.RULE)
        else:
            found += run
    return found


def order_after(strides: Sequence[Stride], now: Rows) -> Rows:
    """Return what is configured after some steps, each entry where it will stand."""
    for stride in strides:
        now = now.with_row(stride.kind, stride.name, stride.after)
        names = list(now.rows[stride.kind])
        if stride.kind is Kind.RULE and stride.before is None and len(names) > 2:
            names = [names[0], names[-1], *names[1:-1]]
            rules = {name: now.rows[Kind.RULE][name] for name in names}
            now = Rows({**now.rows, Kind.RULE: rules}, now.digests)
    return now


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
    """Return steps after which the entries stand in their files as they did."""
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
