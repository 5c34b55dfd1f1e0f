"""What operators have configured, in the form of a capture."""

from collections.abc import Mapping
from typing import Any

from virton.ha.model import DatacenterSettings
from virton.proxmox.configuration import Group, Resource, Rule
from virton.proxmox.inventory import GuestUse
from virton.proxmox.pseudonyms import GROUP_RULE, Names
from virton.proxmox.reading import Reading
from virton.proxmox.remarks import RULE_TYPES
from virton.proxmox.values import flag

Json = dict[str, Any]


def configured(reading: Reading, places: Mapping[str, str], names: Names) -> Json:
    """Return resources, rules, groups and settings."""
    use = reading.surroundings.use
    return {
        "resources": {
            names.sid(r.sid): _resource(r, places.get(r.sid), use.get(r.sid), names)
            for r in reading.resources
        },
        "rules": [_rule(rule, names) for rule in _rules(reading)],
        "groups": [_group(group, names) for group in reading.rules.groups],
        "datacenter": _settings(reading.surroundings.settings),
    }


def told(values: Mapping[str, Any]) -> Json:
    """Return the values that there are."""
    return {key: value for key, value in values.items() if value is not None}


def _resource(resource: Resource, place: str | None, use: GuestUse | None, names: Names) -> Json:
    state = resource.state or "started"
    entry = {
        "state": "started" if state == "enabled" else state,
        "max_restart": 1 if resource.max_restart is None else resource.max_restart,
        "max_relocate": 1 if resource.max_relocate is None else resource.max_relocate,
        "failback": True if resource.failback is None else resource.failback,
        "auto-rebalance": flag(resource.extra.get("auto-rebalance"), default=True),
        "group": names.group(resource.group) if resource.group else None,
        "lock": use and use.lock,
        "comment": names.text(resource.comment),
    }
    return {"node": place and names.node(place)} | told(entry)


def _rules(reading: Reading) -> list[Rule]:
    """Return the rules of known type, without those that only show what a group will become."""
    shown = {GROUP_RULE + group.group for group in reading.rules.groups}
    return [r for r in reading.rules.rules if r.type in RULE_TYPES and r.rule not in shown]


def _rule(rule: Rule, names: Names) -> Json:
    entry: Json = {
        "id": names.rule(rule.rule),
        "type": rule.type,
        "resources": [names.sid(sid) for sid in rule.resources],
        "disable": rule.disabled,
    }
    if rule.type == "node-affinity":
        nodes = {names.node(node): priority for node, priority in rule.nodes}
        entry |= {"nodes": nodes, "strict": rule.strict}
    more = {"affinity": rule.affinity, "comment": names.text(rule.comment)}
    return entry | told(more)


def _group(group: Group, names: Names) -> Json:
    entry = {
        "id": names.group(group.group),
        "nodes": {names.node(node): priority for node, priority in group.nodes},
        "restricted": group.restricted,
        "nofailback": group.nofailback,
    }
    return entry | told({"comment": names.text(group.comment)})


def _settings(settings: DatacenterSettings) -> Json:
    """Return the settings in full; threshold and margin are fractions of 1 in every scenario."""
    scheduler, auto = settings.scheduler, "ha-auto-rebalance"
    crs = {
        "ha": str(scheduler.mode),
        "ha-rebalance-on-start": int(scheduler.rebalance_on_start),
        auto: int(scheduler.auto_rebalance),
        f"{auto}-threshold": scheduler.threshold,
        f"{auto}-method": str(scheduler.method),
        f"{auto}-hold-duration": scheduler.hold_rounds,
        f"{auto}-margin": scheduler.margin,
    }
    return {"ha": {"shutdown_policy": str(settings.shutdown_policy)}, "crs": crs}
