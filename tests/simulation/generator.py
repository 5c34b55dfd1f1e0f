"""Random scenarios: small clusters to which much happens at once, the same for the same seed.

A cluster's content and what is done to it are drawn from a theme, so that things meet that seldom
meet by chance: a fence during disarming, a full group migration, a resource that fails everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

MIB = 1024**2
POLICIES = ("conditional", "freeze", "failover", "migrate")
LOCKS = ("", "backup", "migrate", "snapshot", "create", "suspended")
OLD_VERSIONS = ("8.4.1", "9.0.0~15", "9.0.0~2")
NEW_VERSIONS = ("9.0.0~16", "9.0.3", "9.1.0~1", "10.0.0")

Weights = dict[str, int]

QUIET: Weights = {"delay": 6, "nothing": 6}
POWER: Weights = {"network_off": 6, "network_on": 4, "power_off": 6, "power_on": 8}
GOING_DOWN: Weights = {"shutdown": 5, "reboot": 4, "restart_lrm": 2, "crm_stop": 1, "crm_start": 1}
MOVES: Weights = {"migrate": 7, "relocate": 5}
STATES: Weights = {"started": 5, "stopped": 3, "disabled": 4, "ignored": 2, "stop": 3}
COMING_AND_GOING: Weights = {"add": 3, "delete": 2, "manual_migrate": 3}
LOCKING: Weights = {"lock": 3, "unlock": 2}
MAINTENANCE: Weights = {"maintenance_on": 4, "maintenance_off": 3}
DISARMING: Weights = {"disarm": 4, "arm": 4}
FAULTS: Weights = {"cfs": 5, "skip_round": 3}
FIGURES: Weights = {"set_static": 5, "set_dynamic": 8}
VERSIONS: Weights = {"version": 6}


def _mix(*parts: tuple[Weights, int]) -> Weights:
    return {name: weight * factor for part, factor in parts for name, weight in part.items()}


THEMES: dict[str, Weights] = {
    "failures": _mix((QUIET, 2), (POWER, 4), (STATES, 1), (MOVES, 1), (LOCKING, 1)),
    "operators": _mix((QUIET, 1), (POWER, 1), (STATES, 3), (MOVES, 4), (COMING_AND_GOING, 3)),
    "maintenance": _mix((QUIET, 1), (POWER, 1), (GOING_DOWN, 2), (MAINTENANCE, 5), (MOVES, 1)),
    "shutdowns": _mix((QUIET, 1), (POWER, 2), (GOING_DOWN, 5), (MAINTENANCE, 1), (STATES, 1)),
    "disarming": _mix(
        (QUIET, 1),
        (POWER, 2),
        (DISARMING, 6),
        (MOVES, 1),
        (COMING_AND_GOING, 2),
        (STATES, 1),
        (MAINTENANCE, 1),
        (GOING_DOWN, 1),
    ),
    "groups": _mix((QUIET, 1), (POWER, 2), (VERSIONS, 4), (MAINTENANCE, 1), (STATES, 1)),
    "load": _mix((QUIET, 2), (POWER, 1), (FIGURES, 4), (MOVES, 1), (STATES, 1)),
    "files": _mix((QUIET, 1), (POWER, 1), (FAULTS, 6), (MOVES, 1), (STATES, 1), (GOING_DOWN, 1)),
    "all": _mix(
        (QUIET, 1),
        (POWER, 2),
        (GOING_DOWN, 1),
        (MOVES, 1),
        (STATES, 1),
        (COMING_AND_GOING, 1),
        (LOCKING, 1),
        (MAINTENANCE, 1),
        (DISARMING, 1),
        (FAULTS, 1),
        (VERSIONS, 1),
        (FIGURES, 1),
    ),
}


@dataclass(slots=True)
class Draft:
    """A scenario in the making, with what its later commands must know."""

    draw: Random
    theme: str
    nodes: list[str]
    sids: list[str] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    disarmed: bool = False
    stats: bool = False

    def node(self) -> str:
        """Draw a node."""
        return self.draw.choice(self.nodes)

    def sid(self) -> str | None:
        """Draw a resource, None if none is left."""
        return self.draw.choice(self.sids) if self.sids else None

    def chance(self, share: float) -> bool:
        """Draw whether something is so, with a probability."""
        return self.draw.random() < share


def generate(seed: int) -> dict[str, Any]:
    """Return the content of a scenario file, without `expect`."""
    draw = Random(seed)  # noqa: S311 (repeatable, not secret)
    theme = draw.choice(sorted(THEMES))
    draft = Draft(draw, theme, [f"node{n + 1}" for n in range(draw.randint(2, 7))])
    scenario: dict[str, Any] = {"name": f"seed-{seed}-{theme}", "nodes": _nodes(draft)}
    scenario["resources"] = _resources(draft)
    if theme == "groups" or (theme == "all" and draft.chance(0.2)):
        scenario["groups"] = _groups(draft, scenario["resources"])
    if draft.chance(0.7):
        scenario["rules"] = _rules(draft)
    datacenter = _datacenter(draft)
    if datacenter:
        scenario["datacenter"] = datacenter
    if draft.stats and draft.chance(0.8):
        scenario["static_stats"] = {sid: _most(draft) for sid in sorted(scenario["resources"])}
        scenario["dynamic_stats"] = {sid: _now(draft) for sid in sorted(scenario["resources"])}
    if draft.chance(0.1):
        scenario["manager_status"] = _manager_status(draft)
    if draft.chance(0.1):
        scenario["running"] = _running(draft)
    scenario["commands"] = _commands(draft)
    return scenario


# what the cluster consists of


def _nodes(draft: Draft) -> dict[str, dict[str, Any]]:
    nodes = {}
    for name in draft.nodes:
        node: dict[str, Any] = {"power": "off", "network": "off"}
        if draft.theme == "load" and draft.chance(0.3):
            node["maxcpu"] = draft.draw.choice((4, 16, 32))
            node["maxmem"] = draft.draw.choice((16, 64, 256)) * 1024 * MIB
        if draft.theme == "groups":
            versions = NEW_VERSIONS if draft.chance(0.8) else OLD_VERSIONS
            node["pve_version"] = draft.draw.choice(versions)
        nodes[name] = node
    return nodes


def _resources(draft: Draft) -> dict[str, dict[str, Any]]:
    """Draw the resources; with few nodes there are few, so that they meet."""
    count = draft.draw.randint(1, 4 + 2 * len(draft.nodes))
    if draft.chance(0.03):
        count = 0
    resources = {}
    for number in range(count):
        sid = _new_sid(draft, number)
        state = draft.draw.choices(("started", "stopped", "disabled", "ignored"), (16, 2, 2, 1))[0]
        resource: dict[str, Any] = {"node": draft.node(), "state": state}
        if draft.chance(0.15):
            resource["max_restart"] = draft.draw.randint(0, 3)
        if draft.chance(0.2):
            resource["max_relocate"] = draft.draw.randint(0, 3)
        if draft.chance(0.2):
            resource["failback"] = draft.chance(0.3)
        if draft.chance(0.04):
            resource["lock"] = draft.draw.choice(LOCKS[1:])
        resources[sid] = resource
        draft.sids.append(sid)
        draft.where[sid] = resource["node"]
        if state == "ignored":
            draft.ignored.add(sid)
    return resources


def _new_sid(draft: Draft, number: int) -> str:
    """Name a resource: `vm`, `ct`, or `fa`, whose digits tell how it fails."""
    kind = draft.draw.choices(("vm", "ct", "fa"), (6, 3, 3))[0]
    if kind != "fa":
        return f"{kind}:{101 + number}"
    digits = [
        str(number % 10),
        *(str(draft.draw.choices((0, 1, 2, 3), (5, 2, 2, 1))[0]) for _ in "bc"),
    ]
    if draft.chance(0.5):
        digits.append("1" if draft.chance(0.2) else "0")
        digits.append("1")
        if draft.chance(0.5):
            digits.append(str(draft.draw.randint(0, len(draft.nodes))))
    sid = "fa:" + "".join(digits)
    return sid if sid not in draft.where else f"ct:{201 + number}"


def _groups(draft: Draft, resources: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    groups = []
    for number in range(draft.draw.randint(1, 3)):
        groups.append(
            {
                "id": f"group{number + 1}",
                "nodes": _priorities(draft),
                "restricted": draft.chance(0.5),
                "nofailback": draft.chance(0.4),
            }
        )
    names = [group["id"] for group in groups] + ["nowhere"] * draft.chance(0.1)
    for sid in sorted(resources):
        if draft.chance(0.6):
            resources[sid]["group"] = draft.draw.choice(names)
    return groups


def _priorities(draft: Draft) -> dict[str, int]:
    nodes = sorted(draft.draw.sample(draft.nodes, draft.draw.randint(1, len(draft.nodes))))
    equal = draft.chance(0.5)
    return {node: 0 if equal else draft.draw.randint(0, 3) for node in nodes}


def _rules(draft: Draft) -> list[dict[str, Any]]:
    rules = []
    for number in range(draft.draw.randint(1, 5)):
        rule: dict[str, Any] = {"id": f"rule{number + 1}", "resources": _some_sids(draft)}
        if draft.chance(0.4):
            rule |= {
                "type": "node-affinity",
                "nodes": _priorities(draft),
                "strict": draft.chance(0.5),
            }
        else:
            affinity = "positive" if draft.chance(0.5) else "negative"
            rule |= {"type": "resource-affinity", "affinity": affinity}
        if draft.chance(0.07):
            rule["disable"] = True
        rules.append(rule)
    return rules


def _some_sids(draft: Draft) -> list[str]:
    count = draft.draw.choices((1, 2, 3, 4), (2, 6, 3, 1))[0]
    some = set(draft.draw.sample(draft.sids, min(count, len(draft.sids))))
    if not some or draft.chance(0.05):
        some.add("vm:999")
    return sorted(some)


def _datacenter(draft: Draft) -> dict[str, dict[str, Any]]:
    settings: dict[str, dict[str, Any]] = {}
    if draft.theme in ("shutdowns", "maintenance", "all") or draft.chance(0.15):
        settings["ha"] = {"shutdown_policy": draft.draw.choice(POLICIES)}
    draft.stats = draft.theme == "load" or draft.chance(0.15)
    if draft.stats or draft.chance(0.1):
        settings["crs"] = _scheduler(draft)
    return settings


def _scheduler(draft: Draft) -> dict[str, Any]:
    crs: dict[str, Any] = {"ha": draft.draw.choice(("static", "dynamic"))} if draft.stats else {}
    if draft.chance(0.4):
        crs["ha-rebalance-on-start"] = 1
    if draft.chance(0.6):
        crs["ha-auto-rebalance"] = 1
        if draft.chance(0.5):
            crs["ha-auto-rebalance-method"] = "topsis"
        if draft.chance(0.3):
            crs["ha-auto-rebalance-threshold"] = draft.draw.choice((0, 0.1, 0.5, 0.8))
        if draft.chance(0.3):
            crs["ha-auto-rebalance-hold-duration"] = draft.draw.randint(0, 6)
        if draft.chance(0.3):
            crs["ha-auto-rebalance-margin"] = draft.draw.choice((0, 0.05, 0.3))
    return crs


def _most(draft: Draft) -> dict[str, Any]:
    return {
        "maxcpu": float(draft.draw.choice((1, 2, 4, 8, 16))),
        "maxmem": draft.draw.choice((512, 2048, 8192, 30000)) * MIB,
    }


def _now(draft: Draft) -> dict[str, Any]:
    return {
        "cpu": draft.draw.choice((0.0, 0.3, 0.9, 1.0, 2.5, 6.0)),
        "mem": draft.draw.choice((100, 512, 1900, 7000)) * MIB,
    }


def _manager_status(draft: Draft) -> dict[str, Any]:
    """Draw what an earlier master left behind."""
    services = {}
    for number, sid in enumerate(draft.sids):
        if sid in draft.ignored or draft.chance(0.3):
            continue
        state = draft.draw.choice(("started", "started", "stopped", "error", "freeze", "fence"))
        services[sid] = {"state": state, "node": draft.where[sid], "uid": f"left{number}"}
    states = ("online", "online", "unknown", "fence", "maintenance")
    status: dict[str, Any] = {
        "master_node": draft.node(),
        "node_status": {node: draft.draw.choice(states) for node in draft.nodes},
        "service_status": services,
        "timestamp": 10,
    }
    return status


def _running(draft: Draft) -> dict[str, dict[str, int]]:
    running: dict[str, dict[str, int]] = {}
    for sid in draft.sids:
        if draft.chance(0.3):
            running.setdefault(draft.where[sid], {})[sid] = 1
    return running


# what is done to it


def _commands(draft: Draft) -> list[list[str]]:
    nodes = draft.nodes
    on = nodes if draft.chance(0.85) else draft.draw.sample(nodes, len(nodes) // 2 + 1)
    batches = [[f"power {node} on" for node in sorted(on)]]
    if draft.chance(0.3):
        batches[0].append(f"delay {draft.draw.choice((20, 40, 120))}")
    weights = THEMES[draft.theme]
    names = sorted(weights)
    for _ in range(draft.draw.randint(2, 12)):
        count = draft.draw.choices((1, 2, 3, 4, 6), (6, 4, 2, 1, 1))[0]
        chosen = draft.draw.choices(names, [weights[name] for name in names], k=count)
        drawn = (COMMANDS[name](draft) for name in chosen)
        batches.append([command for command in drawn if command is not None])
    return batches


def _to_node(words: str) -> Callable[[Draft], str]:
    return lambda draft: words.format(draft.node())


def _to_service(words: str) -> Callable[[Draft], str | None]:
    def command(draft: Draft) -> str | None:
        sid = draft.sid()
        return None if sid is None else f"service {sid} {words}".format(draft.node())

    return command


def _delay(draft: Draft) -> str:
    return f"delay {draft.draw.choice((5, 20, 60, 150, 400))}"


def _change_state(state: str) -> Callable[[Draft], str | None]:
    def command(draft: Draft) -> str | None:
        sid = draft.sid()
        if sid is None:
            return None
        if state == "ignored":
            draft.ignored.add(sid)
        else:
            draft.ignored.discard(sid)
        return f"service {sid} {state}"

    return command


def _stop(draft: Draft) -> str | None:
    sid = draft.sid()
    return sid and f"service {sid} stop {draft.draw.choice((0, 0, 30, 60))}"


def _add(draft: Draft) -> str:
    sid = _new_sid(draft, 200 + len(draft.where))
    draft.sids.append(sid)
    node = draft.where[sid] = draft.node()
    state = draft.draw.choice(("", "", " started", " stopped", " disabled", " ignored"))
    if state == " ignored":
        draft.ignored.add(sid)
    return f"service {sid} add {node}{state}" + (" 1" if state and draft.chance(0.4) else "")


def _delete(draft: Draft) -> str | None:
    sid = draft.sid()
    if sid is None:
        return None
    draft.sids.remove(sid)
    draft.ignored.discard(sid)
    return f"service {sid} delete"


def _manual_migrate(draft: Draft) -> str | None:
    """Move a guest behind the HA stack's back, where that is allowed."""
    free = draft.sids if draft.disarmed else sorted(draft.ignored.intersection(draft.sids))
    return f"service {draft.draw.choice(free)} manual-migrate {draft.node()}" if free else None


def _lock(draft: Draft) -> str | None:
    sid = draft.sid()
    return sid and f"service {sid} lock {draft.draw.choice(LOCKS)}".rstrip()


def _disarm(draft: Draft) -> str:
    mode = draft.draw.choice(("freeze", "ignore"))
    draft.disarmed = mode == "ignore"
    return f"crm {draft.node()} disarm-ha {mode}"


def _arm(draft: Draft) -> str:
    draft.disarmed = False
    return f"crm {draft.node()} arm-ha"


def _cfs(draft: Draft) -> str:
    what = draft.draw.choice(("rw", "update"))
    return f"cfs {draft.node()} {what} {draft.draw.choice(('fail', 'work', 'work'))}"


def _skip_round(draft: Draft) -> str:
    count = draft.draw.choice(("", " 1", " 2", " 4", " 6"))
    return f"skip-round {draft.draw.choice(('crm', 'lrm'))}{count}"


def _version(draft: Draft) -> str:
    versions = NEW_VERSIONS if draft.chance(0.8) else OLD_VERSIONS
    return f"pve-manager-version {draft.node()} set {draft.draw.choice(versions)}"


def _figures(draft: Draft, kind: str, cpu: str, mem: str) -> str | None:
    sid = draft.sid()
    if sid is None:
        return None
    cores, size = draft.draw.choice((0.5, 1, 2, 4, 9)), draft.draw.choice((128, 1024, 5000, 20000))
    both = (f"{cpu} {cores}", f"{mem} {size}", f"{cpu} {cores} {mem} {size}")
    return f"service {sid} set-{kind}-stats {draft.draw.choices(both, (1, 1, 4))[0]}"


COMMANDS: dict[str, Callable[[Draft], str | None]] = {
    "add": _add,
    "arm": _arm,
    "cfs": _cfs,
    "crm_start": _to_node("crm {} start"),
    "crm_stop": _to_node("crm {} stop"),
    "delay": _delay,
    "delete": _delete,
    "disabled": _change_state("disabled"),
    "disarm": _disarm,
    "ignored": _change_state("ignored"),
    "lock": _lock,
    "maintenance_off": _to_node("crm {} disable-node-maintenance"),
    "maintenance_on": _to_node("crm {} enable-node-maintenance"),
    "manual_migrate": _manual_migrate,
    "migrate": _to_service("migrate {}"),
    "network_off": _to_node("network {} off"),
    "network_on": _to_node("network {} on"),
    "nothing": lambda draft: None,
    "power_off": _to_node("power {} off"),
    "power_on": _to_node("power {} on"),
    "reboot": _to_node("reboot {}"),
    "relocate": _to_service("relocate {}"),
    "restart_lrm": _to_node("restart-lrm {}"),
    "set_dynamic": lambda draft: _figures(draft, "dynamic", "cpu", "mem"),
    "set_static": lambda draft: _figures(draft, "static", "maxcpu", "maxmem"),
    "shutdown": _to_node("shutdown {}"),
    "skip_round": _skip_round,
    "started": _change_state("started"),
    "stop": _stop,
    "stopped": _change_state("stopped"),
    "unlock": _to_service("unlock"),
    "version": _version,
}
