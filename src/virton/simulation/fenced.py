"""Who holds the lock of a node that was fenced, as far as its manager's status tells.

To fence a node the manager takes its lock. A node that returns waits until that has run out, up to
two minutes after it was fenced: its guests lie there as "starting" meanwhile.
"""

from collections.abc import Callable, Mapping

from virton.ha.environment import agent_lock
from virton.ha.lrm_duty import duty
from virton.ha.model import ManagerStatus
from virton.ha.states import NodeState, ServiceState
from virton.simulation.timing import LOCK_LIFETIME_S
from virton.simulation.value import HoldValue, LockValue

FENCED_AFTER_S = 135
"""After how long from its LRM's last round a lost node is fenced: recordings show 130 to 140 s."""


def lock_of_fenced(
    status: ManagerStatus, node: str, master: str | None, age_s: int, now_s: int = 0
) -> LockValue | None:
    """Return the lock of a node that is off, if the master has taken it to fence the node.

    `age_s` is how long ago the node's LRM wrote last.
    """
    if master in (None, node) or age_s <= LOCK_LIFETIME_S:
        return None
    left = (service.state for _, service in duty(status, node).own)
    away = status.node_status.get(node) is NodeState.UNKNOWN
    if not away or any(state is not ServiceState.RECOVERY for state in left):
        return None
    return LockValue(str(master), now_s - max(0, age_s - FENCED_AFTER_S))


def holds_of(
    locks: Mapping[str, LockValue], works: Callable[[str, str], bool]
) -> dict[str, dict[str, HoldValue]]:
    """Return which daemons know that they hold a lock: those that work, told by node and kind.

    A node's own lock is its LRM's; the manager's, and those of fenced nodes, are the CRM's.
    """
    holds: dict[str, dict[str, HoldValue]] = {}
    for name, lock in locks.items():
        kind = "lrm" if name == agent_lock(lock.node) else "crm"
        if works(lock.node, kind):
            holds.setdefault(f"{lock.node}/{kind}", {})[name] = HoldValue(lock.renewed_s)
    return holds
