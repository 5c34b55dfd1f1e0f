"""Events of the Local Resource Manager at work."""

from virton.ha.events.base import Event, Severity, event


@event("lrm.start")
class Starting(Event):
    """A resource is being started."""

    sid: str


@event("lrm.started")
class Started(Event):
    """A resource runs."""

    sid: str


@event("lrm.start_failed", Severity.WARNING)
class StartFailed(Event):
    """A resource did not start."""

    sid: str


@event("lrm.start_retry", Severity.WARNING)
class StartRetry(Event):
    """A failed start will be tried again on this node."""

    attempt: int
    sid: str


@event("lrm.start_gave_up", Severity.ERROR)
class StartGaveUp(Event):
    """A resource cannot be started on this node."""

    sid: str
    retries: int


@event("lrm.stop")
class Stopping(Event):
    """A resource is being stopped."""

    sid: str
    timeout: int | None = None


@event("lrm.stopped")
class Stopped(Event):
    """A resource does not run any more."""

    sid: str


@event("lrm.stop_failed")
class StopDidNotWork(Event):
    """A resource runs although it was to be stopped."""

    sid: str


@event("lrm.stop_for_relocate")
class StopForRelocate(Event):
    """A running resource is stopped in order to be moved."""

    sid: str


@event("lrm.move_started")
class MoveStarted(Event):
    """A resource is being moved."""

    sid: str
    how: str
    target: str


@event("lrm.move_ended")
class MoveEnded(Event):
    """A resource was moved."""

    sid: str
    how: str
    target: str


@event("lrm.move_failed", Severity.ERROR)
class MoveDidNotWork(Event):
    """A resource could not be moved."""

    sid: str


@event("lrm.container_live_move_unsupported", Severity.WARNING)
class ContainerLiveMoveUnsupported(Event):
    """A running container cannot be moved live; it is stopped, moved and started."""


@event("lrm.locked", Severity.ERROR)
class Locked(Event):
    """A guest's lock forbids an action (`start`, `shutdown`, `migrate`, `relocate`)."""

    sid: str
    lock: str
    action: str


@event("lrm.wrong_node", Severity.ERROR)
class WrongNode(Event):
    """A resource is not on this node."""

    sid: str


@event("lrm.missing_config", Severity.ERROR)
class MissingConfig(Event):
    """A resource is not configured any more."""

    sid: str


@event("lrm.error_state", Severity.ERROR)
class InErrorState(Event):
    """A resource is in error and waits for the administrator."""

    sid: str


@event("lrm.unknown_action", Severity.ERROR)
class UnknownAction(Event):
    """The manager wants something of a resource that an LRM does not do."""

    sid: str
    state: str


@event("lrm.action_failed", Severity.ERROR)
class ActionFailed(Event):
    """An action on a resource could not be carried out at all."""

    sid: str


@event("lrm.rebalance_on_start_ignored")
class RebalanceOnStartIgnoredLocally(Event):
    """A resource to be moved before its start runs already."""

    sid: str


@event("lrm.fence_requested", Severity.ERROR)
class FenceRequested(Event):
    """This node is to be fenced; its LRM lets go."""

    maintenance: bool | None = None


@event("lrm.disarmed")
class LrmDisarmed(Event):
    """The LRM gave back lock and watchdog because the HA stack is disarmed."""


@event("lrm.disarmed_in_maintenance")
class LrmDisarmedInMaintenance(Event):
    """The same, during maintenance."""


@event("lrm.shutdown_policy")
class ShutdownPolicyApplies(Event):
    """The node goes down; this policy decides what becomes of its resources."""

    policy: str


@event("lrm.shutdown_policy_ignored")
class ShutdownPolicyIgnored(Event):
    """The node goes down during maintenance, so the policy does not matter."""

    action: str
    policy: str


@event("lrm.shutdown_maintenance")
class ShutdownByMaintenance(Event):
    """The node goes down; its resources are moved away first."""

    action: str


@event("lrm.shutdown_freeze")
class ShutdownFreeze(Event):
    """The node goes down; its resources are stopped and stay its own."""

    action: str


@event("lrm.shutdown_stop")
class ShutdownStop(Event):
    """The node goes down; its resources are stopped and recovered elsewhere."""

    action: str


@event("lrm.shutdown_without_lock", Severity.ERROR)
class ShutdownWithoutLock(Event):
    """The LRM is to end without its lock while `running` resources are active."""

    running: int


@event("lrm.shutdown_lock_lost", Severity.ERROR)
class ShutdownLockLost(Event):
    """The LRM gives up waiting for its lock in order to restart."""


@event("lrm.restart_freeze")
class RestartFreeze(Event):
    """The LRM restarts; its resources are frozen meanwhile."""


@event("lrm.restart_in_maintenance")
class RestartInMaintenance(Event):
    """The LRM restarts during maintenance, when all its resources have moved."""
