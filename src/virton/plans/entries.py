"""What is configured, entry by entry, in the words of the API: the common form of file and cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from virton.ha.config.properties import format_nodes
from virton.ha.rules.config import NODE_AFFINITY, RESOURCE_AFFINITY, NodeAffinityRule, Rule

Values = Mapping[str, str]
"""An entry's properties, each with its value as text, defaults among them."""


class Kind(StrEnum):
    """What an entry is: each is a part of the file."""

    RESOURCE = "resources"
    RULE = "rules"
    SETTING = "settings"
    DOMAIN = "fault_domains"


Entries = Mapping[Kind, Mapping[str, Values]]

CRS, HA = "crs", "ha"
AUTO = "ha-auto-rebalance"
"""The setting without which those that begin with its name mean nothing."""

RESOURCE_DEFAULTS: Values = {
    "state": "started",
    "max_restart": "1",
    "max_relocate": "1",
    "failback": "1",
    "auto-rebalance": "1",
    "comment": "",
}
NODE_RULE_DEFAULTS: Values = {"affinity": "positive", "strict": "0", "disable": "0", "comment": ""}
RESOURCE_RULE_DEFAULTS: Values = {"disable": "0", "comment": ""}


def defaults(kind: Kind, values: Values) -> Values:
    """Return what goes without saying in an entry."""
    if kind is Kind.RESOURCE:
        return RESOURCE_DEFAULTS
    if kind is Kind.RULE:
        return NODE_RULE_DEFAULTS if values["type"] == NODE_AFFINITY else RESOURCE_RULE_DEFAULTS
    return {}


@dataclass(frozen=True, slots=True)
class Configured:
    """Everything that a plan can change, as it is; `newer`: what came with 9.2 is known.

    A kind of which nothing is known has no entries at all.
    """

    entries: Entries
    newer: bool = False
    guests: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()

    def of(self, kind: Kind) -> Mapping[str, Values]:
        """Return the entries of a kind, by name."""
        return self.entries.get(kind, {})


def rule_values(rule: Rule, comment: str | None = None) -> Values:
    """Return a rule's properties; `comment` where it is kept elsewhere than in the rule."""
    comment = comment or rule.comment or ""
    values = {"resources": ",".join(sorted(rule.resources)), "affinity": rule.affinity}
    if isinstance(rule, NodeAffinityRule):
        nodes = format_nodes(sorted(rule.nodes.items()))
        values |= {"type": NODE_AFFINITY, "nodes": nodes, "strict": switch(rule.strict)}
    else:
        values["type"] = RESOURCE_AFFINITY
    return values | {"disable": switch(not rule.enabled), "comment": comment}


def switch(on: bool) -> str:
    """Return a switch as the API has it."""
    return "1" if on else "0"


def number(value: float) -> str:
    """Return a number without a needless tail."""
    return f"{round(value, 6):g}"
