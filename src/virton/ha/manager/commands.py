"""Commands of the operator, as queued by API and shell (`crm_commands`)."""

from dataclasses import replace

from virton.ha.causes import Cause, Commanded, Follows
from virton.ha.events.cluster import (
    ArmIgnored,
    CommandAlreadyInMaintenance,
    CommandAlreadyThere,
    CommandFollows,
    CommandNodeOffline,
    CommandNoSuchResource,
    CommandNotInMaintenance,
    CommandRefused,
    CommandTaken,
    CommandUnknown,
    CommandWhileDisarmed,
    DisarmIgnored,
)
from virton.ha.events.resource import MovedWhileDisarmed, SuspendedByDisarm
from virton.ha.manager.plan import TakeCommands
from virton.ha.manager.round import Round
from virton.ha.model import Disarm, Motion, StopRequest
from virton.ha.rules.motion import is_bound_for
from virton.ha.states import DisarmMode, NodeState


def take_commands(round_: Round) -> None:
    """Take every queued command."""
    if round_.view.commands:
        round_.act(TakeCommands(len(round_.view.commands)))
    for command in round_.view.commands:
        _take(round_, command)


def _take(round_: Round, command: str) -> None:
    match command.split():
        case ["migrate" | "relocate" as how, sid, node]:
            _take_motion(round_, command, how, sid, node)
        case ["stop", sid, timeout]:
            _take_stop(round_, command, sid, int(timeout))
        case ["enable-node-maintenance", node]:
            _enable_maintenance(round_, command, node)
        case ["disable-node-maintenance", node]:
            _disable_maintenance(round_, node)
        case ["disarm-ha", "freeze" | "ignore" as mode]:
            _disarm(round_, command, DisarmMode(mode))
        case ["arm-ha"]:
            _arm(round_, command)
        case _:
            round_.tell(CommandUnknown(command))


def _take_motion(round_: Round, command: str, how: str, sid: str, node: str) -> None:
    if sid not in round_.board:
        round_.tell(CommandNoSuchResource(command))
    elif not round_.nodes.is_online(node):
        round_.tell(CommandNodeOffline(command))
    elif round_.board[sid].node == node:
        round_.tell(CommandAlreadyThere(command))
    else:
        queue_motion(round_, how, sid, node, Commanded(command))


def queue_motion(round_: Round, how: str, sid: str, node: str, cause: Cause) -> None:
    """Have a resource moved with those kept together with it, unless others keep apart."""
    command = f"{how} {sid} {node}"
    for other in sorted(round_.rules.apart.get(sid, ())):
        status = round_.board.statuses.get(other)
        if status is not None and is_bound_for(node, status.node, status.target):
            round_.tell(CommandRefused(command, other, node, sid))
            return
    round_.tell(CommandTaken(command))
    motion = Motion(how, node)
    round_.board.amend(sid, replace(round_.board[sid], cmd=motion))
    round_.board.wishes[sid] = cause
    for other in followers(round_, sid, node):
        round_.tell(CommandFollows(command, how, other, node, sid))
        round_.board.amend(other, replace(round_.board[other], cmd=motion))
        round_.board.wishes[other] = Follows(sid, node, round_.rules.why_together(sid, other))


def followers(round_: Round, sid: str, node: str) -> list[str]:
    """Return the resources that must move along, because they are kept together."""
    companions = sorted(round_.rules.together.get(sid, ()))
    statuses = ((other, round_.board[other]) for other in companions if other in round_.board)
    return [other for other, s in statuses if s.node != node and s.target != node]


def _take_stop(round_: Round, command: str, sid: str, timeout: int) -> None:
    if sid not in round_.board:
        round_.tell(CommandNoSuchResource(command))
        return
    round_.tell(CommandTaken(command))
    round_.board.amend(sid, replace(round_.board[sid], cmd=StopRequest(timeout)))
    round_.board.wishes[sid] = Commanded(command)


def _enable_maintenance(round_: Round, command: str, node: str) -> None:
    state = round_.nodes.state(node)
    if round_.disarm is not None:
        round_.tell(CommandWhileDisarmed(node))
    elif state is NodeState.ONLINE:
        round_.maintenance.add(node)
    elif state is NodeState.MAINTENANCE:
        round_.tell(CommandAlreadyInMaintenance(node))
    else:
        round_.tell(CommandNodeOffline(command))


def _disable_maintenance(round_: Round, node: str) -> None:
    state = round_.nodes.state(node)
    if state is not NodeState.MAINTENANCE:
        round_.tell(CommandNotInMaintenance(node, state))
    round_.maintenance.discard(node)


def _disarm(round_: Round, command: str, mode: DisarmMode) -> None:
    if round_.disarm is not None:
        round_.tell(DisarmIgnored(round_.disarm.state))
        return
    round_.tell(CommandTaken(command))
    if mode is DisarmMode.IGNORE:
        for sid in round_.board:
            round_.tell(SuspendedByDisarm(sid))
    round_.disarm = Disarm(mode)


def _arm(round_: Round, command: str) -> None:
    if round_.disarm is None:
        round_.tell(ArmIgnored())
        return
    round_.tell(CommandTaken(command))
    if round_.disarm.mode is DisarmMode.IGNORE:
        _follow_moved_guests(round_)
    round_.disarm = None


def _follow_moved_guests(round_: Round) -> None:
    """Find the guests that were moved while nobody looked."""
    for sid in round_.board:
        status, config = round_.board[sid], round_.view.resources.get(sid)
        if config is not None and config.node is not None and config.node != status.node:
            round_.tell(MovedWhileDisarmed(sid, status.node, config.node))
            round_.board.amend(sid, replace(status, node=config.node))
