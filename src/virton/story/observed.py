"""The story as it is observed from outside: a pure fold of one sight after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from virton.ha.causes import Cause, NodeFenced
from virton.ha.model import ManagerStatus, ServiceStatus
from virton.ha.states import MOVING, DisarmState, LrmMode, LrmState, NodeState, ServiceState
from virton.story.happenings import Fact, Happening, Kind
from virton.story.sight import Members, SeenGuest, SeenRules, Settings, Sight
from virton.story.told import LOST, node_changes, state_change

GUEST_NEWS_S = 15
"""How old the cluster's news of a guest may be: each node spreads its guests' states every 10 s."""

MOST_BOUND = 100
"""Of a rule that names more resources it is not kept which they are."""

LONGEST_SETTING = 60
"""Of a longer setting, such as a comment, only the beginning is kept."""

_RECOVERING = (ServiceState.FENCE, ServiceState.RECOVERY)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen last of each part, and since when that is known.

    It is what a new sight is compared with.
    """

    sight: Sight
    since_s: Mapping[str, float]
    blind: bool = False


class _Notes:
    """Collects happenings of one interval."""

    def __init__(self, from_s: float, to_s: float) -> None:
        self.found: list[Happening] = []
        self._from_s, self._to_s = from_s, to_s

    def note(self, kind: Kind, whom: str, because: Cause | None = None, **facts: Fact) -> None:
        """Note that something happened within the interval."""
        told = {key: value for key, value in facts.items() if value is not None}
        self.found.append(Happening(kind, whom, self._from_s, self._to_s, False, told, because))


def observe(seen: Seen | None, sight: Sight) -> tuple[Seen, list[Happening]]:
    """Return what is seen now, and what happened since what was `seen` before."""
    if seen is None:
        return _remember(None, sight), []
    found: list[Happening] = _sight_itself(seen, sight)
    sight = _without_stale(seen, sight)
    for part, compare in _PARTS.items():
        before, after = getattr(seen.sight, part), getattr(sight, part)
        if before is None or after is None:
            continue
        lag_s = GUEST_NEWS_S if part == "guests" else 0
        notes = _Notes(seen.since_s[part] - lag_s, sight.to_s)
        compare(notes, seen.sight, sight)
        found += notes.found
    return _remember(seen, sight), found


def _without_stale(seen: Seen, sight: Sight) -> Sight:
    """Leave out what a node without quorum, or one that lags behind, still has of former times."""
    if sight.members is not None and not sight.members.quorate:
        return replace(sight, manager=None, guests=None, rules=None, resources=None, settings=None)
    known = None if seen.sight.manager is None else seen.sight.manager.timestamp
    if sight.manager is not None and known is not None and (sight.manager.timestamp or 0) < known:
        return replace(sight, manager=None)
    return sight


def _remember(seen: Seen | None, sight: Sight) -> Seen:
    """Keep the newest of each part; one that cannot be read now stays as it was."""
    if seen is None:
        return Seen(sight, dict.fromkeys(_PARTS, sight.from_s), sight.blind)
    kept = {p: getattr(seen.sight, p) for p in _PARTS if getattr(sight, p) is None}
    lrm = sight.lrm if sight.manager is not None else seen.sight.lrm
    since_s = {p: seen.since_s[p] if p in kept else sight.from_s for p in _PARTS}
    return Seen(replace(sight, lrm=lrm, **kept), since_s, sight.blind)


def _sight_itself(seen: Seen, sight: Sight) -> list[Happening]:
    if seen.blind is sight.blind:
        return []
    notes = _Notes(seen.sight.from_s, sight.to_s)
    notes.note(Kind.CONSOLE_BLIND if sight.blind else Kind.CONSOLE_SEEING, "")
    return notes.found


# what the manager published


def _manager(notes: _Notes, before: Sight, after: Sight) -> None:
    old, new = before.manager or ManagerStatus(), after.manager or ManagerStatus()
    if old is not new:
        _nodes(notes, old, new)
    for node in sorted(after.lrm):
        if not _is_empty(before, node) and _is_empty(after, node):
            notes.note(Kind.MAINTENANCE_REACHED, node)
    if old is not new:
        for sid in sorted(old.service_status.keys() | new.service_status.keys()):
            _resource(notes, sid, old, new)


def _nodes(notes: _Notes, old: ManagerStatus, new: ManagerStatus) -> None:
    if old.master_node != new.master_node and new.master_node is not None:
        notes.note(Kind.MASTER_CHANGED, "", before=old.master_node, node=new.master_node)
    _disarm(notes, old, new)
    fenced = _fenced(old, new)
    for node in sorted(old.node_status.keys() | new.node_status.keys()):
        _node(notes, node, old, new, fenced=node in fenced)


def _is_empty(sight: Sight, node: str) -> bool:
    """Tell whether a node in maintenance has given away all its resources."""
    lrm = sight.lrm.get(node)
    services = sight.manager.service_status if sight.manager is not None else {}
    return (
        lrm is not None
        and lrm.mode is LrmMode.MAINTENANCE
        and lrm.state in (LrmState.MAINTENANCE, LrmState.WAIT_FOR_AGENT_LOCK)
        and not any(
            s.node == node and s.state is not ServiceState.STOPPED for s in services.values()
        )
    )


def _disarm(notes: _Notes, old: ManagerStatus, new: ManagerStatus) -> None:
    was = old.disarm is not None and old.disarm.state is DisarmState.DISARMED
    now = new.disarm is not None and new.disarm.state is DisarmState.DISARMED
    if now and not was:
        notes.note(Kind.DISARMED, "", mode=str(new.disarm.mode) if new.disarm else None)
    elif was and not now:
        notes.note(Kind.ARMED, "")


def _fenced(old: ManagerStatus, new: ManagerStatus) -> frozenset[str]:
    """Return the nodes whose fencing was acknowledged in between.

    Either the manager waited for it and waits no more, or resources of a lost node were recovered.
    """
    waited = {n for n, s in old.node_status.items() if s is NodeState.FENCE}
    given = {n for n in waited if new.node_status.get(n) is not NodeState.FENCE}
    robbed = {
        service.node
        for sid, service in old.service_status.items()
        if (now := new.service_status.get(sid)) is not None
        and service.state is not ServiceState.RECOVERY
        and _is_recovered(service, now, old, new)
    }
    waits = {
        service.node
        for sid, service in new.service_status.items()
        if service.state is ServiceState.RECOVERY
        and (was := old.service_status.get(sid)) is not None
        and was.state is not ServiceState.RECOVERY
    }
    return frozenset(given | robbed | waits)


def _node(
    notes: _Notes, node: str, old: ManagerStatus, new: ManagerStatus, *, fenced: bool
) -> None:
    was, now = old.node_status.get(node), new.node_status.get(node)
    if now is None:
        notes.note(Kind.NODE_GONE, node)
        return
    # a node that the manager meets for the first time is unknown to it until then
    was = was or NodeState.UNKNOWN
    steps = [now]
    if fenced and was is not NodeState.FENCE:
        # lost, fenced and given up in between, unseen
        steps = [NodeState.FENCE, now] if now is not NodeState.FENCE else [now]
    for step in steps:
        for kind in node_changes(was, step):
            notes.note(kind, node)
        was = step
    if fenced:
        notes.note(Kind.NODE_FENCED, node)


def _resource(notes: _Notes, sid: str, old: ManagerStatus, new: ManagerStatus) -> None:
    was, now = old.service_status.get(sid), new.service_status.get(sid)
    if was is None or now is None:
        if now is not None:
            notes.note(Kind.RESOURCE_ADDED, sid, node=now.node)
        elif was is not None:
            notes.note(Kind.RESOURCE_REMOVED, sid)
        return
    if _is_recovered(was, now, old, new):
        because = NodeFenced(was.node)
        notes.note(Kind.RESOURCE_RECOVERED, sid, because, before=was.node, node=now.node)
    elif was.node != now.node:
        how = was.state if was.state in MOVING else None
        notes.note(Kind.RESOURCE_MOVED, sid, before=was.node, node=now.node, how=how and str(how))
    if now.state is ServiceState.RECOVERY and was.state is not ServiceState.RECOVERY:
        notes.note(Kind.RESOURCE_WAITS, sid, NodeFenced(now.node), node=now.node)
    if len(now.failed_nodes) > len(was.failed_nodes) and now.state is not ServiceState.ERROR:
        notes.note(Kind.RESOURCE_FAILED, sid, node=now.failed_nodes[-1])
    if was.state is not now.state and (kind := state_change(was.state, now.state)) is not None:
        notes.note(kind, sid)


def _is_recovered(
    was: ServiceStatus, now: ServiceStatus, old: ManagerStatus, new: ManagerStatus
) -> bool:
    """Tell whether a resource was taken from a fenced node, be it unseen between two sights."""
    if now.state in _RECOVERING:
        return False
    if was.state in _RECOVERING:
        # disabled while it waited, it is given up where it was
        return now.state is not ServiceState.STOPPED or was.node != now.node
    if was.node == now.node:
        return False
    states = (old.node_status.get(was.node), new.node_status.get(was.node))
    return any(state in LOST for state in states)


# what the cluster itself says


def _members(notes: _Notes, before: Sight, after: Sight) -> None:
    old, new = before.members, after.members
    if old is None or new is None:
        return
    if old.quorate is not new.quorate:
        _quorum(notes, old, new)
    if new.quorate and old.quorate:
        _reach(notes, old, new)
    if old.qdevice is not None and new.qdevice is not None and old.qdevice is not new.qdevice:
        notes.note(Kind.QDEVICE_BACK if new.qdevice else Kind.QDEVICE_SILENT, "")


def _quorum(notes: _Notes, old: Members, new: Members) -> None:
    """Note that quorum was lost, and with which nodes, or that it is back."""
    if new.quorate:
        notes.note(Kind.QUORUM_BACK, "")
        return
    away = tuple(n for n, on in sorted(new.online.items()) if not on and old.online.get(n))
    notes.note(Kind.QUORUM_LOST, "", nodes=away or None)


def _reach(notes: _Notes, old: Members, new: Members) -> None:
    for node in sorted(old.online.keys() & new.online.keys()):
        if old.online[node] is not new.online[node]:
            kind = Kind.NODE_REACHABLE if new.online[node] else Kind.NODE_UNREACHABLE
            notes.note(kind, node)


def _guests(notes: _Notes, before: Sight, after: Sight) -> None:
    old, new = before.guests or {}, after.guests or {}
    for sid in sorted(old.keys() & new.keys()):
        was, now = old[sid], new[sid]
        if was.running is False and now.running:
            notes.note(Kind.RESOURCE_STARTED, sid, node=now.node)
        elif was.running and now.running is False and _should_run(sid, now, after):
            notes.note(Kind.GUEST_DOWN, sid, node=now.node)


def _should_run(sid: str, guest: SeenGuest, sight: Sight) -> bool:
    """Tell whether HA takes a guest for started where it is."""
    if sight.manager is None or sight.manager.disarm is not None:
        return False
    status = sight.manager.service_status.get(sid)
    return (
        status is not None
        and status.state is ServiceState.STARTED
        and status.running
        and status.node == guest.node
        and sight.manager.node_status.get(status.node) is NodeState.ONLINE
    )


# what is configured


def _rules(notes: _Notes, before: Sight, after: Sight) -> None:
    old, new = before.rules or SeenRules({}), after.rules or SeenRules({})
    for rule in sorted(old.rules.keys() | new.rules.keys()):
        was, now = old.rules.get(rule), new.rules.get(rule)
        sids = _bound_by(was or {}, now or {})
        if was is None:
            notes.note(Kind.RULE_ADDED, rule, resources=sids)
        elif now is None:
            notes.note(Kind.RULE_REMOVED, rule, resources=sids)
        else:
            _change(notes, Kind.RULE_CHANGED, rule, was, now, resources=sids)
    for rule in sorted(new.objected - old.objected):
        notes.note(Kind.RULE_CONFLICT, rule)


def _bound_by(*rules: Settings) -> tuple[str, ...] | None:
    """Return the resources that a rule names, or did; None for so many that none stands out."""
    named: set[str] = set()
    for rule in rules:
        resources = rule.get("resources")
        named |= set(resources if isinstance(resources, list | tuple) else ())
    return tuple(sorted(named)) if 0 < len(named) <= MOST_BOUND else None


def _resources(notes: _Notes, before: Sight, after: Sight) -> None:
    old, new = before.resources or {}, after.resources or {}
    for sid in sorted(old.keys() & new.keys()):
        _change(notes, Kind.RESOURCE_CHANGED, sid, old[sid], new[sid])


def _settings(notes: _Notes, before: Sight, after: Sight) -> None:
    _change(notes, Kind.SETTINGS_CHANGED, "", before.settings or {}, after.settings or {})


def _change(
    notes: _Notes, kind: Kind, whom: str, old: Settings, new: Settings, **facts: Fact
) -> None:
    """Note what is set differently, or only on one side, with what it was and is."""
    names = tuple(k for k in sorted(old.keys() | new.keys()) if old.get(k) != new.get(k))
    if names:
        was, now = (tuple(_written(side.get(name)) for name in names) for side in (old, new))
        notes.note(kind, whom, None, changed=names, was=was, now=now, **facts)


def _written(value: object) -> str:
    """Return a setting as text, empty for one that is not set, and cut where it is long."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case (str() as name, int() as weight):
            return f"{name}:{weight}" if weight else name
        case list() | tuple():
            text = ", ".join(map(_written, value))
        case _:
            text = str(value)
    return text if len(text) <= LONGEST_SETTING else f"{text[:LONGEST_SETTING]}…"


# Guests first: what went down while quorum was lost is told before quorum is back.
_PARTS: dict[str, Callable[[_Notes, Sight, Sight], None]] = {
    "guests": _guests,
    "members": _members,
    "manager": _manager,
    "resources": _resources,
    "rules": _rules,
    "settings": _settings,
}
