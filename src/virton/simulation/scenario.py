"""Scenario files: a small cluster, what is done to it, and what happens then."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from virton.ha.events import Record
from virton.ha.model import (
    DatacenterSettings,
    GroupConfig,
    ManagerStatus,
    ResourceConfig,
    SchedulerSettings,
)
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.states import BalanceMethod, RequestState, SchedulerMode, ShutdownPolicy
from virton.simulation.commands import Figures, Hardware
from virton.simulation.figures import load_report
from virton.simulation.files import MemoryFiles
from virton.simulation.guests import InstantGuests
from virton.simulation.hosts import DEFAULT_CORES, DEFAULT_MEMORY_BYTES, DEFAULT_VERSION, Host
from virton.simulation.virtual import VirtualClock
from virton.simulation.world import World

DEFAULT_STATIC = {"maxcpu": 4.0, "maxmem": 4096 * 1024**2}
DEFAULT_DYNAMIC = {"cpu": 2.0, "mem": 2048 * 1024**2}


class ScenarioError(ValueError):
    """A file that is no scenario; the message names the part and what would be right."""


@dataclass(slots=True)
class Scenario:
    """A scenario as read from its file."""

    name: str
    hosts: dict[str, Host]
    files: MemoryFiles
    figures: Figures
    commands: list[list[str]]
    expect: list[list[Any]] | None = None
    records: list[Record] = field(default_factory=list)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file; raises ScenarioError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read ({error})") from None
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}: is not JSON (line {error.lineno}: {error.msg})") from None
    return scenario_from(data, path.stem)


def scenario_from(data: Any, name: str) -> Scenario:
    """Make a scenario of a file's content; raises ScenarioError."""
    if not isinstance(data, dict):
        raise ScenarioError("the file must hold one JSON object")
    hosts = _part(data, "nodes", _hosts)
    resources = _part(data, "resources", _resources)
    files = MemoryFiles(
        resources,
        _part(data, "rules", _rules, default=[]),
        _part(data, "groups", _groups, default=[]),
        _part(data, "datacenter", _settings, default={}),
        _part(data, "manager_status", ManagerStatus.from_json, default={}),
        _part(data, "resources", _locks),
    )
    for node, running in _part(data, "running", dict, default={}).items():
        hosts[node].running |= {sid for sid, runs in running.items() if runs}
    return Scenario(
        name=data.get("name", name),
        hosts=hosts,
        files=files,
        figures=_figures(data, resources),
        commands=_part(data, "commands", list),
        expect=data.get("expect"),
    )


def run_scenario(scenario: Scenario, listen: Callable[[Record], None]) -> World:
    """Run a scenario to its end, telling every event; raises CommandError and EndlessError."""
    figures = scenario.figures
    world = World(
        scenario.hosts,
        scenario.files,
        InstantGuests(scenario.files),
        listen,
        lambda world: load_report(world, figures),
    )
    clock = VirtualClock(world, Hardware(world, scenario.files, figures))
    clock.run(scenario.commands)
    return world


def _part(
    data: Mapping[str, Any], key: str, read: Callable[[Any], Any], default: Any = None
) -> Any:
    value = data.get(key, default)
    if value is None:
        raise ScenarioError(f"{key}: is missing")
    try:
        return read(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScenarioError(f"{key}: {error}") from None


def _hosts(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, Host]:
    return {
        name: Host(
            name,
            power=node["power"] == "on",
            network=node["network"] == "on",
            cores=float(node.get("maxcpu") or DEFAULT_CORES),
            memory_bytes=int(node.get("maxmem") or DEFAULT_MEMORY_BYTES),
            version=node.get("pve_version") or DEFAULT_VERSION,
        )
        for name, node in nodes.items()
    }


def _resources(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, ResourceConfig]:
    return {sid: _resource(config) for sid, config in resources.items()}


def _resource(config: Mapping[str, Any]) -> ResourceConfig:
    state = config.get("state", "disabled")
    return ResourceConfig(
        node=config["node"],
        state=RequestState("started" if state == "enabled" else state),
        max_restart=int(config.get("max_restart", 1)),
        max_relocate=int(config.get("max_relocate", 1)),
        failback=bool(int(config.get("failback", True))),
        group=config.get("group"),
    )


def _locks(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {sid: config["lock"] for sid, config in resources.items() if config.get("lock")}


def _rules(rules: list[Mapping[str, Any]]) -> RuleSet:
    read = {rule["id"]: _rule(rule) for rule in rules}
    order = {rule_id: number for number, rule_id in enumerate(read, start=1)}
    return RuleSet(read, order, digest=json.dumps(rules, sort_keys=True))


def _rule(rule: Mapping[str, Any]) -> Rule:
    resources, disable = frozenset(rule["resources"]), bool(rule.get("disable"))
    if rule["type"] == "resource-affinity":
        return ResourceAffinityRule(rule["id"], resources, rule["affinity"], disable)
    if rule["type"] != "node-affinity":
        raise ValueError(f"a rule's type is node-affinity or resource-affinity, not {rule['type']}")
    nodes = {node: int(priority or 0) for node, priority in rule["nodes"].items()}
    return NodeAffinityRule(rule["id"], resources, nodes, bool(rule.get("strict")), disable)


def _groups(groups: list[Mapping[str, Any]]) -> dict[str, GroupConfig]:
    return {
        group["id"]: GroupConfig(
            nodes=dict(group["nodes"]),
            restricted=bool(group.get("restricted")),
            nofailback=bool(group.get("nofailback")),
            comment=group.get("comment"),
        )
        for group in groups
    }


def _settings(datacenter: Mapping[str, Mapping[str, Any]]) -> DatacenterSettings:
    policy = (datacenter.get("ha") or {}).get("shutdown_policy", ShutdownPolicy.CONDITIONAL)
    return DatacenterSettings(ShutdownPolicy(policy), _scheduler(datacenter.get("crs") or {}))


def _scheduler(crs: Mapping[str, Any]) -> SchedulerSettings:
    """Read the scheduler's settings; threshold and margin are fractions of 1 in these files."""
    default, auto = SchedulerSettings(), "ha-auto-rebalance"
    return SchedulerSettings(
        mode=SchedulerMode(crs.get("ha", default.mode)),
        rebalance_on_start=bool(int(crs.get("ha-rebalance-on-start", 0))),
        auto_rebalance=bool(int(crs.get(auto, 0))),
        threshold=float(crs.get(f"{auto}-threshold", default.threshold)),
        method=BalanceMethod(crs.get(f"{auto}-method", default.method)),
        hold_rounds=int(crs.get(f"{auto}-hold-duration", default.hold_rounds)),
        margin=float(crs.get(f"{auto}-margin", default.margin)),
    )


def _figures(data: Mapping[str, Any], resources: Mapping[str, ResourceConfig]) -> Figures:
    static = data.get("static_stats")
    if static is None:
        static = dict.fromkeys(resources, DEFAULT_STATIC)
    dynamic = data.get("dynamic_stats")
    if dynamic is None:
        dynamic = dict.fromkeys(static, DEFAULT_DYNAMIC)
    return Figures(
        {sid: dict(figures) for sid, figures in static.items()},
        {sid: dict(figures) for sid, figures in dynamic.items()},
    )
