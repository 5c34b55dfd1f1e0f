"""What rules say against a rule or a move, as far as the console has read the cluster; asked of `ha`."""

from collections.abc import Iterable, Sequence
from typing import Any

from virton.console.page import model
from virton.console.watch.readings import Readings
from virton.ha.config.sections import Section
from virton.ha.model import GroupConfig, ResourceConfig
from virton.ha.rules.compiled import prepare
from virton.ha.rules.config import NODE_AFFINITY, NodeAffinityRule, RuleSet, rule_from_section
from virton.ha.rules.config import Rule as HaRule
from virton.ha.rules.conflicts import Conflict, conflicts
from virton.ha.rules.groups import rules_from_groups
from virton.ha.rules.mending import Mending, mendings
from virton.ha.rules.motion import Board, Consequence, consequences
from virton.proxmox.configuration import Resource, Rule

Json = dict[str, Any]


def ruleset_of(rules: Iterable[Rule]) -> RuleSet:
    """Return rules as the HA stack reads them; one of a kind that it does not know is left out."""
    told = [rule for rule in rules if rule.type == NODE_AFFINITY or rule.affinity]
    return RuleSet(
        {rule.rule: _ha_rule(rule) for rule in told}, {rule.rule: rule.order for rule in told}
    )


def _ha_rule(rule: Rule) -> HaRule:
    nodes = ",".join(f"{node}:{priority}" for node, priority in rule.nodes)
    values = {"resources": ",".join(rule.resources), "nodes": nodes}
    values |= {"strict": "1"} if rule.strict else {}
    values |= {"affinity": rule.affinity} if rule.affinity else {}
    values |= {"disable": "1"} if rule.disabled else {}
    return rule_from_section(Section(rule.type, rule.rule, values))


def conflicts_told(
    rules: RuleSet, nodes: Sequence[str], rule_id: str
) -> tuple[model.Conflict, ...]:
    """Return what stands against a rule, as the page reads it."""
    return tuple(_conflict(one) for one in conflicts(rules, nodes, rule_id))


def _conflict(one: Conflict) -> model.Conflict:
    return model.Conflict(
        reason=one.reason,
        field=one.field,
        resources=one.resources,
        against=one.against,
        together=one.together,
        smallest=one.smallest,
    )


def rule_advice(rules: RuleSet, nodes: Sequence[str], rule_id: str) -> list[Json]:
    """Return what stands against a rule, each with the changes of one rule that end it."""
    return [
        _conflict(one).model_dump(mode="json")
        | {"mendings": [_mending(way, rules) for way in mendings(rules, nodes, one)]}
        for one in conflicts(rules, nodes, rule_id)
    ]


def _mending(way: Mending, rules: RuleSet) -> Json:
    made = way.made
    ranked = made.nodes if isinstance(made, NodeAffinityRule) else {}
    return {
        "kind": way.kind,
        "rule": made.rule,
        "names": list(way.names(rules.rules[made.rule])),
        "resources": sorted(made.resources),
        "nodes": [{"node": node, "priority": at} for node, at in sorted(ranked.items())],
        "disabled": made.disable,
    }


def nodes_of(readings: Readings) -> list[str]:
    """Return the nodes of the cluster."""
    return sorted(readings.nodes.data.online)


def move_advice(
    rules: RuleSet, nodes: Sequence[str], board: Board, sids: Sequence[str], node: str
) -> dict[str, list[Json]]:
    """Return what rules make of each move to a node."""
    compiled, _ = prepare(rules, nodes)
    return {
        sid: [_consequence(one) for one in consequences(compiled, board, sid, node)] for sid in sids
    }


def _consequence(one: Consequence) -> Json:
    return {
        "effect": one.effect,
        "refuses": one.refuses,
        "rules": list(one.rules),
        "others": list(one.others),
        "nodes": list(one.nodes),
    }


def rules_in_force(readings: Readings) -> RuleSet:
    """Return the rules, and those that HA groups amount to where there are still groups."""
    told = readings.rules.data
    groups = {g.group: GroupConfig(dict(g.nodes), g.restricted, g.nofailback) for g in told.groups}
    members = {r.sid: ResourceConfig(node=None, group=r.group) for r in readings.resources.data}
    return rules_from_groups(ruleset_of(told.rules), groups, members)


def board_of(readings: Readings) -> Board:
    """Return where resources are, and who takes them."""
    manager, resources = readings.status.data.manager, readings.resources.data
    places = {sid: (told.node, told.target) for sid, told in manager.services.items()}
    return Board(
        {one.sid: places[one.sid] for one in resources if one.sid in places},
        frozenset(one.sid for one in resources if _fails_back(one, readings)),
        [node for node, state in manager.node_states.items() if state == "online"],
    )


def _fails_back(resource: Resource, readings: Readings) -> bool:
    if resource.failback is not None:
        return resource.failback
    return readings.failback_of_group(resource.group)
