"""Events of nodes, fencing, arming, scheduling, rules and operator commands."""

from virton.ha.events.base import Event, Severity, event


@event("node.state")
class NodeStateChanged(Event):
    """The manager sees a node in a new state."""

    node: str
    from_: str
    to: str


@event("node.gone", Severity.NOTICE)
class NodeGone(Event):
    """A node that is no cluster member any more was forgotten."""

    node: str


@event("node.fence_without_services", Severity.NOTICE)
class FenceWithoutServices(Event):
    """A node waits to be fenced although none of its resources does."""

    node: str


@event("node.watchdog_poweroff")
class WatchdogPoweroff(Event):
    """A watchdog that nobody updated switched its node off."""

    node: str


@event("fence.acknowledged")
class FenceAcknowledged(Event):
    """The lock of a lost node was had: the node is certainly not working any more."""

    node: str


@event("notify.fence_attempt", Severity.NOTIFICATION)
class NotifyFenceAttempt(Event):
    """The administrator is told that a node is being fenced."""

    node: str


@event("notify.fence_succeeded", Severity.NOTIFICATION)
class NotifyFenceSucceeded(Event):
    """The administrator is told that a node was fenced."""

    node: str


@event("arm.done")
class ArmDone(Event):
    """The HA stack protects the resources again."""


@event("arm.ignored", Severity.NOTICE)
class ArmIgnored(Event):
    """A request to arm came while the HA stack was armed."""


@event("disarm.complete")
class DisarmComplete(Event):
    """Every LRM is disarmed, and so is the HA stack."""


@event("disarm.deferred", Severity.WARNING)
class DisarmDeferred(Event):
    """Disarming waits for a resource that is on its way."""

    sid: str
    state: str


@event("disarm.ignored", Severity.NOTICE)
class DisarmIgnored(Event):
    """A request to disarm came while the HA stack was disarming or disarmed."""

    state: str


@event("disarm.taken_over")
class DisarmTakenOver(Event):
    """A new master took over a disarmed HA stack and opens no watchdog."""


@event("disarm.watchdog_released")
class DisarmWatchdogReleased(Event):
    """The master released its watchdog because the HA stack is disarmed."""


@event("scheduler.mode")
class SchedulerModeUsed(Event):
    """A new master measures load in a mode other than the basic one."""

    mode: str


@event("scheduler.mode_changed")
class SchedulerModeChanged(Event):
    """The mode of measuring load was changed."""

    from_: str
    to: str


@event("scheduler.fallback", Severity.WARNING)
class SchedulerFallback(Event):
    """The mode of measuring load lacks figures; resources are counted instead."""


@event("rule.dropped")
class RuleDropped(Event):
    """A rule is left out at run time."""

    rule: str
    reason: str


@event("groups_migration.started", Severity.NOTICE)
class GroupsMigrationStarted(Event):
    """The manager tries to turn the HA groups into rules for good."""


@event("groups_migration.node_state", Severity.NOTICE)
class GroupsMigrationNodeState(Event):
    """A node's state, looked at before the groups are migrated."""

    node: str
    state: str


@event("groups_migration.node_not_online", Severity.ERROR)
class GroupsMigrationNodeNotOnline(Event):
    """The groups cannot be migrated: a node is not online."""

    node: str


@event("groups_migration.lrm_state", Severity.NOTICE)
class GroupsMigrationLrmState(Event):
    """An LRM's state and mode, looked at before the groups are migrated."""

    node: str
    state: str
    mode: str


@event("groups_migration.lrm_not_active", Severity.ERROR)
class GroupsMigrationLrmNotActive(Event):
    """The groups cannot be migrated: an LRM is neither active nor idle."""

    node: str


@event("groups_migration.node_version", Severity.NOTICE)
class GroupsMigrationNodeVersion(Event):
    """A node's software version, looked at before the groups are migrated."""

    node: str
    version: str


@event("groups_migration.version_too_old", Severity.ERROR)
class GroupsMigrationVersionTooOld(Event):
    """The groups cannot be migrated: a node needs at least `version`."""

    node: str
    version: str


@event("groups_migration.rules_written", Severity.NOTICE)
class GroupsMigrationRulesWritten(Event):
    """The rules made of the groups were written."""


@event("groups_migration.resources_written", Severity.NOTICE)
class GroupsMigrationResourcesWritten(Event):
    """The resources were taken out of their groups."""


@event("groups_migration.groups_deleted", Severity.NOTICE)
class GroupsMigrationGroupsDeleted(Event):
    """The groups were deleted."""


@event("groups_migration.succeeded", Severity.NOTICE)
class GroupsMigrationSucceeded(Event):
    """The groups are rules now."""


@event("groups_migration.failed", Severity.ERROR)
class GroupsMigrationFailed(Event):
    """The groups stay groups for now."""


@event("groups_migration.retry", Severity.NOTICE)
class GroupsMigrationRetry(Event):
    """The migration of the groups will be tried again."""

    rounds: int
    seconds: int


@event("crm.command")
class CommandTaken(Event):
    """The manager took an operator's command."""

    command: str


@event("crm.command_follows")
class CommandFollows(Event):
    """A resource moves along because it is kept together with the one commanded."""

    command: str
    how: str
    sid: str
    target: str
    because: str


@event("crm.command_refused", Severity.ERROR)
class CommandRefused(Event):
    """A move was refused: on the target runs a resource that is kept apart."""

    command: str
    sid: str
    node: str
    because: str


@event("crm.command_already_there")
class CommandAlreadyThere(Event):
    """A move was ignored: the resource is on the target already."""

    command: str


@event("crm.command_no_such_resource", Severity.ERROR)
class CommandNoSuchResource(Event):
    """A command names a resource that is not managed."""

    command: str


@event("crm.command_node_offline", Severity.ERROR)
class CommandNodeOffline(Event):
    """A command names a node that is not online."""

    command: str


@event("crm.command_already_in_maintenance")
class CommandAlreadyInMaintenance(Event):
    """A node was to go into maintenance and is there already."""

    node: str


@event("crm.command_not_in_maintenance", Severity.WARNING)
class CommandNotInMaintenance(Event):
    """A node was to leave maintenance and is not in it."""

    node: str
    state: str


@event("crm.command_while_disarmed", Severity.WARNING)
class CommandWhileDisarmed(Event):
    """A node cannot go into maintenance while the HA stack is disarmed."""

    node: str


@event("crm.command_unknown", Severity.ERROR)
class CommandUnknown(Event):
    """A command could not be understood."""

    command: str
