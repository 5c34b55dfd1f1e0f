"""Disarming: letting go of every resource and watchdog, in an orderly way."""

from dataclasses import replace

from virton.ha.causes import Disarmed
from virton.ha.events.cluster import DisarmComplete, DisarmDeferred
from virton.ha.events.resource import FrozenByDisarm
from virton.ha.manager.round import Round
from virton.ha.model import Disarm, ServiceStatus
from virton.ha.states import DisarmMode, DisarmState, LrmMode, ServiceState

_UNDER_WAY = (
    ServiceState.FENCE,
    ServiceState.RECOVERY,
    ServiceState.MIGRATE,
    ServiceState.RELOCATE,
)
_FREEZABLE = (
    ServiceState.STARTED,
    ServiceState.STOPPED,
    ServiceState.REQUEST_STOP,
    ServiceState.REQUEST_START,
    ServiceState.REQUEST_START_BALANCE,
)


def resources_under_way(round_: Round) -> list[str]:
    """Return the resources that must arrive before the HA stack can be disarmed."""
    sids = [sid for sid in round_.board if round_.board[sid].state in _UNDER_WAY]
    for sid in sids:
        round_.tell(DisarmDeferred(sid, round_.board[sid].state))
    return sids


def disarm(round_: Round, disarm: Disarm) -> Disarm:
    """Freeze or let go of all resources; return how far disarming is now."""
    if disarm.mode is DisarmMode.FREEZE:
        _freeze_all(round_, Disarmed(disarm.mode))
    else:
        for sid in round_.board:
            round_.board.amend(sid, _bare(round_.board[sid]))
    complete = all(round_.modes.get(n) is LrmMode.DISARM for n in round_.nodes.online)
    if not complete or disarm.state is DisarmState.DISARMED:
        return disarm
    round_.tell(DisarmComplete())
    return replace(disarm, state=DisarmState.DISARMED)


def _freeze_all(round_: Round, cause: Disarmed) -> None:
    for sid in round_.board:
        state = round_.board[sid].state
        if state in _FREEZABLE:
            round_.tell(FrozenByDisarm(sid, state), cause)
            round_.board.restate(sid, ServiceState.FREEZE)


def _bare(status: ServiceStatus) -> ServiceStatus:
    """Forget what will be stale when the HA stack is armed again."""
    return ServiceStatus(
        status.state, status.node, status.uid, maintenance_node=status.maintenance_node
    )
