"""What must hold of the causes and the decisions in everything that the stack tells."""

from collections.abc import Iterator, Sequence

from virton.ha.causes import CAUSES, EvensLoad, NodeLost, TakenOver, TakenUpInPlace
from virton.ha.events import Record
from virton.ha.events.cluster import NodeStateChanged
from virton.ha.events.daemon import DaemonRoundFailed
from virton.ha.events.resource import (
    FrozenByDisarm,
    Rebalanced,
    Recovered,
    RecoveredInPlace,
    RecoveryImpossible,
    ResourceStateChanged,
)
from virton.ha.manager.nodes import FENCE_DELAY_S

CHANGES = ResourceStateChanged, NodeStateChanged, FrozenByDisarm


def amiss(records: Sequence[Record]) -> list[str]:
    """Return what does not hold, in words."""
    return [
        *_causes_amiss(records),
        *(told for record in records for told in _decision_amiss(record)),
        *_figures_amiss(records),
    ]


def _causes_amiss(records: Sequence[Record]) -> Iterator[str]:
    for record in records:
        if (record.cause is not None) != isinstance(record.event, CHANGES):
            yield f"a change has a cause and nothing else has: {record}"
        if record.cause is not None and record.cause.name not in CAUSES.keys() - {"placed"}:
            yield f"a cause is a particular one: {record}"
        if isinstance(record.cause, NodeLost) and record.cause.away_s < FENCE_DELAY_S:
            yield f"a node is lost after a minute: {record}"


def _decision_amiss(record: Record) -> Iterator[str]:
    if record.decision is None:
        return
    why, event = record.decision.explain(), record.event
    if isinstance(event, ResourceStateChanged) and why.node != _node_of(event):
        yield f"a decision is what the event says: {record}"
    if isinstance(event, RecoveryImpossible) and why.node is not None:
        yield f"where nothing is recovered no node is chosen: {record}"
    if why.node in why.objections:
        yield f"nothing stands against the chosen node: {record}"
    if not set(why.objections) | {why.node} >= set(record.decision.ground.nodes):
        yield f"every other node has an objection: {record}"


def _node_of(event: ResourceStateChanged) -> str | None:
    """Return the node to which a resource is to go; an empty target is none."""
    return event.node if event.target is None else event.target or None


def _figures_amiss(records: Sequence[Record]) -> Iterator[str]:
    failed = {r.time_s for r in records if isinstance(r.event, DaemonRoundFailed)}
    whole = [r for r in records if r.time_s not in failed]  # what failed stopped halfway
    events, causes = [r.event for r in whole], [r.cause for r in whole]
    recovered = [(e.from_, e.to) for e in events if isinstance(e, Recovered)]
    if recovered != [(c.from_, c.to) for c in causes if isinstance(c, TakenOver)]:
        yield f"every recovery says so in its cause: {recovered}"
    in_place = [e.node for e in events if isinstance(e, RecoveredInPlace)]
    if in_place != [c.node for c in causes if isinstance(c, TakenUpInPlace)]:
        yield f"every recovery in place says so in its cause: {in_place}"
    evened = {(e.imbalance_from, e.imbalance_to) for e in events if isinstance(e, Rebalanced)}
    if evened != {(c.imbalance_from, c.imbalance_to) for c in causes if isinstance(c, EvensLoad)}:
        yield f"every move for balance carries its figures: {evened}"
