"""The next state of a resource: one function a state."""

from dataclasses import replace

from virton.ha.causes import (
    GuestElsewhere,
    LrmActive,
    LrmRestarts,
    MoveDone,
    MoveFailure,
    Requested,
    RunsAlready,
    StartsWhereBest,
    StopDone,
    StopFailure,
    TakenOver,
    TakenUpInPlace,
)
from virton.ha.events.resource import (
    GuestLockRemoved,
    LocationFixed,
    MoveFailed,
    MoveFailedWrongNode,
    MoveIgnoredOffline,
    MoveIgnoredSameNode,
    RebalancedOnStart,
    RebalanceOnStartIgnored,
    Recovered,
    RecoveredInPlace,
    RecoveryImpossible,
    StopFailed,
    StopIgnored,
    UnknownRequest,
)
from virton.ha.manager.plan import RemoveGuestLock, TakeOverGuest
from virton.ha.manager.round import Round, RoundFailedError
from virton.ha.manager.started import advance_started
from virton.ha.model import Motion, ResourceConfig, ServiceStatus
from virton.ha.placement.choice import Preference
from virton.ha.states import ExitCode, LrmMode, NodeState, RequestState, ServiceState

REMOVABLE_LOCKS = frozenset(
    {
        "backup",
        "clone",
        "migrate",
        "mounted",
        "rollback",
        "snapshot",
        "snapshot-delete",
        "suspended",
        "suspending",
    }
)
"""Guest locks that mean nothing any more once their node was fenced."""

_FREEZABLE = (ServiceState.STARTED, ServiceState.STOPPED, ServiceState.REQUEST_STOP)


def advance(round_: Round, sid: str) -> None:
    """Bring one resource one step further."""
    status, config = round_.board[sid], round_.config(sid)
    match status.state:
        case ServiceState.STARTED:
            advance_started(round_, sid, status, config)
        case ServiceState.STOPPED:
            _advance_stopped(round_, sid, status, config)
        case ServiceState.REQUEST_START:
            _advance_request_start(round_, sid, status, config)
        case ServiceState.REQUEST_STOP:
            _advance_request_stop(round_, sid, status)
        case ServiceState.MIGRATE | ServiceState.RELOCATE | ServiceState.REQUEST_START_BALANCE:
            _advance_moving(round_, sid, status, config)
        case ServiceState.RECOVERY:
            _advance_recovery(round_, sid, status, config)
        case ServiceState.FREEZE:
            _advance_frozen(round_, sid, status, config)
        case ServiceState.ERROR:
            _advance_error(round_, sid, status, config)
        case ServiceState.FENCE:
            pass  # waits for its node to be fenced
    if round_.restarting:
        _freeze_for_restart(round_, sid)


def _freeze_for_restart(round_: Round, sid: str) -> None:
    status = round_.board[sid]
    if status.node in round_.restarting and status.state in _FREEZABLE:
        round_.change(sid, ServiceState.FREEZE, LrmRestarts(status.node))


def _fence_if_lost(round_: Round, sid: str, node: str) -> None:
    if round_.is_lost(node):
        round_.change(sid, ServiceState.FENCE, round_.loss(node))


def _running_or_stopping(config: ResourceConfig) -> ServiceState:
    started = config.state is RequestState.STARTED
    return ServiceState.STARTED if started else ServiceState.REQUEST_STOP


def _advance_stopped(
    round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig
) -> None:
    status = _fix_location(round_, sid, status, config)
    if status.cmd is not None and _begin_move_of_stopped(round_, sid, status):
        return
    if config.state is RequestState.DISABLED:
        return  # the LRM goes on making sure that it is stopped
    if round_.is_lost(status.node) and round_.nodes.state(status.node) is not NodeState.MAINTENANCE:
        round_.change(sid, ServiceState.FENCE, round_.loss(status.node))
    elif config.state is RequestState.STARTED:
        wanted = Requested(config.state)
        round_.change(sid, ServiceState.REQUEST_START, wanted, node=status.node)
    elif config.state is not RequestState.STOPPED:
        round_.tell(UnknownRequest(sid, config.state))


def _fix_location(
    round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig
) -> ServiceStatus:
    """Follow a guest that a fenced node had moved away already."""
    node = config.node or ""  # nowhere, where it left HA while that was disarmed
    if status.node == node:
        return status
    round_.tell(LocationFixed(sid, status.node, node))
    fixed = replace(status, node=node)
    round_.board.amend(sid, fixed)
    return fixed


def _begin_move_of_stopped(round_: Round, sid: str, status: ServiceStatus) -> bool:
    """Act on a command to a stopped resource; True if it moves now."""
    cmd = status.cmd
    if not isinstance(cmd, Motion):
        round_.tell(StopIgnored(sid))
    elif not round_.nodes.is_online(cmd.target):
        round_.tell(MoveIgnoredOffline(sid, cmd.how, cmd.target))
    elif status.node == cmd.target:
        round_.tell(MoveIgnoredSameNode(sid, cmd.how, cmd.target))
    else:
        wish, state = round_.wish(sid), ServiceState(cmd.how)
        round_.change(sid, state, wish, node=status.node, target=cmd.target)
        return True
    round_.board.amend(sid, replace(status, cmd=None))
    return False


def _advance_request_start(
    round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig
) -> None:
    if round_.view.settings.scheduler.rebalance_on_start:
        decision = round_.choose(sid, config, Preference.BEST)
        node = decision.node or ""  # nowhere, and the LRM will say so
        moves = node != status.node
        told = RebalancedOnStart(sid, "new" if moves else "current", node)
        round_.tell(told, decision=decision)
        if moves:
            cause = StartsWhereBest(node) if node else Requested(config.state)
            round_.change(
                sid,
                ServiceState.REQUEST_START_BALANCE,
                cause,
                node=status.node,
                target=node,
                decision=decision,
            )
            return
    round_.change(sid, ServiceState.STARTED, Requested(config.state), node=status.node)


def _advance_request_stop(round_: Round, sid: str, status: ServiceStatus) -> None:
    result = round_.result(status)
    if result is None:
        _fence_if_lost(round_, sid, status.node)
    elif result.exit_code == ExitCode.SUCCESS:
        round_.change(sid, ServiceState.STOPPED, StopDone(status.node))
    else:
        round_.tell(StopFailed(sid, result.exit_code))
        cause = StopFailure(status.node, result.exit_code)
        round_.change(sid, ServiceState.ERROR, cause)


def _advance_moving(round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig) -> None:
    result = round_.result(status)
    if result is None:
        _fence_if_lost(round_, sid, status.node)
        return
    wanted = _running_or_stopping(config)
    match result.exit_code:
        case ExitCode.SUCCESS:
            round_.change(sid, wanted, MoveDone(status.target or status.node), node=status.target)
        case ExitCode.WRONG_NODE:
            round_.tell(MoveFailedWrongNode(sid))
            round_.change(sid, ServiceState.ERROR, GuestElsewhere(status.node))
            _fence_if_lost(round_, sid, status.node)
        case ExitCode.IGNORED:
            round_.tell(RebalanceOnStartIgnored(sid))
            round_.change(sid, wanted, RunsAlready(status.node), node=status.node)
            _fence_if_lost(round_, sid, status.node)
        case code:
            round_.tell(MoveFailed(sid, code))
            cause = MoveFailure(status.node, status.target or status.node, code)
            round_.change(sid, wanted, cause, node=status.node)


def _advance_frozen(round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig) -> None:
    if round_.modes.get(status.node) is LrmMode.ACTIVE:
        round_.change(sid, _running_or_stopping(config), LrmActive(status.node))


def _advance_error(round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig) -> None:
    """Leave the error only when the administrator disabled the resource."""
    if config.state is RequestState.DISABLED:
        round_.board.amend(sid, replace(status, failed_nodes=()))
        round_.change(sid, ServiceState.STOPPED, Requested(config.state))


def _advance_recovery(
    round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig
) -> None:
    decision = round_.choose(sid, config, Preference.BEST)
    fenced, node = status.node, decision.node
    if node is None:
        round_.tell(RecoveryImpossible(sid, fenced), decision=decision)
        if config.state is RequestState.DISABLED:
            # never by way of request_stop: there is no LRM that could confirm the stop
            round_.board.amend(sid, replace(status, failed_nodes=()))
            round_.change(sid, ServiceState.STOPPED, Requested(config.state))
        return
    in_place = node == fenced
    round_.tell(RecoveredInPlace(sid, node) if in_place else Recovered(sid, fenced, node))
    _take_over(round_, sid, fenced, node)
    cause = TakenUpInPlace(node) if in_place else TakenOver(fenced, node)
    round_.change(sid, _running_or_stopping(config), cause, node=node, decision=decision)


def _take_over(round_: Round, sid: str, fenced: str, node: str) -> None:
    if sid not in round_.view.resources:
        raise RoundFailedError(f"{sid} is recovered but not configured any more")
    lock = round_.view.guest_locks.get(sid)
    if lock in REMOVABLE_LOCKS:
        round_.act(RemoveGuestLock(sid, lock))
        round_.tell(GuestLockRemoved(lock, sid))
    if round_.config(sid).node != fenced:
        raise RoundFailedError(f"{sid} is not on the fenced node {fenced}")
    round_.act(TakeOverGuest(sid, fenced, node))
    round_.taken_over[sid] = replace(round_.config(sid), node=node)
