"""Automatic re-balancing: one move (with what is kept together) when load stays uneven."""

from virton.ha.causes import EvensLoad
from virton.ha.events.resource import Rebalanced
from virton.ha.manager.commands import queue_motion
from virton.ha.manager.round import Round
from virton.ha.model import Motion, SchedulerSettings, ServiceStatus, resource_type
from virton.ha.placement.choice import open_nodes
from virton.ha.placement.load import BestMove, Candidate
from virton.ha.states import SchedulerMode, ServiceState

_MOVING = (ServiceState.MIGRATE, ServiceState.RELOCATE)


class Balancer:
    """Counts the rounds of too great an imbalance; a new master begins to count anew."""

    def __init__(self, rounds: int = 0) -> None:
        self.rounds = rounds

    def balance(self, round_: Round) -> None:
        """Queue a move if the imbalance was too great for long enough and the move helps."""
        settings = round_.view.settings.scheduler
        if not settings.auto_rebalance or settings.mode is SchedulerMode.BASIC:
            return
        if _anything_moves(round_):
            return
        before = round_.board.load().imbalance()
        if not self._lasts(before, settings):
            return
        move = round_.board.load().best_move(candidates(round_), settings.method)
        round_.board.load.report()
        if move is not None and (before - move.imbalance) / before >= settings.margin:
            _queue(round_, move, before)

    def _lasts(self, imbalance: float, settings: SchedulerSettings) -> bool:
        if imbalance <= settings.threshold:
            self.rounds = 0
            return False
        self.rounds += 1
        if self.rounds < settings.hold_rounds:
            return False
        self.rounds = 0
        return True


def _anything_moves(round_: Round) -> bool:
    return any(
        status.state in _MOVING or isinstance(status.cmd, Motion)
        for status in round_.board.statuses.values()
    )


def _queue(round_: Round, move: BestMove, before: float) -> None:
    how = "migrate" if resource_type(move.sid) == "vm" else "relocate"
    change = (round(before, 2), round(move.imbalance, 2))
    round_.tell(Rebalanced(how, move.sid, move.target, *change))
    queue_motion(round_, how, move.sid, move.target, EvensLoad(*change))


def candidates(round_: Round) -> list[Candidate]:
    """Return what could be moved: running resources that stand still, and the nodes open to them.

    Resources kept together move as one, led by the first of them by name.
    """
    found: dict[str, Candidate] = {}
    for sid in round_.board:
        bundle = _bundle(round_, sid)
        if not bundle:
            continue
        leader = bundle[0]
        nodes = open_nodes(leader, round_.ground) - {round_.board[leader].node}
        if nodes and round_.config(leader).auto_rebalance:
            found[leader] = Candidate(leader, sorted(nodes), bundle)
    return [found[leader] for leader in sorted(found)]


def _bundle(round_: Round, sid: str) -> list[str]:
    """Return the started resources kept together with one; none if they are apart or moving."""
    own = round_.board[sid]
    if own.state is not ServiceState.STARTED:
        return []
    companions: dict[str, ServiceStatus] = {
        other: round_.board[other]
        for other in round_.rules.together.get(sid, ())
        if other in round_.board
    }
    if any(status.state in _MOVING for status in companions.values()):
        return []
    started = {o: s for o, s in companions.items() if s.state is ServiceState.STARTED}
    if any(status.node != own.node for status in started.values()):
        return []
    return sorted([sid, *started])
