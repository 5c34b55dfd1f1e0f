"""Why the manager changed a resource's or a node's state: one typed value for each cause."""

from collections.abc import Callable
from typing import dataclass_transform

from virton.ha.named import N, Named, named
from virton.ha.placement.choice import Because
from virton.ha.placement.reasons import (
    Avoided,
    Decision,
    InMaintenance,
    KeptApart,
    KeptOff,
    KeptTogether,
    LowerPriority,
    NotPreferred,
    OutsideRule,
    object_to,
)
from virton.ha.states import DisarmMode, RequestState


class Cause(Named):
    """Why a state was changed."""

    __slots__ = ()


CAUSES: dict[str, type[Cause]] = {}
"""Every kind of cause by its name."""


@dataclass_transform(frozen_default=True)
def cause(name: str) -> Callable[[type[N]], type[N]]:
    """Make a class a cause of the given name."""
    return named(name, CAUSES)


# what people want


@cause("requested")
class Requested(Cause):
    """The operator wants the resource to be in this state."""

    state: RequestState


@cause("commanded")
class Commanded(Cause):
    """The operator commanded it."""

    command: str


@cause("follows")
class Follows(Cause):
    """The resource moves along, as it is kept together with one that was told to move."""

    sid: str
    node: str
    rules: tuple[str, ...]


@cause("disarmed")
class Disarmed(Cause):
    """The operator disarms the HA stack."""

    mode: DisarmMode


# how the work of a Local Resource Manager ended


@cause("stop_done")
class StopDone(Cause):
    """The LRM reports that the resource is stopped."""

    node: str


@cause("stop_failed")
class StopFailure(Cause):
    """The LRM could not stop the resource."""

    node: str
    exit_code: int


@cause("move_done")
class MoveDone(Cause):
    """The LRM reports that the resource has arrived."""

    node: str


@cause("move_failed")
class MoveFailure(Cause):
    """The LRM could not move the resource; it stays where it is."""

    node: str
    target: str
    exit_code: int


@cause("guest_elsewhere")
class GuestElsewhere(Cause):
    """The LRM does not have the guest: it is on a node where the manager does not expect it."""

    node: str


@cause("runs_already")
class RunsAlready(Cause):
    """The resource was to be moved before its start, but runs already."""

    node: str


@cause("start_failed")
class StartFailure(Cause):
    """The LRM could not start the resource, and gave up on this node."""

    node: str
    exit_code: int


@cause("starts_exhausted")
class StartsExhausted(Cause):
    """The resource failed to start on more nodes than `max_relocate` allows."""

    failed_nodes: tuple[str, ...]
    max_relocate: int


@cause("unrecoverable")
class NoWayOn(Cause):
    """The LRM met an error for which there is no way on."""

    node: str
    exit_code: int


# what becomes of nodes


@cause("node_lost")
class NodeLost(Cause):
    """The node has been away for so long that it must be fenced."""

    node: str
    away_s: int


@cause("node_fenced")
class NodeFenced(Cause):
    """The node is fenced: its lock was had, so it certainly does not work any more."""

    node: str


@cause("taken_over")
class TakenOver(Cause):
    """Another node takes over the resource of a fenced one."""

    from_: str
    to: str


@cause("taken_up_in_place")
class TakenUpInPlace(Cause):
    """The fenced node itself works again and goes on with the resource."""

    node: str


@cause("lrm_restarts")
class LrmRestarts(Cause):
    """The node's LRM restarts, and its resources are frozen meanwhile."""

    node: str


@cause("lrm_active")
class LrmActive(Cause):
    """The node's LRM works (again)."""

    node: str


@cause("node_seen")
class NodeSeen(Cause):
    """The node is online in the quorate part of the cluster."""

    node: str


@cause("node_unseen")
class NodeUnseen(Cause):
    """The node is not online in the quorate part of the cluster any more."""

    node: str


@cause("node_removed")
class NodeRemoved(Cause):
    """The node is no member of the cluster any more."""

    node: str


@cause("maintenance_begun")
class MaintenanceBegun(Cause):
    """The node's LRM is in maintenance mode: on request, or because the node goes down."""

    node: str


@cause("maintenance_over")
class MaintenanceOver(Cause):
    """The node's LRM left maintenance mode."""

    node: str


# where placement wants a resource


@cause("maintenance")
class LeavesForMaintenance(Cause):
    """The resource leaves a node that is in maintenance."""

    node: str


@cause("returns")
class ReturnsFromMaintenance(Cause):
    """The resource goes back to the node that it left for maintenance."""

    node: str


@cause("rule")
class RuleForbids(Cause):
    """A strict rule does not allow the node on which the resource is."""

    node: str
    rules: tuple[str, ...]


@cause("failback")
class FailsBack(Cause):
    """The rule wants the resource on a node more than where it is."""

    node: str
    to: str
    rules: tuple[str, ...]


@cause("apart")
class MustPart(Cause):
    """Rules keep the resource apart from others that are on the same node."""

    sids: tuple[str, ...]
    node: str
    rules: tuple[str, ...]


@cause("together")
class MustJoin(Cause):
    """Rules keep the resource together with others that are on another node."""

    sids: tuple[str, ...]
    on: str
    rules: tuple[str, ...]


@cause("rebalanced")
class EvensLoad(Cause):
    """Automatic re-balancing moves the resource; imbalances have two decimals."""

    imbalance_from: float
    imbalance_to: float


@cause("rebalanced_on_start")
class StartsWhereBest(Cause):
    """The node for the start was chosen by rules and load."""

    node: str


@cause("placed")
class Placed(Cause):
    """Placement wants the resource on another node."""

    node: str


def why_moved(decision: Decision) -> Cause:
    """Return why a resource that ran well is moved: what there is against the node where it is."""
    choice, current = decision.choice, decision.choice.current
    if choice.node is None or choice.node == current:
        raise ValueError(f"{decision.sid} does not move")
    if choice.because is Because.RETURNS:
        return ReturnsFromMaintenance(choice.node)
    match object_to(current, decision.sid, choice, decision.ground):
        case InMaintenance():
            return LeavesForMaintenance(current)
        case OutsideRule(rules) | KeptOff(rules):
            return RuleForbids(current, rules)
        case LowerPriority(_, _, _, rules) | NotPreferred(_, rules) | Avoided(rules):
            return FailsBack(current, choice.node, rules)
        case KeptApart(sids, node, rules):
            return MustPart(sids, node, rules)
        case KeptTogether(sids, on, rules):
            return MustJoin(sids, on, rules)
        case _:
            return Placed(choice.node)
