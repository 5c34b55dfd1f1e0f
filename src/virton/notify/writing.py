"""Incidents and messages as the JSON in which they are kept."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.keeping.once import Kept
from virton.notify.incidents import Incident, Weight
from virton.notify.messages import Message
from virton.story.happenings import Fact, Happening, Kind


def happening_of(kept: Kept) -> Happening | None:
    """Return a happening as it was kept; None where its kind is of a later version."""
    if kept.kind not in list(Kind):
        return None
    facts = {name: _fact(value) for name, value in kept.facts.items()}
    times = kept.from_ms / 1000, kept.to_ms / 1000
    return Happening(Kind(kept.kind), kept.whom, *times, kept.told, facts, number=kept.number)


def as_kept(incident: Incident, history: Mapping[int, Kept]) -> Incident:
    """Return an incident as its happenings are known by now: when, by whom and why may come later."""
    then = incident.happenings
    now = tuple(_as_kept(one, history.get(one.number)) for one in then)
    ends = incident.ended_s is not None and then and incident.ended_s == then[-1].to_s
    return replace(incident, happenings=now, ended_s=now[-1].to_s if ends else incident.ended_s)


def _as_kept(one: Happening, kept: Kept | None) -> Happening:
    known = None if kept is None else happening_of(kept)
    if known is None or (known.kind, known.whom) != (one.kind, one.whom):
        return one
    return known


def _fact(value: Any) -> Fact:
    return tuple(str(item) for item in value) if isinstance(value, list) else value


def write_incident(incident: Incident) -> str:
    """Return an incident as text."""
    return json.dumps(
        {
            "key": incident.key,
            "kind": incident.kind,
            "whom": incident.whom,
            "began_s": incident.began_s,
            "ended_s": incident.ended_s,
            "weight": incident.weight.value,
            "affected": sorted(incident.affected),
            "waiting": sorted(incident.waiting),
            "happenings": [_happening(one) for one in incident.happenings],
        },
        ensure_ascii=False,
    )


def _happening(one: Happening) -> list[Any]:
    return [one.kind, one.whom, one.from_s, one.to_s, one.told, dict(one.facts), one.number]


def read_incident(text: str) -> Incident:
    """Read an incident; raises ValueError and KeyError for what is none."""
    data = json.loads(text)
    return Incident(
        key=data["key"],
        kind=Kind(data["kind"]),
        whom=data["whom"],
        began_s=data["began_s"],
        ended_s=data["ended_s"],
        weight=Weight(data["weight"]),
        affected=frozenset(data["affected"]),
        waiting=frozenset(data["waiting"]),
        happenings=tuple(_read_happening(row) for row in data["happenings"]),
    )


def _read_happening(row: list[Any]) -> Happening:
    # an older version kept no number
    kind, whom, from_s, to_s, told, facts, number = [*row, 0][:7]
    known = {name: _fact(value) for name, value in facts.items()}
    return Happening(Kind(kind), whom, from_s, to_s, told, known, number=number)


def write_message(message: Message) -> str:
    """Return a message as text."""
    data = {"subject": message.subject, "text": message.text, "facts": dict(message.facts)}
    return json.dumps(data, ensure_ascii=False)


def read_message(text: str) -> Message:
    """Read a message."""
    data = json.loads(text)
    return Message(data["subject"], data["text"], data["facts"])
