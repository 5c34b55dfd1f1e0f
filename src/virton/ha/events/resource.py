"""Events of resources, as the manager tells them."""

from virton.ha.events.base import Event, Severity, event


@event("resource.added")
class ResourceAdded(Event):
    """A resource came under HA."""

    sid: str
    node: str


@event("resource.removed")
class ResourceRemoved(Event):
    """A resource left HA."""

    sid: str
    reason: str


@event("resource.state")
class ResourceStateChanged(Event):
    """A resource changed its state."""

    sid: str
    from_: str
    to: str
    node: str | None = None
    target: str | None = None
    timeout: int | None = None


@event("resource.location_fixed")
class LocationFixed(Event):
    """A stopped resource is on another node than the manager thought."""

    sid: str
    from_: str
    to: str


@event("resource.start_failed", Severity.WARNING)
class StartFailedOnNode(Event):
    """A resource could not be started on a node and will be tried elsewhere."""

    sid: str
    node: str


@event("resource.gave_up", Severity.ERROR)
class GaveUp(Event):
    """A resource could not be started anywhere and is in error now."""

    sid: str
    failed_nodes: tuple[str, ...]


@event("resource.unrecoverable", Severity.ERROR)
class Unrecoverable(Event):
    """A resource met an error for which there is no way on."""

    sid: str
    exit_code: int


@event("resource.retry_in_place", Severity.WARNING)
class RetryInPlace(Event):
    """Every node was tried in vain; the start is tried again where the resource is."""

    sid: str
    failed_nodes: tuple[str, ...]


@event("resource.relocation_succeeded")
class RelocationSucceeded(Event):
    """A resource runs again after it failed on other nodes."""

    sid: str
    node: str
    failed_nodes: tuple[str, ...]


@event("resource.stop_failed", Severity.ERROR)
class StopFailed(Event):
    """A resource could not be stopped."""

    sid: str
    exit_code: int


@event("resource.stop_requested")
class StopRequested(Event):
    """An operator wants a resource stopped within `timeout` seconds (0: hard)."""

    sid: str
    timeout: int


@event("resource.stop_ignored")
class StopIgnored(Event):
    """A resource was to be stopped and is."""

    sid: str


@event("resource.move")
class MoveRequested(Event):
    """A resource is moved: on an operator's command, or because it is no VM."""

    how: str
    sid: str
    target: str


@event("resource.move_live")
class MoveLive(Event):
    """The manager moves a running VM by its own decision."""

    how: str
    sid: str
    target: str


@event("resource.move_failed", Severity.ERROR)
class MoveFailed(Event):
    """A move failed; the resource stays where it is."""

    sid: str
    exit_code: int


@event("resource.move_failed_wrong_node", Severity.ERROR)
class MoveFailedWrongNode(Event):
    """A move failed because the guest is on another node than the manager thought."""

    sid: str


@event("resource.move_ignored_offline", Severity.ERROR)
class MoveIgnoredOffline(Event):
    """A move was not begun: its target went offline."""

    sid: str
    how: str
    node: str


@event("resource.move_ignored_same_node")
class MoveIgnoredSameNode(Event):
    """A move was not begun: the resource is there already."""

    sid: str
    how: str
    node: str


@event("resource.rebalanced")
class Rebalanced(Event):
    """Automatic re-balancing moves a resource; imbalances have two decimals."""

    how: str
    sid: str
    target: str
    imbalance_from: float
    imbalance_to: float


@event("resource.rebalance_on_start")
class RebalancedOnStart(Event):
    """The node for a resource's start was chosen: the `current` one or a `new` one.

    `node` is empty where no node may have it.
    """

    sid: str
    choice: str
    node: str


@event("resource.rebalance_on_start_ignored")
class RebalanceOnStartIgnored(Event):
    """A resource to be moved before its start runs already, and stays."""

    sid: str


@event("resource.rebalance_not_scored", Severity.WARNING)
class NotScored(Event):
    """Automatic re-balancing found no move: a resource that runs counts on no node."""

    sid: str | None


@event("resource.not_counted", Severity.WARNING)
class NotCounted(Event):
    """A resource is left out of the load, for want of figures."""

    sid: str


@event("resource.start_not_scored", Severity.ERROR)
class StartNotScored(Event):
    """The nodes could not be scored for a resource's start, for want of figures."""

    sid: str


@event("resource.recovered")
class Recovered(Event):
    """A resource of a fenced node is taken over by another one."""

    sid: str
    from_: str
    to: str


@event("resource.recovered_in_place")
class RecoveredInPlace(Event):
    """A resource of a fenced node is taken up again on the same node."""

    sid: str
    node: str


@event("resource.recovery_impossible", Severity.ERROR)
class RecoveryImpossible(Event):
    """There is no node for a resource of a fenced node yet."""

    sid: str
    node: str


@event("resource.lock_removed", Severity.WARNING)
class GuestLockRemoved(Event):
    """A leftover lock was removed from a recovered guest, so that it can start."""

    lock: str
    sid: str


@event("resource.returning_from_maintenance")
class ReturningFromMaintenance(Event):
    """A resource goes back to its node, which came back from maintenance."""

    sid: str
    node: str


@event("resource.maintenance_fallback_cleared")
class MaintenanceFallbackCleared(Event):
    """A resource never left its node during maintenance; there is nothing to return to."""

    sid: str
    node: str


@event("resource.maintenance_fallback_dropped")
class MaintenanceFallbackDropped(Event):
    """A resource will not return to the node that it left for maintenance."""

    node: str
    sid: str


@event("resource.frozen_by_disarm")
class FrozenByDisarm(Event):
    """Disarming froze a resource."""

    sid: str
    from_: str


@event("resource.suspended_by_disarm")
class SuspendedByDisarm(Event):
    """Disarming stops to follow a resource."""

    sid: str


@event("resource.moved_while_disarmed")
class MovedWhileDisarmed(Event):
    """A resource was found on another node when the HA stack was armed again."""

    sid: str
    from_: str
    to: str


@event("resource.unknown_request", Severity.ERROR)
class UnknownRequest(Event):
    """A resource's configuration asks for a state that the manager does not act upon."""

    sid: str
    state: str
