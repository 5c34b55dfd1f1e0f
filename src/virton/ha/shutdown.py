"""What an LRM does when it is to end: with its node, or in order to be restarted."""

from virton.frozen import frozen
from virton.ha.events import Event
from virton.ha.events.lrm import (
    RestartFreeze,
    RestartInMaintenance,
    ShutdownByMaintenance,
    ShutdownFreeze,
    ShutdownPolicyApplies,
    ShutdownPolicyIgnored,
    ShutdownStop,
)
from virton.ha.states import LrmMode, ShutdownPolicy


@frozen
class Shutdown:
    """Whether all resources are stopped first, the LRM's new mode (None: as it is), the news."""

    stop_all: bool
    mode: LrmMode | None
    events: tuple[Event, ...]


def decide_shutdown(
    action: str | None, policy: ShutdownPolicy, *, in_maintenance: bool
) -> Shutdown:
    """Decide by the cluster's policy; `action` is `shutdown`, `reboot` or None (LRM restart)."""
    if action is None:
        if in_maintenance:
            return Shutdown(False, None, (RestartInMaintenance(),))
        return Shutdown(False, LrmMode.RESTART, (RestartFreeze(),))
    applies = ShutdownPolicyApplies(policy)
    by_maintenance = policy is ShutdownPolicy.MIGRATE
    if in_maintenance:
        named = "maintenance" if by_maintenance else policy
        ignored = ShutdownPolicyIgnored(action, named)
        return Shutdown(not by_maintenance, None, (applies, ignored))
    if by_maintenance:
        return Shutdown(False, LrmMode.MAINTENANCE, (applies, ShutdownByMaintenance(action)))
    if _freezes(action, policy):
        return Shutdown(True, LrmMode.RESTART, (applies, ShutdownFreeze(action)))
    return Shutdown(True, LrmMode.SHUTDOWN, (applies, ShutdownStop("shutdown")))


def _freezes(action: str, policy: ShutdownPolicy) -> bool:
    if policy is ShutdownPolicy.CONDITIONAL:
        return action == "reboot"
    return policy is ShutdownPolicy.FREEZE
