"""What the console's own advice about rules says of a page that the stand-in shows."""

from typing import Any

from virton.console import rule_advice as advice
from virton.ha.rules.motion import Board
from virton.proxmox.configuration import Rule, parse_rules

Snapshot = dict[str, Any]


def conflicts(page: Snapshot, rule: Snapshot) -> list[Snapshot]:
    """Return what stands against a rule that the cluster has something against."""
    if not rule["errors"]:
        return []
    told = advice.conflicts_told(_ruleset(page), _nodes(page), rule["rule"])
    return [one.model_dump(mode="json") for one in told]


def rule_advice(page: Snapshot | None, asked: dict[str, str]) -> Snapshot:
    """Answer what stands against a rule, as it is or as it is asked for."""
    assert page is not None
    rules, name = _ruleset(page), asked["rule"]
    if "type" in asked:
        values = {key: value for key, value in asked.items() if value}
        (made,) = advice.ruleset_of(parse_rules([values | {"rule": name or "-"}])).rules.values()
        rules = rules.with_rule(made)
    return {"conflicts": advice.rule_advice(rules, _nodes(page), name or "-")}


def move_advice(page: Snapshot | None, asked: dict[str, str]) -> Snapshot:
    """Answer what becomes of a move."""
    assert page is not None
    resources = page["resources"]
    board = Board(
        {one["sid"]: (one["node"], one["target"]) for one in resources},
        frozenset(one["sid"] for one in resources if one["failback"]),
        [n["name"] for n in page["nodes"] if n["online"] and n["ha_state"] in (None, "online")],
    )
    sids = asked["sid"].split(",")
    told = advice.move_advice(_ruleset(page), _nodes(page), board, sids, asked["node"])
    return {"consequences": told}


def _nodes(page: Snapshot) -> list[str]:
    return [node["name"] for node in page["nodes"]]


def _ruleset(page: Snapshot) -> Any:
    return advice.ruleset_of(
        Rule(
            rule["rule"],
            rule["type"],
            tuple(rule["resources"]),
            tuple((one["node"], one["priority"]) for one in rule["nodes"]),
            rule["strict"],
            rule["affinity"],
            rule["disabled"],
            order=rule["order"],
        )
        for rule in page["rules"]
    )
