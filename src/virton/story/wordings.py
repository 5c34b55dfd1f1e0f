"""The wordings of CRM and LRM in a node's journal, as data: each kind of event or fact, its text.

In a text `{name}` stands for a field: a word without blanks or quotes, or, with a form behind a
colon, a number (`int`, `float`), a list of nodes (`nodes`), a command or another text to the end of
the line (`text`), pairs (`pairs`), a rule's reason (`reason`), or words that no field keeps
(`{:words so and so}`, written as they stand). `[name=value]` behind the text sets a field.
"""

from collections.abc import Mapping
from enum import Enum


class Where(Enum):
    """Who writes a line: a node's daemons, the reference's simulator, or both."""

    BOTH = "both"
    NODE = "node"
    SIMULATOR = "simulator"


_BOTH: tuple[tuple[str, str], ...] = (
    ("daemon.state", "status change {from} => {to}"),
    ("daemon.shutdown_requested", "server received shutdown request"),
    (
        "daemon.round_skipped",
        "temporary inconsistent cluster state (cfs restart?), skip round",
    ),
    ("daemon.round_failed", "got unexpected error - {:words error during cfs-locked operation}"),
    ("daemon.status_read_failed", "could not read manager status: {:words no such file}"),
    (
        "daemon.status_read_failed",
        "updating service status from manager failed: {:words no such file}",
    ),
    ("daemon.status_write_failed", "unable to write lrm status file - {:words write failed}"),
    ("daemon.status_update_failed", "unable to update lrm status file - {:words write failed}"),
    ("daemon.idle", "cluster had no service configured for {rounds:int} rounds, going idle."),
    ("daemon.idle", "node had no service configured for {rounds:int} rounds, going idle."),
    ("lock.released", "voluntary release CRM lock"),
    ("scheduler.mode", "using scheduler mode '{mode}'"),
    ("scheduler.mode_changed", "switching scheduler mode from '{from}' to '{to}'"),
    ("lrm.shutdown_policy", "got shutdown request with shutdown policy '{policy}'"),
    (
        "lrm.shutdown_maintenance",
        "{action} LRM, doing maintenance, removing this node from active list",
    ),
    (
        "lrm.shutdown_policy_ignored",
        "{action} LRM, ignore {policy} policy as manual maintenance mode is enabled",
    ),
    (
        "lrm.shutdown_policy_ignored",
        "{action} LRM, ignore {policy} policy, already in maintenance mode",
    ),
    ("lrm.shutdown_freeze", "{action} LRM, stop and freeze all services"),
    ("lrm.shutdown_stop", "{action} LRM, stop all services"),
    ("lrm.restart_freeze", "restart LRM, freeze all services"),
    (
        "lrm.shutdown_without_lock",
        "got shutdown request in state 'lost_agent_lock' - detected {running:int} running services",
    ),
    ("lrm.disarmed", "HA disarm requested, releasing agent lock and watchdog"),
    (
        "lrm.disarmed_in_maintenance",
        "HA disarm requested during maintenance, releasing agent lock and watchdog",
    ),
    (
        "lrm.fence_requested",
        "node needs to be fenced during maintenance mode - releasing agent_lock [maintenance=true]",
    ),
    ("lrm.fence_requested", "node needs to be fenced - releasing agent_lock"),
    ("lrm.start", "starting service {sid}"),
    ("lrm.started", "service status {sid} started"),
    (
        "lrm.start_gave_up",
        "unable to start service {sid} on local node after {retries:int} retries",
    ),
    ("lrm.start_failed", "unable to start service {sid}"),
    ("lrm.start_retry", "restart policy: retry number {attempt:int} for service '{sid}'"),
    ("lrm.stop", "stopping service {sid} (timeout={timeout:int})"),
    ("lrm.stop", "stopping service {sid}"),
    ("lrm.stopped", "service status {sid} stopped"),
    ("lrm.stop_failed", "unable to stop service {sid} (still running)"),
    ("lrm.move_failed", "service {sid} not moved (migration error)"),
    ("lrm.wrong_node", "service '{sid}' not on this node"),
    ("lrm.missing_config", "missing resource configuration for '{sid}'"),
    (
        "lrm.error_state",
        "service {sid} is in an error state and needs manual intervention."
        "{:words  Look up 'ERROR RECOVERY' in the documentation.}",
    ),
    (
        "lrm.rebalance_on_start_ignored",
        "ignoring rebalance-on-start for service {sid} - already running",
    ),
    ("node.state", "node '{node}': state changed from '{from}' => '{to}'"),
    (
        "node.fence_without_services",
        "node '{node}' in fence state but no services to-fence! admin interference?!",
    ),
    ("node.gone", "deleting gone node '{node}', not a cluster member anymore."),
    ("fence.acknowledged", "fencing: acknowledged - got agent lock for node '{node}'"),
    ("resource.added", "adding new service '{sid}' on node '{node}'"),
    ("resource.removed", "removing stale service '{sid}' (no config) [reason=no config]"),
    (
        "resource.removed",
        "removing stale service '{sid}' (ignored state requested) [reason=ignored state requested]",
    ),
    ("resource.state", "service '{sid}': state changed from '{from}' to '{to}'{params:pairs}"),
    ("resource.location_fixed", "fixup service '{sid}' location ({from:name} => {to:name})"),
    ("resource.move_live", "{how} service '{sid}' to node '{target}' (running)"),
    ("resource.move", "{how} service '{sid}' to node '{target}'"),
    ("resource.recovered", "recover service '{sid}' from fenced node '{from}' to node '{to}'"),
    (
        "resource.recovered_in_place",
        "recover service '{sid}' to previous failed and fenced node '{node}' again",
    ),
    (
        "resource.recovery_impossible",
        "recovering service '{sid}' from fenced node '{node}' failed, no recovery node found",
    ),
    (
        "resource.lock_removed",
        "removed leftover lock '{lock}' from recovered service '{sid}' to allow its start.",
    ),
    (
        "resource.start_failed",
        "starting service {sid} on node '{node}' failed, relocating service.",
    ),
    (
        "resource.gave_up",
        "recovery policy for service {sid} failed, entering error state."
        " Failed nodes: {failed_nodes:nodes}",
    ),
    (
        "resource.relocation_succeeded",
        "relocation policy successful for '{sid}' on node '{node}',"
        " failed nodes: {failed_nodes:nodes}",
    ),
    (
        "resource.retry_in_place",
        "Start Error Recovery: Tried all available nodes for service '{sid}', retry start on"
        " current node. Tried nodes: {failed_nodes:nodes}",
    ),
    ("resource.stop_failed", "service '{sid}' stop failed (exit code {exit_code:int})"),
    ("resource.move_failed", "service '{sid}' - migration failed (exit code {exit_code:int})"),
    (
        "resource.move_failed_wrong_node",
        "service '{sid}' - migration failed: service registered on wrong node!",
    ),
    (
        "resource.move_ignored_offline",
        "ignore service '{sid}' {how} request - node '{node}' not online",
    ),
    (
        "resource.move_ignored_same_node",
        "ignore service '{sid}' {how} request - service already on node '{node}'",
    ),
    (
        "resource.unrecoverable",
        "service '{sid}' got unrecoverable error (exit code {exit_code:int})",
    ),
    (
        "resource.returning_from_maintenance",
        "moving service '{sid}' back to '{node}', node came back from maintenance.",
    ),
    (
        "resource.maintenance_fallback_cleared",
        "service '{sid}': clearing stale maintenance node '{node}' setting (is current node)",
    ),
    (
        "resource.maintenance_fallback_dropped",
        "dropping maintenance fallback node '{node}' for '{sid}'",
    ),
    (
        "resource.rebalance_on_start",
        "service {sid}: re-balance selected {choice} node {node:name} for startup",
    ),
    (
        "resource.rebalance_on_start_ignored",
        "service '{sid}' - rebalance-on-start request ignored - service already running",
    ),
    (
        "resource.rebalance_not_scored",
        "unable to score best balancing migration - leader '{sid}' is not present in the cluster"
        " usage",
    ),
    (
        "resource.rebalanced",
        "auto rebalance - {how} {sid} to {target} (expected change for imbalance from"
        " {imbalance_from:float} to {imbalance_to:float})",
    ),
    ("resource.stop_ignored", "ignore service '{sid}' stop request - service already stopped"),
    (
        "resource.stop_requested",
        "request immediate service hard-stop for service '{sid}' [timeout=0]",
    ),
    (
        "resource.stop_requested",
        "request graceful stop with timeout '{timeout:int}' for service '{sid}'",
    ),
    ("resource.frozen_by_disarm", "disarm: freezing service '{sid}' (was '{from}')"),
    ("resource.suspended_by_disarm", "disarm: suspending HA tracking for service '{sid}'"),
    (
        "resource.moved_while_disarmed",
        "service '{sid}': updating node '{from}' => '{to}' (changed while disarmed)",
    ),
    ("crm.command", "got crm command: {command:text}"),
    (
        "crm.command_follows",
        "crm command '{command:quoted}' - {how} service '{sid}' to node '{target}'"
        " (service '{sid}' in positive affinity with service '{because}')",
    ),
    (
        "crm.command_refused",
        "crm command '{command:quoted}' error - service '{sid}' on node '{node}' in negative"
        " affinity with service '{because}'",
    ),
    ("crm.command_node_offline", "crm command error - node not online: {command:text}"),
    ("crm.command_no_such_resource", "crm command error - no such service: {command:text}"),
    (
        "crm.command_already_there",
        "ignore crm command - service already on target node: {command:text}",
    ),
    (
        "crm.command_already_in_maintenance",
        "ignoring crm command - node {node} is already in maintenance state",
    ),
    (
        "crm.command_not_in_maintenance",
        "clearing maintenance of node {node} requested, but it's in state {state}",
    ),
    (
        "crm.command_while_disarmed",
        "ignoring maintenance command for node {node} - HA stack is disarmed",
    ),
    ("disarm.deferred", "deferring disarm - service '{sid}' is in '{state}' state"),
    ("disarm.complete", "all LRMs disarmed, HA stack is now fully disarmed"),
    ("disarm.watchdog_released", "HA stack fully disarmed, releasing CRM watchdog"),
    ("disarm.ignored", "ignoring disarm-ha command - already in disarm state ({state})"),
    ("disarm.taken_over", "taking over as disarmed master, skipping watchdog"),
    ("arm.ignored", "ignoring arm-ha command - HA stack is not disarmed"),
    ("arm.done", "re-arming HA stack"),
    ("rule.dropped", "Drop rule '{rule}', because {reason:reason}."),
    ("groups_migration.started", "start ha group migration..."),
    ("groups_migration.node_state", "ha groups migration: node '{node}' is in state '{state}'"),
    (
        "groups_migration.lrm_state",
        "ha groups migration: lrm '{node}' is in state '{state}' and mode '{mode}'",
    ),
    ("groups_migration.node_version", "ha groups migration: node '{node}' has version '{version}'"),
    (
        "groups_migration.rules_written",
        "ha groups migration: migration to rules config successful",
    ),
    (
        "groups_migration.resources_written",
        "ha groups migration: migration to resources config successful",
    ),
    ("groups_migration.groups_deleted", "ha groups migration: group config deletion successful"),
    ("groups_migration.succeeded", "ha groups migration successful"),
    ("groups_migration.failed", "ha groups migration failed"),
    (
        "groups_migration.version_too_old",
        "abort ha groups migration: node '{node}' needs at least pve-manager version '{version}'",
    ),
    (
        "groups_migration.lrm_not_active",
        "abort ha groups migration: lrm '{node}' is not in mode 'active'",
    ),
    ("groups_migration.node_not_online", "abort ha groups migration: node '{node}' is not online"),
    (
        "groups_migration.retry",
        "retry ha groups migration in {rounds:int} rounds (~ {seconds:int} seconds)",
    ),
)

_NODE: tuple[tuple[str, str], ...] = (
    ("lock.acquired", "successfully acquired lock '{lock}'"),
    # The reference leaves the quote open.
    ("lock.lost", "lost lock '{lock} - cfs lock update failed - {because:text}"),
    ("lock.lost", "lost lock '{lock} - can't get cfs lock"),
    ("watchdog.opened", "watchdog active"),
    ("watchdog.closed", "watchdog closed (disabled)"),
    ("watchdog.update_failed", "watchdog update failed - {:words broken pipe}"),
    ("daemon.starting", "starting server"),
    ("daemon.stopped", "server stopped"),
    ("daemon.signal", "received signal {signal}"),
    ("daemon.restarting", "restarting server"),
    ("daemon.restarting", "server closing"),
    ("daemon.restarting", "server shutdown (restart)"),
    ("daemon.slow_round", "loop took too long ({seconds:int} seconds)"),
    ("task.started", "<{user}> starting task {upid}"),
    ("task.ended", "<{user}> end task {upid} {status:text}"),
    ("task.worker", "start VM {vmid:int}: {upid}"),
    ("task.worker", "shutdown VM {vmid:int}: {upid}"),
    ("task.worker", "stop VM {vmid:int}: {upid}"),
    ("task.worker", "starting CT {vmid:int}: {upid}"),
    ("task.worker", "shutdown CT {vmid:int}: {upid}"),
    ("task.worker", "stopping CT {vmid:int}: {upid}"),
    ("task.worker", "stop CT {vmid:int}: {upid}"),
    ("task.failed", "start failed: {because:text}"),
    ("task.offline_migration", "VM isn't running. Doing offline migration instead."),
)

_SIMULATOR: tuple[tuple[str, str], ...] = (
    ("node.watchdog_poweroff", "server '{node}' stopped by poweroff (watchdog)"),
    ("daemon.exited", "exit (loop end)"),
    ("daemon.killed", "killed by poweroff"),
    ("lock.acquired", "got lock '{lock}'"),
    ("notify.fence_attempt", "FENCE: Try to fence node '{node}'"),
    ("notify.fence_succeeded", "SUCCEED: fencing: acknowledged - got agent lock for node '{node}'"),
    ("lrm.stop_for_relocate", "stopping service {sid} (relocate)"),
    ("lrm.move_started", "service {sid} - start {how} to node '{target}'"),
    ("lrm.move_ended", "service {sid} - end {how} to node '{target}'"),
    ("lrm.locked", "service '{sid}' locked ({lock}), unable to {action}!"),
    (
        "lrm.container_live_move_unsupported",
        "unable to live migrate running container, fallback to relocate",
    ),
)

WORDINGS: Mapping[Where, tuple[tuple[str, str], ...]] = {
    Where.BOTH: _BOTH,
    Where.NODE: _NODE,
    Where.SIMULATOR: _SIMULATOR,
}
"""Kind and text, by who writes it; of several texts of a kind the first that fits is written."""

REASONS: tuple[tuple[str, str], ...] = (
    (
        "resource-in-several-node-rules",
        "resource '{sid}' is already used in another node affinity rule",
    ),
    ("fewer-than-two-resources", "rule is ineffective as there are less than two resources"),
    ("more-resources-than-nodes", "rule defines more resources than available nodes"),
    (
        "contradicts-resource-rule",
        "rule shares two or more resources with a negative resource affinity rule",
    ),
    (
        "contradicts-resource-rule",
        "rule shares two or more resources with a positive resource affinity rule",
    ),
    (
        "priorities-with-resource-rule",
        "resources are in a resource affinity rule and cannot be in a node affinity rule with"
        " multiple priorities",
    ),
    (
        "priorities-with-resource-rule",
        "resources are in node affinity rules with multiple priorities",
    ),
    ("together-across-node-rules", "resources are in multiple node affinity rules"),
    (
        "together-across-node-rules",
        "at least one resource is in a positive resource affinity rule and there are other"
        " resources in at least one other node affinity rule already",
    ),
    (
        "apart-on-too-few-nodes",
        "two or more resources are restricted to less nodes than available to the resources",
    ),
    (
        "apart-on-too-few-nodes",
        "at least one resource is in a negative resource affinity rule and this rule would restrict"
        " these to less nodes than available to the resources",
    ),
)
"""Why a rule is left out: the reason as events name it, and its text."""
