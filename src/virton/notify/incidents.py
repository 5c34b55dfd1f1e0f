"""Incidents: what happened because of one cause, as one story with a beginning and an end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType

from virton.story.chains import RESET_MS
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

_QUORUM = "quorum"


@dataclass(frozen=True, slots=True)
class _Step:
    """What a happening means for the incident it belongs to."""

    key: str
    weight: Weight = Weight.INFO
    begins: bool = False
    ends: bool = False
    affects: str | None = None
    waits: str | None = None


def hear(
    opened: Open, happening: Happening, over: Open = MappingProxyType({})
) -> tuple[dict[str, Incident], Incident | None]:
    """Return the incidents that are open then, and the one that this happening changed, if any.

    `over` are those that ended last: where a guest went down while one of them lasted, it goes on.
    """
    if happening.kind is Kind.GUEST_DOWN:
        opened = {**opened, **_reopened(opened, happening, over)}
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
    opened: Open, found: Iterable[Happening], over: Open = MappingProxyType({})
) -> tuple[dict[str, Incident], list[Incident]]:
    """Hear happenings in their order; return what is open then, and every incident as it changed."""
    changed: dict[tuple[str, float], Incident] = {}
    still, ended = dict(opened), dict(over)
    for happening in found:
        still, incident = hear(still, happening, ended)
        if incident is not None:
            changed[incident.key, incident.began_s] = incident
            ended |= {incident.key: incident}
    return still, list(changed.values())


def _reopened(opened: Open, down: Happening, over: Open) -> dict[str, Incident]:
    """Return the ended incident during which a guest went down, as one that is not over."""
    for key in _struck_by(down):
        ended = over.get(key)
        if key in opened or ended is None or not _brought_down(ended, down):
            continue
        return {key: replace(ended, ended_s=None)}
    return {}


def may_go_on(key: str) -> bool:
    """Tell whether an incident of this key goes on where it is seen later what it brought down."""
    return key == _QUORUM or key.startswith("node:")


def _struck_by(down: Happening) -> tuple[str, str]:
    """Return what may have brought a guest down that HA takes for started: the surest first."""
    return _key("node", str(down.facts.get("node") or "")), _QUORUM


def _brought_down(incident: Incident, down: Happening) -> bool:
    """Tell whether a guest went down while an incident lasted, and because of it."""
    if incident.ended_s is None:
        return True
    lasted_s = incident.ended_s - incident.began_s
    return down.from_s <= incident.ended_s and (
        incident.key != _QUORUM or lasted_s * 1000 >= RESET_MS
    )


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
    over = _is_back(incident) and incident.waiting <= {one.whom}
    return _Step(incident.key, affects=one.whom, ends=over)


def _waits(opened: Open, one: Happening) -> _Step | None:
    return _Step(
        _key("node", str(one.facts.get("node") or "")),
        Weight.CRITICAL,
        begins=True,
        waits=one.whom,
    )


def _down(opened: Open, one: Happening) -> _Step:
    """A guest that went down with its node, or for want of quorum, belongs to that story."""
    for key in _struck_by(one):
        if key in opened and _brought_down(opened[key], one):
            return _Step(key, Weight.WARNING, waits=one.whom)
    return _Step(_key("resource", one.whom), Weight.WARNING, begins=True)


def _fails(weight: Weight) -> Meaning:
    """What fails of a guest that waits belongs to the story in which it waits."""

    def meaning(opened: Open, one: Happening) -> _Step:
        waits = _waiting_in(opened, one.whom)
        key = _key("resource", one.whom) if waits is None else waits.key
        return _Step(key, weight, begins=waits is None)

    return meaning


def _settled(opened: Open, one: Happening) -> _Step | None:
    """What runs, stopped or left HA neither fails nor waits any more."""
    own = _ends("resource")(opened, one)
    waits = _waiting_in(opened, one.whom)
    if own is not None or waits is None:
        return own
    over = _is_back(waits) and waits.waiting <= {one.whom}
    return _Step(waits.key, affects=one.whom, ends=over)


def _waiting_in(opened: Open, sid: str) -> Incident | None:
    return next((i for _, i in sorted(opened.items()) if sid in i.waiting), None)


def _is_back(incident: Incident) -> bool:
    """Tell whether what was lost is back, or gone for good."""
    kinds = {happening.kind for happening in incident.happenings}
    back = {Kind.NODE_BACK, Kind.NODE_GONE, Kind.QUORUM_BACK}
    return bool(kinds & (back if Kind.NODE_LOST in kinds else back | {Kind.NODE_REACHABLE}))


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
    Kind.QUORUM_LOST: _begins(_QUORUM, Weight.CRITICAL),
    Kind.QUORUM_BACK: _ends(_QUORUM),
    Kind.QDEVICE_SILENT: _begins("qdevice", Weight.WARNING),
    Kind.QDEVICE_BACK: _ends("qdevice"),
    Kind.DISARMED: _begins("stack", Weight.WARNING),
    Kind.ARMED: _ends("stack"),
    Kind.CONSOLE_BLIND: _begins("console", Weight.WARNING),
    Kind.CONSOLE_SEEING: _ends("console"),
    Kind.MAINTENANCE_BEGUN: _begins("maintenance", Weight.INFO),
    Kind.MAINTENANCE_ENDED: _ends("maintenance"),
    Kind.RESOURCE_FAILED: _fails(Weight.WARNING),
    Kind.GUEST_DOWN: _down,
    Kind.RESOURCE_ERROR: _fails(Weight.CRITICAL),
    Kind.RESOURCE_CLEARED: _settled,
    Kind.RESOURCE_STARTED: _settled,
    Kind.RESOURCE_STOPPED: _settled,
    Kind.RESOURCE_REMOVED: _settled,
    Kind.RULE_CONFLICT: _begins("rule", Weight.WARNING),
    Kind.RULE_CHANGED: _ends("rule"),
    Kind.RULE_REMOVED: _ends("rule"),
}
