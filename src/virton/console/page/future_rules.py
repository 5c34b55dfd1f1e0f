"""HA groups, as the rules which they become when the cluster is upgraded to Proxmox VE 9."""

from collections.abc import Iterable

from virton.ha.model import GroupConfig, ResourceConfig
from virton.ha.rules.config import NodeAffinityRule, RuleSet
from virton.ha.rules.groups import rules_from_groups
from virton.proxmox.configuration import Group, Resource, Rule


def future_rules(groups: Iterable[Group], resources: Iterable[Resource]) -> dict[str, Rule]:
    """Return the rule of each group that has resources; of any other, nothing remains."""
    configured = {g.group: _configured(g) for g in groups}
    members = {r.sid: ResourceConfig(node=None, group=r.group) for r in resources if r.group}
    migrated = rules_from_groups(RuleSet(), configured, members)
    rules = [rule for rule in migrated.in_order() if isinstance(rule, NodeAffinityRule)]
    return {
        members[sid].group or "": _shown(rule, place)
        for place, rule in enumerate(rules, start=1)
        for sid in sorted(rule.resources)[:1]
    }


def _configured(group: Group) -> GroupConfig:
    return GroupConfig(dict(group.nodes), group.restricted, group.nofailback, group.comment)


def _shown(rule: NodeAffinityRule, place: int) -> Rule:
    return Rule(
        rule=rule.rule,
        type="node-affinity",
        resources=tuple(sorted(rule.resources)),
        nodes=tuple(sorted(rule.nodes.items(), key=lambda pair: (-pair[1], pair[0]))),
        strict=rule.strict,
        comment=rule.comment,
        order=place,
    )
