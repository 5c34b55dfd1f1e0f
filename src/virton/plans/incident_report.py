"""The draft of an incident report: course, outages, what led to what, from the history alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from virton.ha.causes import CAUSES
from virton.keeping.once import Kept
from virton.language.called import caller
from virton.language.sentences import Sentences
from virton.plans.drill_report import kst
from virton.story.chains import chain_of
from virton.story.happenings import Kind

THRESHOLDS_MIN = (30, 10)
"""Outages of so many minutes or more are marked, by the larger one first."""

_DOWN = (Kind.GUEST_DOWN, Kind.RESOURCE_FAILED, Kind.RESOURCE_ERROR)
BEFORE_MS = 120_000
"""A guest that is lost is missed before its node is."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """What belongs to an incident: its happenings in the order of time, and what came before."""

    number: int
    whom: str
    began_ms: int
    ended_ms: int | None
    affected: tuple[str, ...]
    rows: Sequence[Kept]
    before: Sequence[Kept]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outage:
    """When a resource was down (ms): from the earliest moment to the latest; None: still."""

    sid: str
    from_ms: int
    to_ms: tuple[int, int] | None

    def lasted_s(self, now_ms: int) -> int:
        """Return for how long at the most."""
        until_ms = now_ms if self.to_ms is None else self.to_ms[1]
        return max(0, until_ms - self.from_ms + 500) // 1000


def outages(story: Story) -> list[Outage]:
    """Return the outage of each resource that the incident struck."""
    told: dict[str, dict[int, Kept]] = {}
    for row in (*story.before, *story.rows):
        told.setdefault(row.whom, {})[row.number] = row
    return [_outage(sid, told.get(sid, {}), story.began_ms) for sid in story.affected]


def _outage(sid: str, known: Mapping[int, Kept], began_ms: int) -> Outage:
    """Return when a resource was down; what is told of it in other incidents counts, too.

    It runs again when it was started; where only its recovery is told, that has to do.
    """
    since_ms = began_ms - BEFORE_MS
    mine = [known[number] for number in sorted(known) if known[number].to_ms >= since_ms]
    down = next((row for row in mine if row.kind in _DOWN), None)
    from_ms = began_ms if down is None else down.from_ms
    later = [row for row in mine if row.to_ms >= from_ms]
    started = [row for row in later if row.kind == Kind.RESOURCE_STARTED]
    up = started or [row for row in later if row.kind == Kind.RESOURCE_RECOVERED]
    return Outage(sid, from_ms, (up[-1].from_ms, up[-1].to_ms) if up else None)


def incident_report(
    story: Story,
    groups: Mapping[str, Iterable[str]],
    form: Mapping[str, str],
    now_ms: int,
    lang: str,
) -> Json:
    """Return the report in a language."""
    called = caller(story.names)
    said = Sentences.of(lang).calling(called)
    found = {one.sid: one for one in outages(story)}
    before = sorted([*story.before, *story.rows], key=lambda row: (row.to_ms, row.number))
    first = story.rows[0] if story.rows else None
    return {
        "version": 1,
        "lang": lang,
        "number": story.number,
        "form": {key: form.get(key, "") for key in ("institution", "system", "grade")},
        "whom": story.whom,
        "says": "" if first is None else said.happening(first.kind, first.whom, first.facts),
        "began": kst(story.began_ms // 1000),
        "ended": None if story.ended_ms is None else kst(story.ended_ms // 1000),
        "resources": [_row(called(sid), [one], now_ms) for sid, one in sorted(found.items())],
        "groups": [
            _row(name, members, now_ms)
            for name, sids in sorted(groups.items())
            if (members := [found[sid] for sid in sids if sid in found])
        ],
        "course": [_step(row, said) for row in story.rows],
        "causes": [line for sid in sorted(found) for line in _causes(sid, story.rows, before, said)]
        or _course_of_its_own(story.rows, before, said),
    }


def _row(name: str, members: Sequence[Outage], now_ms: int) -> Json:
    """Return one line: the time in which any of these was down."""
    from_ms = min(one.from_ms for one in members)
    ends = [one.to_ms for one in members]
    until = None if None in ends else max(end[1] for end in ends if end is not None)
    lasted_s = _together_s(members, now_ms)
    minutes = lasted_s // 60
    mark = next((bound for bound in THRESHOLDS_MIN if minutes >= bound), None)
    return {
        "name": name,
        "from": kst(from_ms // 1000),
        "until": None if until is None else kst(until // 1000),
        "lasted_s": lasted_s,
        "minutes": f"{lasted_s // 60}:{lasted_s % 60:02}",
        "mark": mark,
    }


def _together_s(members: Sequence[Outage], now_ms: int) -> int:
    """Return for how many seconds at least one was down."""
    spans = sorted((one.from_ms, one.from_ms + one.lasted_s(now_ms) * 1000) for one in members)
    total_ms, reached = 0, spans[0][0]
    for from_ms, to_ms in spans:
        total_ms += max(0, to_ms - max(from_ms, reached))
        reached = max(reached, to_ms)
    return total_ms // 1000


def _step(row: Kept, said: Sentences) -> Json:
    return {
        "at": kst(row.to_ms // 1000),
        "told": row.told,
        "says": said.happening(row.kind, row.whom, row.facts),
        "because": _because(row, said),
    }


def _because(row: Kept, said: Sentences) -> str | None:
    if row.because is None or row.because[0] not in CAUSES:
        return None
    return said.say(f"cause.{row.because[0]}", row.because[1])


def _course_of_its_own(rows: Sequence[Kept], before: Sequence[Kept], said: Sentences) -> list[str]:
    """Return what led to an incident that brought no resource down, and its own course, in one line."""
    mine = [row for row in rows if row.whom == rows[0].whom]
    chain = [*chain_of(mine[0], before), *mine] if mine else []
    return (
        [" → ".join(said.happening(one.kind, one.whom, one.facts) for one in chain)] if mine else []
    )


def _causes(whom: str, rows: Sequence[Kept], before: Sequence[Kept], said: Sentences) -> list[str]:
    """Return what led to the last that happened to a resource or a node, in one line."""
    mine = [row for row in rows if row.whom == whom]
    if not mine:
        return []
    chain = [*chain_of(mine[-1], before), mine[-1]]
    return [" → ".join(said.happening(one.kind, one.whom, one.facts) for one in chain)]
