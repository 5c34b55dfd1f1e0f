"""The Snapshot's `cluster`: what it is, what its version knows, who answers, and what time it is."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from virton.console.future_rules import future_rules
from virton.console.readings import Readings
from virton.proxmox.configuration import Group, Rule

SKEW_S = 3.0
"""A smaller difference between two clocks is none: the cluster tells whole seconds, and late."""


def about_cluster(readings: Readings, now: float) -> dict[str, Any]:
    """Return what there is to tell of the cluster as a whole."""
    features = asdict(readings.features)
    return {
        "name": readings.nodes.data.membership.name,
        "version": features.pop("version"),
        "rules_supported": readings.features.rules,
        "features": features,
        "groups": _groups(readings),
        "lab": False,
        "votes": readings.votes,
        "addresses": _addresses(readings),
        "read_only": _read_only(readings),
        "clock": _clock(readings, now),
    }


def _groups(readings: Readings) -> list[dict[str, Any]]:
    groups = readings.rules.data.groups
    future = future_rules(groups, readings.resources.data)
    return [_group(group, future.get(group.group)) for group in groups]


def _group(group: Group, rule: Rule | None) -> dict[str, Any]:
    return {
        "group": group.group,
        "nodes": pairs(group.nodes),
        "restricted": group.restricted,
        "nofailback": group.nofailback,
        "comment": group.comment or "",
        "rule": rule and rule_json(rule),
        "extra": dict(group.extra),
    }


def _addresses(readings: Readings) -> list[dict[str, Any]]:
    return [
        {
            "address": address,
            "ok": error is None,
            "error": error and error.to_json(),
            "answering": address == readings.answering and error is None,
        }
        for address, error in readings.addresses.items()
    ]


def _read_only(readings: Readings) -> dict[str, Any] | None:
    quorum = readings.status.data.current.quorum
    if quorum is None or quorum.ok:
        return None
    return {"code": "no_quorum", "node": quorum.node, "message": quorum.words}


def _clock(readings: Readings, now: float) -> dict[str, Any]:
    """Return the cluster's time; where answers carry no date, the newest time that it told.

    Only a clock whose answers are dated is known to run as fast as ours.
    """
    ahead_s = readings.ahead_s
    if ahead_s is None:
        return {"now": readings.status.data.newest, "runs": False, "skew_s": None}
    skew_s = round(ahead_s) if abs(ahead_s) > SKEW_S else 0
    return {"now": round(now + ahead_s, 1), "runs": True, "skew_s": skew_s}


def pairs(nodes: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return nodes with their priorities."""
    return [{"node": node, "priority": priority} for node, priority in nodes]


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as the page reads it."""
    return {
        "rule": rule.rule,
        "type": rule.type,
        "resources": list(rule.resources),
        "nodes": pairs(rule.nodes),
        "strict": rule.strict,
        "affinity": rule.affinity,
        "disabled": rule.disabled,
        "comment": rule.comment or "",
        "errors": {name: list(texts) for name, texts in rule.errors.items()},
        "order": rule.order,
        "extra": dict(rule.extra),
    }
