"""Why a resource is where it is now: the choice that the manager would make at this moment."""

from virton.ha.manager.manager import Manager
from virton.ha.model import ResourceConfig
from virton.ha.placement.choice import Ground, Preference, choose
from virton.ha.placement.reasons import Decision
from virton.ha.states import ServiceState

_ANEW = (ServiceState.RECOVERY, ServiceState.REQUEST_START_BALANCE)


def why_now(manager: Manager, sid: str, config: ResourceConfig) -> Decision | None:
    """Place a resource as the manager would after its last round; None if it does not know it.

    A resource to be recovered is placed anew, any other one stays if it may.
    """
    board = manager.board
    if sid not in board or not board.load.begun:
        return None
    status = board[sid]
    ground = Ground(
        dict(manager.nodes.states), manager.nodes.online, manager.rules, board.statuses, board.load
    )
    preference = Preference.BEST if status.state in _ANEW else Preference.STAY
    return Decision(sid, choose(sid, status, config, ground, preference), ground)
