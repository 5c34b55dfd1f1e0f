"""Legacy HA groups: read as rules at once, and turned into rules for good when all nodes can."""

import re
from collections.abc import Mapping
from dataclasses import replace

from virton.ha.events.cluster import (
    GroupsMigrationFailed,
    GroupsMigrationGroupsDeleted,
    GroupsMigrationLrmNotActive,
    GroupsMigrationLrmState,
    GroupsMigrationNodeNotOnline,
    GroupsMigrationNodeState,
    GroupsMigrationNodeVersion,
    GroupsMigrationResourcesWritten,
    GroupsMigrationRetry,
    GroupsMigrationRulesWritten,
    GroupsMigrationStarted,
    GroupsMigrationSucceeded,
    GroupsMigrationVersionTooOld,
)
from virton.ha.lrm_duty import active_count
from virton.ha.manager.nodes import NodeWatch, Tell
from virton.ha.manager.plan import Plan, ReplaceGroups
from virton.ha.manager.view import View
from virton.ha.model import GroupConfig, ServiceTable
from virton.ha.rules.groups import failback_from_groups, rules_from_groups
from virton.ha.states import LrmMode, LrmState, NodeState

MINIMUM_VERSION = "9.0.0~16"
RETRY_ROUNDS = 6
FIRST_TRY_ROUNDS = 3
_ROUND_S = 10


class GroupsMigration:
    """Waits between the attempts to migrate; a new master begins to wait anew."""

    def __init__(self, rounds_left: int = FIRST_TRY_ROUNDS) -> None:
        self.rounds_left = rounds_left

    def attempt(self, view: View, nodes: NodeWatch, services: ServiceTable, plan: Plan) -> View:
        """Migrate the groups if it is time and all nodes can; return the view as it is then."""
        if not view.groups:
            return view
        self.rounds_left -= 1
        if self.rounds_left > 0:
            return view
        self.rounds_left = RETRY_ROUNDS
        tell = plan.tell
        tell(GroupsMigrationStarted())
        if view.quorate and all(
            _can_migrate(n, view, nodes, services, tell) for n in nodes.names()
        ):
            return _migrate(view, plan)
        tell(GroupsMigrationFailed())
        tell(GroupsMigrationRetry(RETRY_ROUNDS, RETRY_ROUNDS * _ROUND_S))
        return view


def _can_migrate(
    node: str, view: View, nodes: NodeWatch, services: ServiceTable, tell: Tell
) -> bool:
    """Look at one node; False if it keeps the groups from being migrated."""
    state = nodes.state(node)
    tell(GroupsMigrationNodeState(node, state))
    if state is not NodeState.ONLINE:
        tell(GroupsMigrationNodeNotOnline(node))
        return False
    lrm = view.lrm.get(node)
    if lrm is None:
        tell(GroupsMigrationLrmNotActive(node))
        return False
    tell(GroupsMigrationLrmState(node, lrm.state, lrm.mode))
    waiting = lrm.state is LrmState.WAIT_FOR_AGENT_LOCK
    idle = waiting and not active_count(services.on_node(node))
    if not (lrm.state is LrmState.ACTIVE or idle) or lrm.mode is not LrmMode.ACTIVE:
        tell(GroupsMigrationLrmNotActive(node))
        return False
    version = view.versions.get(node)
    if version is None:
        return False
    tell(GroupsMigrationNodeVersion(node, version))
    if not is_at_least(version, MINIMUM_VERSION):
        tell(GroupsMigrationVersionTooOld(node, MINIMUM_VERSION))
        return False
    return True


def _migrate(view: View, plan: Plan) -> View:
    rules = rules_from_groups(view.rules, view.groups, view.resources)
    adjusted = failback_from_groups(view.groups, view.resources)
    grouped = tuple(sorted(sid for sid, config in adjusted.items() if config.group))
    failback_off = tuple(sid for sid in grouped if not adjusted[sid].failback)
    plan.acts.append(ReplaceGroups(rules, grouped, failback_off))
    plan.events += (
        GroupsMigrationRulesWritten(),
        GroupsMigrationResourcesWritten(),
        GroupsMigrationGroupsDeleted(),
        GroupsMigrationSucceeded(),
    )
    resources = {
        sid: replace(config, group=None, failback=config.failback and adjusted[sid].failback)
        for sid, config in view.resources.items()
    }
    return replace(view, rules=rules, groups={}, resources=resources)


def with_group_failback(view: View) -> View:
    """Return the view with the failback that the resources' groups want."""
    if not any(config.group for config in view.resources.values()):
        return view
    return replace(view, resources=failback_from_groups(view.groups, view.resources))


def with_named_groups(view: View) -> Mapping[str, GroupConfig]:
    """Return the groups, and an empty one for each that a resource names but that is not there."""
    named = sorted({config.group for config in view.resources.values() if config.group})
    return {group: GroupConfig({}) for group in named if group not in view.groups} | dict(
        view.groups
    )


def is_at_least(version: str, minimum: str) -> bool:
    """Compare versions such as `9.0.0~16`, where `~16` comes before the release `9.0.0`."""
    return _parts(version) >= _parts(minimum)


def _parts(version: str) -> tuple[float, ...]:
    match = re.match(r"(\d+)\.(\d+)(?:\.|-)(\d+)(?:~(\d+))?", version)
    if match is None:
        return ()
    major, minor, patch, revision = match.groups()
    before_release = float("inf") if revision is None else float(revision)
    return (float(major), float(minor), float(patch), before_release)
