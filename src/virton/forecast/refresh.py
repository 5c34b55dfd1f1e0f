"""A table kept fresh: after a change only the rows are played again that it can have altered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from virton.forecast.collecting import rarely_collecting
from virton.forecast.falling import is_armed
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Case, Row, Table, rows
from virton.forecast.trial import Trial
from virton.ha.model import ServiceStatus
from virton.ha.placement.choice import Ground, Preference, choose
from virton.ha.placement.load import Load
from virton.ha.rules.compiled import CompiledRules
from virton.ha.states import NodeState


class _LoadAskedError(Exception):
    """A choice would depend on load, so it has to be played."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A cluster at rest and the faults to try: what of a former table still holds."""

    base: Situation
    rules: CompiledRules
    again: tuple[Case, ...]
    kept: tuple[Row, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the rows: those that may have changed first, each as soon as it is known."""
        yield from rows(self.base, self.again)
        yield from self.kept


def fresh(situation: Situation, wanted: Sequence[Case], former: Table | None) -> Fresh:
    """Return what there is to do for a table of a cluster, given the one before it."""
    base, trial = at_rest(situation)
    known = {row.case: row for row in former.rows} if former is not None else {}
    changed = _changed(former, base, trial) if former is not None else None
    if changed is None:
        return Fresh(base, trial.rules, tuple(wanted), ())
    kept = [
        known[case]
        for case in wanted
        if case in known and _holds(known[case], changed, base, trial.rules)
    ]
    still = {row.case for row in kept}
    return Fresh(
        base, trial.rules, tuple(case for case in wanted if case not in still), tuple(kept)
    )


def refreshed(situation: Situation, wanted: Sequence[Case], former: Table | None) -> Table:
    """Return the whole table, in the order of the cases."""
    work = fresh(situation, wanted, former)
    with rarely_collecting():
        made = {row.case: row for row in work.rows()}
    return Table(work.base, tuple(made[case] for case in wanted), work.rules)


def _changed(former: Table, base: Situation, trial: Trial) -> frozenset[str] | None:
    """Return the resources that are configured otherwise; None where more than that has changed."""
    before = former.base
    if _world(before) != _world(base) or before.resources.keys() != base.resources.keys():
        return None
    if any(_place(before, sid) != _place(base, sid) for sid in base.resources):
        return None
    earlier, now = former.rules, trial.rules
    changed = _other_items(before.resources, base.resources)
    changed |= _other_items(before.guests, base.guests)
    changed |= _other_items(earlier.node_priorities, now.node_priorities)
    changed |= _other_items(earlier.together, now.together)
    changed |= _other_items(earlier.apart, now.apart)
    return frozenset(changed & base.resources.keys())


def _other_items(before: Mapping[str, object], now: Mapping[str, object]) -> set[str]:
    """Return the keys whose values are other ones than before."""
    changed = before.keys() ^ now.keys()
    for key, value in now.items():
        earlier = before.get(key)
        if earlier is not value and earlier != value:
            changed.add(key)
    return changed


def _world(situation: Situation) -> tuple[object, ...]:
    """Return everything on which all rows depend."""
    loads = tuple(
        (guest.sid, guest.node, guest.running, guest.memory_bytes)
        for guest in situation.guests.values()
    )
    votes = tuple((n.name, n.online, n.votes, n.memory_bytes) for n in situation.nodes.values())
    device = situation.device_votes, situation.device_on
    settings = situation.settings, situation.groups, situation.figures, situation.offers
    stack = situation.dialect, situation.timing, situation.master
    silent = frozenset(who for who in situation.ages_s if situation.is_silent(*who))
    armed = frozenset(node for node in situation.online if is_armed(situation, node))
    away = {n: (s.state, s.mode) for n, s in situation.lrm.items() if n not in situation.online}
    guests = situation.guest_locks, situation.failing
    return loads, votes, device, settings, stack, silent, armed, away, guests


def _place(situation: Situation, sid: str) -> tuple[object, ...]:
    status = situation.manager.service_status.get(sid)
    state = situation.resources[sid].state
    return (state, status and (status.state, status.node, status.target, status.running))


def _holds(row: Row, changed: frozenset[str], base: Situation, rules: CompiledRules) -> bool:
    """Tell whether a row is still true: what has changed is not touched, and stays where it is."""
    if not row.quorate:
        return True
    if not changed.isdisjoint(row.touched):
        return False
    return all(
        _stays(sid, statuses, row.left, base, rules) for statuses in row.statuses for sid in changed
    )


def _stays(
    sid: str,
    statuses: Mapping[str, ServiceStatus],
    left: frozenset[str],
    base: Situation,
    rules: CompiledRules,
) -> bool:
    status = statuses.get(sid)
    if status is None:
        return False
    states = {n: NodeState.ONLINE if n in left else NodeState.UNKNOWN for n in base.nodes}
    ground = Ground(states, left, rules, statuses, _no_load)
    try:
        choice = choose(sid, status, base.resources[sid], ground, Preference.STAY)
    except _LoadAskedError:
        return False
    return choice.node == status.node


def _no_load() -> Load:
    raise _LoadAskedError
