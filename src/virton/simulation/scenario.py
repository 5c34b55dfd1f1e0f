"""Scenario files: a small cluster, what is done to it, and what happens then."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from virton.frozen import frozen
from virton.ha.dialect import Dialect, dialect_of
from virton.ha.events import Record
from virton.ha.model import (
    DatacenterSettings,
    GroupConfig,
    LrmStatus,
    ManagerStatus,
    ResourceConfig,
    SchedulerSettings,
)
from virton.ha.rules.config import (
    NODE_AFFINITY,
    RESOURCE_AFFINITY,
    Affinity,
    NodeAffinityRule,
    ResourceAffinityRule,
    Rule,
    RuleSet,
)
from virton.ha.states import BalanceMethod, RequestState, SchedulerMode, ShutdownPolicy
from virton.simulation.batches import play_batches
from virton.simulation.captures import CaptureError, is_capture, read_capture
from virton.simulation.fields import FieldError, Fields
from virton.simulation.freezing import Simulation, thaw
from virton.simulation.hosts import DEFAULT_CORES, DEFAULT_MEMORY_BYTES, DEFAULT_VERSION
from virton.simulation.seen import is_seen, seen_world
from virton.simulation.value import (
    FiguresValue,
    FilesValue,
    HostValue,
    InstantGuestsValue,
    VirtualClockValue,
    WorldValue,
)

DEFAULT_STATIC: Mapping[str, float] = {"maxcpu": 4.0, "maxmem": 4096 * 1024**2}
DEFAULT_DYNAMIC: Mapping[str, float] = {"cpu": 2.0, "mem": 2048 * 1024**2}


Status = TypeVar("Status", ManagerStatus, LrmStatus)


class ScenarioError(ValueError):
    """A file that is no scenario; the message names the part and what would be right."""


@frozen
class Scenario:
    """A scenario as read from its file: the world with which it begins, to be played at will.

    `batches` are commands for a world on the paced clock; the virtual clock has its own.
    """

    name: str
    world: WorldValue
    expect: list[list[Any]] | None = None
    batches: tuple[tuple[str, ...], ...] = ()


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file, or a world that was captured; raises ScenarioError."""
    data = _read(path)
    if is_capture(data) and data.get("grade") != "seen":
        try:
            return Scenario(*read_capture(data))
        except CaptureError as error:
            raise ScenarioError(f"{path}: {error}") from None
    return scenario_from(data, path.stem)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not a text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ScenarioError(
            f"{path}: is not JSON (line {error.lineno}, column {error.colno})"
        ) from None


def scenario_from(data: Any, name: str) -> Scenario:
    """Make a scenario of a file's content; raises ScenarioError."""
    try:
        return _scenario(Fields(data), name)
    except FieldError as error:
        raise ScenarioError(str(error)) from None


def _scenario(file: Fields, name: str) -> Scenario:
    hosts = _hosts(file)
    configured = dict(file.part("resources").parts())
    resources = {sid: _resource(fields) for sid, fields in configured.items()}
    world = WorldValue(
        hosts=hosts,
        guests=InstantGuestsValue(),
        clock=VirtualClockValue(_commands(file)),
        files=_files(file, configured, resources),
        figures=_figures(file, resources),
        whole="snapshot" in file.data,
        dialect=_dialect(file.part("about" if is_seen(file) else "snapshot", optional=True)),
    )
    expect = file.listing("expect") if "expect" in file.data else None
    if is_seen(file):
        return Scenario(file.text("name", name), seen_world(file, world), expect, _commands(file))
    return Scenario(file.text("name", name), world, expect)


def _hosts(file: Fields) -> tuple[HostValue, ...]:
    nodes = dict(file.part("nodes").parts())
    running: dict[str, frozenset[str]] = {}
    given = file.part("running", optional=True)
    for node, guests in given.parts():
        if node not in nodes:
            raise given.wrong(node, "there is no such node")
        running[node] = frozenset(sid for sid in guests.data if guests.flag(sid))
    return tuple(_host(node, nodes[node], running.get(node, frozenset())) for node in sorted(nodes))


def _files(
    file: Fields, configured: Mapping[str, Fields], resources: Mapping[str, ResourceConfig]
) -> FilesValue:
    locks = {sid: fields.maybe_text("lock") for sid, fields in configured.items()}
    return FilesValue(
        resources=resources,
        rules=_rules(file),
        groups={group.text("id"): _group(group) for group in file.listed("groups")},
        settings=_settings(file.part("datacenter", optional=True)),
        guest_locks={sid: lock for sid, lock in locks.items() if lock},
        manager_status=_manager_status(file),
        lrm_status=_lrm_status(file),
    )


def run_scenario(
    scenario: Scenario, listen: Callable[[Record], None], until_s: int | None = None
) -> Simulation:
    """Run a scenario to its end, or until a second is over; raises CommandError and EndlessError.

    Every event is told. The simulation is returned as it is then.
    """
    simulation = thaw(scenario.world, listen)
    if scenario.batches:
        play_batches(simulation, scenario.batches, until_s)
    else:
        simulation.run(until_s)
    return simulation


def _host(name: str, node: Fields, running: frozenset[str]) -> HostValue:
    return HostValue(
        name,
        power=node.one_of("power", "on", "off") == "on",
        network=node.one_of("network", "on", "off") == "on",
        cores=node.number("maxcpu", 0.0) or DEFAULT_CORES,
        memory_bytes=node.whole("maxmem", 0) or DEFAULT_MEMORY_BYTES,
        tells_size=bool(node.number("maxcpu", 0.0) and node.whole("maxmem", 0)),
        version=node.text("pve_version", DEFAULT_VERSION),
        votes=node.whole("votes", 1),
        running=running,
    )


def _resource(config: Fields) -> ResourceConfig:
    enabled = config.data.get("state") == "enabled"
    return ResourceConfig(
        # written as null where the guest does not exist
        node=None if "node" in config.data and config.data["node"] is None else config.text("node"),
        state=RequestState.STARTED
        if enabled
        else config.word("state", RequestState, RequestState.DISABLED),
        max_restart=config.whole("max_restart", 1),
        max_relocate=config.whole("max_relocate", 1),
        failback=config.flag("failback", default=True),
        group=config.maybe_text("group"),
        auto_rebalance=config.flag("auto-rebalance", default=True),
    )


def _rules(file: Fields) -> RuleSet:
    read = {rule.text("id"): _rule(rule) for rule in file.listed("rules")}
    order = {rule_id: number for number, rule_id in enumerate(read, start=1)}
    digest = json.dumps(file.listing("rules", optional=True), sort_keys=True)
    return RuleSet(read, order, digest=digest)


def _rule(rule: Fields) -> Rule:
    rule_id, resources = rule.text("id"), frozenset(rule.texts("resources"))
    disable = rule.flag("disable")
    of_nodes = rule.one_of("type", NODE_AFFINITY, RESOURCE_AFFINITY) == NODE_AFFINITY
    if of_nodes and rule.data.get("affinity") is None:
        affinity: Affinity = "positive"
    else:
        affinity = cast(Affinity, rule.one_of("affinity", "positive", "negative"))
    if not of_nodes:
        return ResourceAffinityRule(rule_id, resources, affinity, disable)
    nodes, strict = _priorities(rule), rule.flag("strict")
    return NodeAffinityRule(rule_id, resources, nodes, strict, disable, affinity=affinity)


def _priorities(fields: Fields) -> dict[str, int]:
    nodes = fields.part("nodes")
    return {node: nodes.whole(node) if nodes.data[node] else 0 for node in nodes.data}


def _group(group: Fields) -> GroupConfig:
    return GroupConfig(
        nodes=_priorities(group),
        restricted=group.flag("restricted"),
        nofailback=group.flag("nofailback"),
        comment=group.maybe_text("comment"),
    )


def _settings(datacenter: Fields) -> DatacenterSettings:
    ha = datacenter.part("ha", optional=True)
    policy = ha.word("shutdown_policy", ShutdownPolicy, ShutdownPolicy.CONDITIONAL)
    return DatacenterSettings(policy, _scheduler(datacenter.part("crs", optional=True)))


def _scheduler(crs: Fields) -> SchedulerSettings:
    """Read the scheduler's settings; threshold and margin are fractions of 1 in these files."""
    default, auto = SchedulerSettings(), "ha-auto-rebalance"
    return SchedulerSettings(
        mode=crs.word("ha", SchedulerMode, default.mode),
        rebalance_on_start=crs.flag("ha-rebalance-on-start"),
        auto_rebalance=crs.flag(auto),
        threshold=crs.number(f"{auto}-threshold", default.threshold),
        method=crs.word(f"{auto}-method", BalanceMethod, default.method),
        hold_rounds=crs.whole(f"{auto}-hold-duration", default.hold_rounds),
        margin=crs.number(f"{auto}-margin", default.margin),
    )


def _manager_status(file: Fields) -> ManagerStatus:
    return _status(file, "manager_status", ManagerStatus)


def _lrm_status(file: Fields) -> dict[str, LrmStatus]:
    """Return what the LRMs of a captured cluster wrote last: their modes, and results to act on."""
    written = file.part("lrm_status", optional=True)
    return {node: _status(written, node, LrmStatus) for node in written.data}


def _status(fields: Fields, key: str, kind: type[Status]) -> Status:
    try:
        return kind.from_json(fields.part(key, optional=True).data)
    except FieldError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError):
        raise fields.wrong(key, f"is not what a {kind.__name__} holds") from None


def _dialect(snapshot: Fields) -> Dialect:
    """Return the dialect of a captured cluster; scenarios that were made up speak the older one."""
    return dialect_of(snapshot.text("version", ""))


def _commands(file: Fields) -> tuple[tuple[str, ...], ...]:
    batches = file.listing("commands")
    for at, batch in enumerate(batches, start=1):
        if not isinstance(batch, list) or not all(isinstance(word, str) for word in batch):
            raise file.wrong(f"commands[{at}]", "must be a list of commands")
    return tuple(tuple(batch) for batch in batches)


def _figures(file: Fields, resources: Mapping[str, ResourceConfig]) -> FiguresValue:
    static = _stats(file, "static_stats")
    if static is None:
        static = dict.fromkeys(resources, DEFAULT_STATIC)
    dynamic = _stats(file, "dynamic_stats")
    if dynamic is None:
        dynamic = dict.fromkeys(static, DEFAULT_DYNAMIC)
    return FiguresValue(static, dynamic)


def _stats(file: Fields, key: str) -> Mapping[str, Mapping[str, float]] | None:
    if file.data.get(key) is None:
        return None
    return {
        sid: {name: figures.number(name) for name in figures.data}
        for sid, figures in file.part(key).parts()
    }
