"""What is configured, entry by entry, in the words of the API: the common form of file and cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from virton.forecast.situation import Situation
from virton.ha.config.properties import format_nodes
from virton.ha.dialect import Dialect
from virton.ha.model import ResourceConfig, SchedulerSettings
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
    """Everything that a plan can change, as it is; `newer`: what came with 9.2 is known."""

    entries: Entries
    newer: bool = False
    guests: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()

    def of(self, kind: Kind) -> Mapping[str, Values]:
        """Return the entries of a kind, by name."""
        return self.entries.get(kind, {})


def configured(
    situation: Situation, document: Mapping[str, Any], domains: Mapping[str, Any] | None = None
) -> Configured:
    """Return what is configured; comments stand in the capture's document alone."""
    comments = _comments(document)
    resources = {
        sid: _resource(config, comments.get(sid, config.comment or ""))
        for sid, config in sorted(situation.resources.items())
    }
    rules = {
        rule.rule: rule_values(rule, comments.get(f"rule {rule.rule}", rule.comment or ""))
        for rule in situation.rules.in_order()
    }
    newer = situation.dialect is Dialect.PERCENT
    settings = {
        CRS: _scheduler(situation.settings.scheduler, newer),
        HA: {"shutdown_policy": str(situation.settings.shutdown_policy)},
    }
    told = {name: {"nodes": ",".join(sorted(nodes))} for name, nodes in (domains or {}).items()}
    return Configured(
        {Kind.RESOURCE: resources, Kind.RULE: rules, Kind.SETTING: settings, Kind.DOMAIN: told},
        newer,
        {sid: guest.name for sid, guest in sorted(situation.guests.items())},
        tuple(sorted(situation.nodes)),
    )


def _comments(document: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for sid, row in (document.get("resources") or {}).items():
        if isinstance(row, Mapping) and row.get("comment"):
            found[str(sid)] = str(row["comment"])
    for row in document.get("rules") or ():
        if isinstance(row, Mapping) and row.get("comment"):
            found[f"rule {row.get('id')}"] = str(row["comment"])
    return found


def _resource(config: ResourceConfig, comment: str) -> Values:
    return {
        "state": str(config.state),
        "max_restart": str(config.max_restart),
        "max_relocate": str(config.max_relocate),
        "failback": switch(config.failback),
        "auto-rebalance": switch(config.auto_rebalance),
        "comment": comment,
    }


def rule_values(rule: Rule, comment: str) -> Values:
    """Return a rule's properties."""
    values = {"resources": ",".join(sorted(rule.resources)), "affinity": rule.affinity}
    if isinstance(rule, NodeAffinityRule):
        nodes = format_nodes(sorted(rule.nodes.items()))
        values |= {"type": NODE_AFFINITY, "nodes": nodes, "strict": switch(rule.strict)}
    else:
        values["type"] = RESOURCE_AFFINITY
    return values | {"disable": switch(not rule.enabled), "comment": comment}


def _scheduler(settings: SchedulerSettings, percent: bool) -> Values:
    share = 100 if percent else 1
    auto = "ha-auto-rebalance"
    return {
        "ha": str(settings.mode),
        "ha-rebalance-on-start": switch(settings.rebalance_on_start),
        auto: switch(settings.auto_rebalance),
        f"{auto}-threshold": number(settings.threshold * share),
        f"{auto}-method": str(settings.method),
        f"{auto}-hold-duration": str(settings.hold_rounds),
        f"{auto}-margin": number(settings.margin * share),
    }


def switch(on: bool) -> str:
    """Return a switch as the API has it."""
    return "1" if on else "0"


def number(value: float) -> str:
    """Return a number without a needless tail."""
    return f"{round(value, 6):g}"
