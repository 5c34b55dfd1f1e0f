"""Incidents: what happened because of one cause, as one story with a beginning and an end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from virton.story.happenings import Happening, Kind


class Weight(IntEnum):
    """How much an incident matters: planned or over, endangered, or down."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Incident:
    """One story; `key` says of what (`node:pve3`, `quorum`), and times are seconds.

    `affected` are the resources that it struck, `waiting` those of them that nobody runs yet.
    """

    key: str
    kind: Kind
    whom: str
    began_s: float
    weight: Weight
    happenings: tuple[Happening, ...]
    affected: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    ended_s: float | None = None

    @property
    def lasted_s(self) -> float | None:
        """Return how long it lasted; None while it does."""
        return None if self.ended_s is None else self.ended_s - self.began_s


Open = Mapping[str, Incident]


@dataclass(frozen=True, slots=True)
class _Step:
    """What a happening means for the incident it belongs to."""

    key: str
    weight: Weight = Weight.INFO
    begins: bool = False
    ends: bool = False
    affects: str | None = None
    waits: str | None = None


def hear(opened: Open, happening: Happening) -> tuple[dict[str, Incident], Incident | None]:
    """Return the incidents that are open then, and the one that this happening changed, if any."""
    step = _step(opened, happening)
    if step is None:
        return dict(opened), None
    incident = opened.get(step.key)
    if incident is None:
        if not step.begins:
            return dict(opened), None
        began_s = happening.from_s
        incident = Incident(step.key, happening.kind, happening.whom, began_s, step.weight, ())
    incident = _goes_on(incident, step, happening)
    left = {key: one for key, one in opened.items() if key != incident.key}
    return (left if incident.ended_s is not None else left | {incident.key: incident}), incident


def hear_all(
    opened: Open, found: Iterable[Happening]
) -> tuple[dict[str, Incident], list[Incident]]:
    """Hear happenings in their order; return what is open then, and every incident as it changed."""
    changed: dict[tuple[str, float], Incident] = {}
    still = dict(opened)
    for happening in found:
        still, incident = hear(still, happening)
        if incident is not None:
            changed[incident.key, incident.began_s] = incident
    return still, list(changed.values())


def _goes_on(incident: Incident, step: _Step, happening: Happening) -> Incident:
    affected = incident.affected | ({step.affects} if step.affects else set())
    waiting = incident.waiting - ({step.affects} if step.affects else set())
    if step.waits:
        affected, waiting = affected | {step.waits}, waiting | {step.waits}
    return replace(
        incident,
        weight=max(incident.weight, step.weight),
        happenings=(*incident.happenings, happening),
        affected=affected,
        waiting=waiting,
        ended_s=happening.to_s if step.ends and not waiting else None,
    )


def _step(opened: Open, happening: Happening) -> _Step | None:
    meaning = _MEANINGS.get(happening.kind)
    return None if meaning is None else meaning(opened, happening)


Meaning = Callable[[Open, Happening], _Step | None]


def _begins(prefix: str, weight: Weight) -> Meaning:
    return lambda _, one: _Step(_key(prefix, one.whom), weight, begins=True)


def _ends(*prefixes: str) -> Meaning:
    def meaning(opened: Open, one: Happening) -> _Step | None:
        keys = [_key(prefix, one.whom) for prefix in prefixes]
        key = next((key for key in keys if key in opened), None)
        return None if key is None else _Step(key, ends=True)

    return meaning


def _key(prefix: str, whom: str) -> str:
    return f"{prefix}:{whom}" if whom else prefix


def _node_back(opened: Open, one: Happening) -> _Step | None:
    """A node that was only out of reach is well once it can be reached; a lost one once HA says so."""
    incident = opened.get(_key("node", one.whom))
    if incident is None:
        return None
    lost = any(before.kind is Kind.NODE_LOST for before in incident.happenings)
    return _Step(incident.key, ends=not lost or one.kind is not Kind.NODE_REACHABLE)


def _recovered(opened: Open, one: Happening) -> _Step | None:
    """A recovery belongs to the loss of the node; it ends it where the node is back or gone by then."""
    before = str(one.facts.get("before") or "")
    incident = opened.get(_key("node", before))
    if incident is None:
        return None
    back = (Kind.NODE_BACK, Kind.NODE_GONE)
    over = any(h.kind in back for h in incident.happenings) and incident.waiting <= {one.whom}
    return _Step(incident.key, affects=one.whom, ends=over)


def _waits(opened: Open, one: Happening) -> _Step | None:
    return _Step(
        _key("node", str(one.facts.get("node") or "")),
        Weight.CRITICAL,
        begins=True,
        waits=one.whom,
    )


def _removed(opened: Open, one: Happening) -> _Step | None:
    """What leaves HA neither fails nor waits any more."""
    own = _ends("resource")(opened, one)
    if own is not None:
        return own
    waits = next((i for i in opened.values() if one.whom in i.waiting), None)
    return None if waits is None else _Step(waits.key, affects=one.whom)


_MEANINGS: dict[Kind, Meaning] = {
    Kind.NODE_UNREACHABLE: _begins("node", Weight.WARNING),
    Kind.NODE_LOST: _begins("node", Weight.WARNING),
    Kind.NODE_FENCING: _begins("node", Weight.CRITICAL),
    Kind.NODE_FENCED: _begins("node", Weight.CRITICAL),
    Kind.NODE_REACHABLE: _node_back,
    Kind.NODE_BACK: _node_back,
    Kind.NODE_GONE: _node_back,
    Kind.RESOURCE_RECOVERED: _recovered,
    Kind.RESOURCE_WAITS: _waits,
    Kind.QUORUM_LOST: _begins("quorum", Weight.CRITICAL),
    Kind.QUORUM_BACK: _ends("quorum"),
    Kind.QDEVICE_SILENT: _begins("qdevice", Weight.WARNING),
    Kind.QDEVICE_BACK: _ends("qdevice"),
    Kind.DISARMED: _begins("stack", Weight.WARNING),
    Kind.ARMED: _ends("stack"),
    Kind.CONSOLE_BLIND: _begins("console", Weight.WARNING),
    Kind.CONSOLE_SEEING: _ends("console"),
    Kind.MAINTENANCE_BEGUN: _begins("maintenance", Weight.INFO),
    Kind.MAINTENANCE_ENDED: _ends("maintenance"),
    Kind.RESOURCE_FAILED: _begins("resource", Weight.WARNING),
    Kind.GUEST_DOWN: _begins("resource", Weight.WARNING),
    Kind.RESOURCE_ERROR: _begins("resource", Weight.CRITICAL),
    Kind.RESOURCE_CLEARED: _ends("resource"),
    Kind.RESOURCE_STARTED: _ends("resource"),
    Kind.RESOURCE_STOPPED: _ends("resource"),
    Kind.RESOURCE_REMOVED: _removed,
    Kind.RULE_CONFLICT: _begins("rule", Weight.WARNING),
    Kind.RULE_CHANGED: _ends("rule"),
    Kind.RULE_REMOVED: _ends("rule"),
}
