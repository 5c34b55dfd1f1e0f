"""Which resources a round has to look at: those for which anything can have changed.

Looking at a resource has no effect as long as it neither changed, nor told, nor asked for the load,
when it was last looked at, and everything it looks at is as it was. Time matters only to resources
on nodes that are not online: they are looked at in every round.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from heapq import heappop, heappush

from virton.frozen import frozen
from virton.ha.manager.round import Round
from virton.ha.manager.started import at_rest
from virton.ha.model import DatacenterSettings, LrmResult, ResourceConfig
from virton.ha.rules.compiled import CompiledRules
from virton.ha.states import LrmMode, NodeState

Results = Mapping[str, LrmResult]
_NO_RESULTS: Results = {}


@frozen
class Seen:
    """What a round looked at; large values are compared by identity."""

    resources: Mapping[str, ResourceConfig]
    rules: CompiledRules
    settings: DatacenterSettings
    results: Mapping[str, Results]
    modes: Mapping[str, LrmMode]
    nodes: Mapping[str, NodeState]

    @classmethod
    def by(cls, round_: Round) -> "Seen":
        """Return what a round looks at."""
        view = round_.view
        return cls(
            view.resources,
            round_.rules,
            view.settings,
            {node: lrm.results for node, lrm in view.lrm.items()},
            round_.modes,
            round_.ground.nodes,
        )


@frozen
class AgendaMemory:
    """What the last round looked at, and the resources that the next one must look at anyway."""

    seen: Seen
    due: frozenset[str] = field(default_factory=frozenset)


class Agenda:
    """The resources to be looked at, in the order of their names; without a memory all of them."""

    def __init__(self, memory: AgendaMemory | None) -> None:
        self._seen = memory.seen if memory else None
        self._due = set(memory.due) if memory else set()

    def memory(self) -> AgendaMemory | None:
        """Return what another agenda needs to go on as this one would."""
        return None if self._seen is None else AgendaMemory(self._seen, frozenset(self._due))

    def forget(self) -> None:
        """Have the next round look at all resources."""
        self._seen = None

    def begin(self, round_: Round) -> None:
        """Find the resources for which anything can have changed since the last round."""
        before, now = self._seen, Seen.by(round_)
        self._seen = now
        board = round_.board
        touched = board.take_touched()
        if (
            before is None
            or now.rules is not before.rules
            or (now.settings is not before.settings and now.settings != before.settings)
        ):
            self._due = set(board.statuses)
            return
        self._add(round_, touched)
        self._due |= _changed_items(before.resources, now.resources)
        self._due |= _with_other_results(before.results, now.results)
        if now.modes != before.modes:
            self._due |= board.on_nodes(_changed_items(before.modes, now.modes))
        if now.nodes != before.nodes:
            self._add_for_nodes(round_, _changed_items(before.nodes, now.nodes))
        self._due |= board.on_nodes(board.nodes_in_use() - round_.nodes.online)

    def _add_for_nodes(self, round_: Round, nodes: set[str]) -> None:
        """Add what looks at nodes: what is there, what may want to go there, and partners."""
        board = round_.board
        self._add(round_, board.on_nodes(nodes) | board.bound_elsewhere)
        self._due.update(_drawn_by_rules(round_, nodes))

    def _add(self, round_: Round, sids: Iterable[str]) -> None:
        self._due.update(sids)
        for sid in sids:
            self._due.update(_partners(round_, sid))

    def look(self, round_: Round, advance: Callable[[Round, str], None]) -> bool:
        """Look at what is due, once each and by name; True if a resource came into another state.

        Those that are touched meanwhile are due too: later in this pass if their turn is still to
        come, else in the next.
        """
        board, load, events = round_.board, round_.board.load, round_.plan.events
        statuses, rests = board.statuses, at_rest(round_)
        planned, self._due = self._due, set()
        queue, late = board.in_order(planned), list[str]()
        queue.reverse()
        changed = False
        while queue or late:
            sid = heappop(late) if late and not (queue and queue[-1] < late[0]) else queue.pop()
            status = statuses.get(sid)
            if status is None or rests(sid, status):
                continue
            state, told, asked = status.state, len(events), load.asked
            advance(round_, sid)
            changed |= board[sid].state is not state
            if len(events) != told or load.asked != asked:
                self._due.add(sid)
            for touched in board.take_touched():
                for other in (touched, *_partners(round_, touched)):
                    if other <= sid:
                        self._due.add(other)
                    elif other not in planned:
                        planned.add(other)
                        heappush(late, other)
        return changed

    def follow(self, round_: Round) -> None:
        """Add what the last pass and the fencing after it concern."""
        self._add(round_, round_.board.take_touched())
        before, nodes = self._seen, round_.nodes.states
        if before is not None and nodes != before.nodes:
            self._add_for_nodes(round_, _changed_items(before.nodes, nodes))
            self._seen = replace(before, nodes=dict(nodes))


def _partners(round_: Round, sid: str) -> Iterable[str]:
    rules = round_.rules
    return (*rules.together.get(sid, ()), *rules.apart.get(sid, ()))


def _drawn_by_rules(round_: Round, nodes: set[str]) -> Iterator[str]:
    """Yield the resources to which a node rule makes any of some nodes no worse than theirs."""
    statuses = round_.board.statuses
    for sid, priorities in round_.rules.node_priorities.items():
        if (status := statuses.get(sid)) is not None:
            here = priorities.get(status.node)
            if here is None or any(priorities.get(node, here - 1) >= here for node in nodes):
                yield sid


def _changed_items(before: Mapping[str, object], now: Mapping[str, object]) -> set[str]:
    """Return the keys whose values are not the same objects as before."""
    if before is now:
        return set()
    changed = {key for key, value in now.items() if before.get(key) is not value}
    return changed | (before.keys() - now.keys())


def _with_other_results(before: Mapping[str, Results], now: Mapping[str, Results]) -> set[str]:
    """Return the resources of which an LRM tells other results than before."""
    sids: set[str] = set()
    for node in {*before, *now}:
        old, new = before.get(node, _NO_RESULTS), now.get(node, _NO_RESULTS)
        if old is new:
            continue
        for some, others in ((old, new), (new, old)):
            sids.update(r.sid for uid, r in some.items() if others.get(uid) is not r)
    return sids
