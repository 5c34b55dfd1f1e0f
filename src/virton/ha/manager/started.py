"""The next state of a started resource: keep it running, where it should be."""

from collections.abc import Callable
from dataclasses import replace

from virton.ha.causes import (
    Cause,
    NoWayOn,
    Requested,
    StartFailure,
    StartsExhausted,
    why_moved,
)
from virton.ha.events.resource import (
    GaveUp,
    MaintenanceFallbackCleared,
    MaintenanceFallbackDropped,
    MoveIgnoredOffline,
    MoveIgnoredSameNode,
    MoveLive,
    MoveRequested,
    RelocationSucceeded,
    RetryInPlace,
    ReturningFromMaintenance,
    StartFailedOnNode,
    StopRequested,
    UnknownRequest,
    Unrecoverable,
)
from virton.ha.manager.plan import RequestStopped
from virton.ha.manager.round import Round
from virton.ha.model import LrmResult, Motion, ResourceConfig, ServiceStatus, resource_type
from virton.ha.placement.choice import Preference, stays_freely
from virton.ha.placement.reasons import Decision
from virton.ha.states import ExitCode, NodeState, RequestState, ServiceState


def at_rest(round_: Round) -> Callable[[str, ServiceStatus], bool]:
    """Return what tells at once that to advance a resource would do nothing.

    It says so only of what is wanted to run, runs well where it is, and is drawn nowhere: nearly
    all, nearly always. The others have to be advanced to know.
    """
    online, ground, lrm = round_.nodes.online, round_.ground, round_.view.lrm
    results, resources, taken_over = round_.results, round_.view.resources, round_.taken_over
    settling = round_.restarting

    def rests(sid: str, status: ServiceStatus) -> bool:
        node = status.node
        if status.state is not ServiceState.STARTED or status.cmd is not None:
            return False
        if node not in online or node in settling:
            return False
        config = taken_over.get(sid) or resources.get(sid)
        if config is None or config.state is not RequestState.STARTED:
            return False
        result = results.get(status.uid)
        if result is not None:
            if result.exit_code != ExitCode.SUCCESS or status.failed_nodes or not status.running:
                return False
            if node not in lrm or status.uid not in lrm[node].results:
                return False
        return stays_freely(sid, status, ground)

    return rests


def advance_started(round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig) -> None:
    """Stop, move, place or go on, in this order."""
    result = round_.result(status)
    if status.node not in round_.nodes.online:
        if not _leaves_for_maintenance(round_, sid, status):
            return
        status = round_.board[sid]
    if config.state in (RequestState.DISABLED, RequestState.STOPPED):
        round_.change(sid, ServiceState.REQUEST_STOP, Requested(config.state))
    elif config.state is not RequestState.STARTED:
        round_.tell(UnknownRequest(sid, config.state))
    elif status.cmd is not None:
        _obey(round_, sid, status)
    else:
        _keep_running(round_, sid, status, config, result)


def _leaves_for_maintenance(round_: Round, sid: str, status: ServiceStatus) -> bool:
    """Look at a resource whose node is not online; True if that is for maintenance."""
    if round_.is_lost(status.node):
        round_.change(sid, ServiceState.FENCE, round_.loss(status.node))
    if round_.nodes.state(status.node) is not NodeState.MAINTENANCE:
        return False
    round_.board.amend(sid, replace(round_.board[sid], maintenance_node=status.node))
    return True


def _obey(round_: Round, sid: str, status: ServiceStatus) -> None:
    """Act on the operator's command."""
    cmd = status.cmd
    if not isinstance(cmd, Motion):
        timeout = 0 if cmd is None else cmd.timeout
        round_.tell(StopRequested(sid, timeout))
        round_.change(sid, ServiceState.REQUEST_STOP, round_.wish(sid), timeout=timeout)
        round_.act(RequestStopped(sid))
    elif not round_.nodes.is_online(cmd.target):
        round_.tell(MoveIgnoredOffline(sid, cmd.how, cmd.target))
    elif status.node == cmd.target:
        round_.tell(MoveIgnoredSameNode(sid, cmd.how, cmd.target))
    else:
        round_.tell(MoveRequested(cmd.how, sid, cmd.target))
        wish, state = round_.wish(sid), ServiceState(cmd.how)
        round_.change(sid, state, wish, node=status.node, target=cmd.target)
    round_.board.amend(sid, replace(round_.board[sid], cmd=None))


def _keep_running(
    round_: Round,
    sid: str,
    status: ServiceStatus,
    config: ResourceConfig,
    result: LrmResult | None,
) -> None:
    preference = Preference.STAY
    if result is not None:
        wanted = _judge(round_, sid, status, config, result)
        if wanted is None:
            return
        preference, status = wanted, round_.board[sid]
    if preference is Preference.STAY and stays_freely(sid, status, round_.ground):
        _renew_unless_well(round_, sid, status, result)
        return
    decision = round_.choose(sid, config, preference)
    node = decision.node
    if node is not None and node != status.node:
        _move(round_, decision, node, _why(decision, result))
        return
    tried_all = preference is Preference.NEXT and node is None
    _note_staying(round_, decision, tried_all=tried_all)
    _renew_unless_well(round_, sid, round_.board[sid], result)


def _renew_unless_well(
    round_: Round, sid: str, status: ServiceStatus, result: LrmResult | None
) -> None:
    if result is not None and not _runs_well(round_, status, result):
        # the next attempt needs a result of its own
        round_.board.renew(sid)


def _runs_well(round_: Round, status: ServiceStatus, result: LrmResult) -> bool:
    """Tell whether it runs by the word of the LRM where it is, not by that of where it was."""
    lrm = round_.view.lrm.get(status.node)
    here = lrm is not None and status.uid in lrm.results
    return here and result.exit_code == ExitCode.SUCCESS


def _why(decision: Decision, result: LrmResult | None) -> Cause:
    """Return why a resource moves: its start failed, or there is something against its node."""
    if result is None or result.exit_code == ExitCode.SUCCESS:
        return why_moved(decision)
    return StartFailure(decision.choice.current, result.exit_code)


def _judge(
    round_: Round, sid: str, status: ServiceStatus, config: ResourceConfig, result: LrmResult
) -> Preference | None:
    """Note how the start ended; return what to look for next, None if it is in error now."""
    if result.exit_code == ExitCode.SUCCESS:
        if status.failed_nodes:
            round_.tell(RelocationSucceeded(sid, status.node, status.failed_nodes))
        if status.failed_nodes or not status.running:
            round_.board.amend(sid, replace(status, failed_nodes=(), running=True))
        return Preference.STAY
    failed = (*status.failed_nodes, status.node)
    if result.exit_code not in (ExitCode.ERROR, ExitCode.WRONG_NODE):
        round_.board.amend(sid, replace(status, failed_nodes=failed))
        round_.tell(Unrecoverable(sid, result.exit_code))
        round_.change(sid, ServiceState.ERROR, NoWayOn(status.node, result.exit_code))
        return None
    round_.board.amend(sid, replace(status, failed_nodes=failed, running=False))
    if len(failed) > config.max_relocate:
        round_.tell(GaveUp(sid, failed))
        round_.change(sid, ServiceState.ERROR, StartsExhausted(failed, config.max_relocate))
        return None
    round_.tell(StartFailedOnNode(sid, status.node))
    return Preference.NEXT


def _move(round_: Round, decision: Decision, node: str, cause: Cause) -> None:
    sid = decision.sid
    status = round_.board[sid]
    fallback = status.maintenance_node
    if fallback == node:
        round_.tell(ReturningFromMaintenance(sid, node))
        round_.board.amend(sid, replace(status, maintenance_node=None))
    elif fallback is not None and status.node != fallback:
        round_.tell(MaintenanceFallbackDropped(fallback, sid))
        round_.board.amend(sid, replace(status, maintenance_node=None))
    live = resource_type(sid) == "vm"
    state = ServiceState.MIGRATE if live else ServiceState.RELOCATE
    round_.tell(MoveLive(state, sid, node) if live else MoveRequested(state, sid, node))
    round_.change(sid, state, cause, node=status.node, target=node, decision=decision)


def _note_staying(round_: Round, decision: Decision, *, tried_all: bool) -> None:
    sid = decision.sid
    status = round_.board[sid]
    if tried_all:
        round_.tell(RetryInPlace(sid, status.failed_nodes), decision=decision)
    if status.maintenance_node == status.node and round_.nodes.is_online(status.node):
        # it never ran elsewhere, as after a shutdown of the whole cluster
        round_.tell(MaintenanceFallbackCleared(sid, status.node))
        round_.board.amend(sid, replace(status, maintenance_node=None))
