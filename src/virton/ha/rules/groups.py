"""Legacy HA groups as rules: a group becomes the node rule of the resources in it."""

from collections.abc import Mapping
from dataclasses import replace

from virton.ha.model import GroupConfig, ResourceConfig
from virton.ha.rules.config import NodeAffinityRule, RuleSet


def rules_from_groups(
    rules: RuleSet, groups: Mapping[str, GroupConfig], resources: Mapping[str, ResourceConfig]
) -> RuleSet:
    """Add a node rule `ha-group-<group>` for every group that holds resources.

    Each gets the ordinal above the lowest, so all but the first of them share one.
    """
    members: dict[str, list[str]] = {}
    for sid, config in resources.items():
        if config.group in groups:
            members.setdefault(str(config.group), []).append(sid)
    for group in sorted(members):
        config_of_group = groups[group]
        rule = NodeAffinityRule(
            rule=f"ha-group-{group}",
            resources=frozenset(members[group]),
            nodes=dict(sorted(config_of_group.nodes.items())),
            strict=config_of_group.restricted,
            comment=_comment(group, config_of_group),
        )
        order = {**rules.order, rule.rule: rules.next_ordinal()}
        rules = replace(rules, rules={**rules.rules, rule.rule: rule}, order=order)
    return rules


def _comment(group: str, config: GroupConfig) -> str:
    # Proxmox VE takes the comment "0" for none.
    if config.comment in (None, "", "0"):
        return f"Generated from HA group '{group}'."
    return str(config.comment)


def failback_from_groups(
    groups: Mapping[str, GroupConfig], resources: Mapping[str, ResourceConfig]
) -> dict[str, ResourceConfig]:
    """Return the resources, those in a group with the failback that their group wants."""
    return {
        sid: config if not config.group else _as_group_wants(config, groups.get(config.group))
        for sid, config in resources.items()
    }


def _as_group_wants(config: ResourceConfig, group: GroupConfig | None) -> ResourceConfig:
    return replace(config, failback=group is None or not group.nofailback)
