"""Capture a cluster into one file: a scenario that begins where the cluster stands.

The file has the parts of a scenario (`nodes`, `resources`, `rules`, ... `commands`), whose one
batch of commands switches on the nodes that are online, and beside them `snapshot` (what the file
is), `guests` (all of them, under HA or not) and `lrm_status`.

The same state gives the same bytes: sorted keys, no clock but the cluster's own (`taken_at` is its
last sign of life), and a resource's own name for the uid that the manager renews all the time.
There are no secrets in it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from virton.ha.model import DatacenterSettings
from virton.proxmox.api import ClusterApi
from virton.proxmox.configuration import Group, Resource, Rule
from virton.proxmox.manager import ManagedService
from virton.proxmox.pseudonyms import GROUP_RULE, Names, pseudonyms
from virton.proxmox.reading import GuestUse, HaFiles, Reading, read_cluster
from virton.proxmox.values import flag, integer, mapping, words

SCHEMA = 1
"""The version of the file's form; a change that old readers misread raises it."""

Json = dict[str, Any]

_RULE_TYPES = ("node-affinity", "resource-affinity")


async def take_snapshot(api: ClusterApi, *, anonymous: bool = False) -> bytes:
    """Return a cluster as a snapshot file; raises ApiFailure."""
    return snapshot_of(await read_cluster(api), anonymous=anonymous)


def snapshot_of(reading: Reading, *, anonymous: bool = False) -> bytes:
    """Return a cluster that was read as a snapshot file, with pseudonyms if it is `anonymous`."""
    names = Names()
    document = _document(reading, names)
    if anonymous:
        # What was asked for the first time is every name that there is to replace.
        document = _document(reading, Names(pseudonyms(names.asked)))
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    # Half a surrogate pair, which a comment may hold, has only its escaped form.
    return text.encode("utf-8", "backslashreplace")


def _document(reading: Reading, names: Names) -> Json:
    online, places = reading.online, _places(reading)
    return {
        "name": names.text(reading.membership.name) or "snapshot",
        "snapshot": _about(reading, places, names),
        "nodes": {names.node(node): _node(reading, node) for node in online},
        "guests": _guests(reading, names),
        "resources": {
            names.sid(r.sid): _resource(r, places.get(r.sid), reading.use.get(r.sid), names)
            for r in reading.resources
        },
        "rules": [_rule(rule, names) for rule in _rules(reading)],
        "groups": [_group(group, names) for group in reading.groups],
        "datacenter": _settings(reading.settings),
        "static_stats": _stats(reading, names, ("maxcpu", "maxmem")),
        "dynamic_stats": _stats(reading, names, ("cpu", "mem")),
        "running": _running(reading, names),
        "manager_status": _manager_status(reading.files, names),
        "lrm_status": _lrm_status(reading.files, names),
        "commands": [[f"power {names.node(node)} on" for node in sorted(online) if online[node]]],
    }


def _about(reading: Reading, places: Mapping[str, str], names: Names) -> Json:
    return {
        "schema": SCHEMA,
        "anonymous": names.anonymous,
        "cluster": names.text(reading.membership.name),
        "version": reading.version.version,
        "rules_supported": reading.rules_supported,
        "taken_at": _taken_at(reading.files),
        "remarks": [*reading.troubles, *_remarks(reading, places, names)],
    }


def _taken_at(files: HaFiles) -> int | None:
    """Return when the HA stack last gave a sign of life (Unix seconds): the cluster's own time."""
    told = (files.manager.timestamp, *(lrm.timestamp for lrm in files.manager.lrms.values()))
    return max((timestamp for timestamp in told if timestamp is not None), default=None)


def _remarks(reading: Reading, places: Mapping[str, str], names: Names) -> Iterator[str]:
    """Yield what the snapshot does not hold as the cluster has it."""
    for node in sorted(reading.online):
        use = reading.inventory.nodes.get(node)
        if use is None or use.maxcpu is None or use.maxmem is None:
            yield f"{names.node(node)}: its size is not known: taken for the usual one"
    for resource in reading.resources:
        if resource.sid not in places:
            yield f"{names.sid(resource.sid)}: there is no such guest on any node"
    for rule in reading.rules:
        if rule.type not in _RULE_TYPES:
            yield f"{names.rule(rule.rule)}: left out, for its type {rule.type} is not known"


# nodes and guests


def _node(reading: Reading, node: str) -> Json:
    """Return a node as it is before the first command; `cpu` and `mem` are what is in use."""
    entry: Json = {
        "power": "off",
        "network": "off",
        "online": reading.online[node],
        "pve_version": reading.versions[node],
    }
    use = reading.inventory.nodes.get(node)
    if use is None:
        return entry
    cores = None if use.cpu is None or use.maxcpu is None else use.cpu * use.maxcpu
    figures = {"maxcpu": use.maxcpu, "maxmem": use.maxmem, "cpu": cores, "mem": use.mem}
    return entry | _told(figures)


def _told(values: Mapping[str, Any]) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def _guests(reading: Reading, names: Names) -> Json:
    guests = {}
    for guest in reading.inventory.guests:
        node = None if guest.node is None else names.node(guest.node)
        entry = {"node": node, "status": guest.status, "name": names.text(guest.name)}
        guests[names.sid(guest.sid)] = _told(entry | {"template": guest.template or None})
    return guests


def _stats(reading: Reading, names: Names, figures: tuple[str, str]) -> Json:
    """Return figures of all guests, so that those not under HA can be put under it."""
    stats = {}
    for sid, use in reading.use.items():
        values = {figure: getattr(use, figure) for figure in figures}
        if None not in values.values():
            stats[names.sid(sid)] = values
    return stats


def _places(reading: Reading) -> dict[str, str]:
    """Return on which of the cluster's nodes each guest lies."""
    online, guests = reading.online, reading.inventory.guests
    return {guest.sid: guest.node for guest in guests if guest.node and guest.node in online}


def _running(reading: Reading, names: Names) -> Json:
    running: Json = {}
    online = reading.online
    for guest in reading.inventory.guests:
        if guest.status == "running" and guest.node and online.get(guest.node):
            running.setdefault(names.node(guest.node), {})[names.sid(guest.sid)] = 1
    return running


# configuration


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
    return {"node": place and names.node(place)} | _told(entry)


def _rules(reading: Reading) -> list[Rule]:
    """Return the rules of known type, without those that only show what a group will become."""
    shown = {GROUP_RULE + group.group for group in reading.groups}
    return [r for r in reading.rules if r.type in _RULE_TYPES and r.rule not in shown]


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
    return entry | _told(more)


def _group(group: Group, names: Names) -> Json:
    entry = {
        "id": names.group(group.group),
        "nodes": {names.node(node): priority for node, priority in group.nodes},
        "restricted": group.restricted,
        "nofailback": group.nofailback,
    }
    return entry | _told({"comment": names.text(group.comment)})


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


# the HA stack's own files


def _manager_status(files: HaFiles, names: Names) -> Json:
    manager = files.manager
    status: Json = {
        "node_status": {names.node(node): state for node, state in manager.node_states.items()},
        "service_status": {
            names.sid(sid): _service(sid, service, names)
            for sid, service in manager.services.items()
        },
    }
    if not manager.node_states and not manager.services:
        return {}
    if manager.master_node is not None:
        status["master_node"] = names.node(manager.master_node)
    requests = mapping(manager.extra.get("node_request"))
    asked = [node for node in sorted(requests) if flag(mapping(requests[node]).get("maintenance"))]
    if asked:
        status["node_request"] = {names.node(node): {"maintenance": 1} for node in asked}
    disarm = mapping(manager.extra.get("disarm"))
    if disarm:
        status["disarm"] = {key: disarm.get(key) for key in ("mode", "state")}
    return status


def _service(sid: str, service: ManagedService, names: Names) -> Json:
    running = flag(service.extra.get("running"))
    return _told(
        {
            "state": service.state,
            "node": service.node and names.node(service.node),
            "uid": names.sid(sid) if service.extra.get("uid") else None,
            "target": service.target and names.node(service.target),
            "timeout": integer(service.extra.get("timeout")),
            "running": 1 if running else None,
            "failed_nodes": [names.node(node) for node in service.failed_nodes] or None,
            "maintenance_node": service.maintenance_node and names.node(service.maintenance_node),
            "cmd": _command(words(service.extra.get("cmd")), names),
        }
    )


def _command(cmd: tuple[str, ...], names: Names) -> list[Any] | None:
    """Return what an operator has asked of a resource and the manager has not yet begun."""
    match cmd:
        case ("stop", timeout):
            return ["stop", integer(timeout)]
        case ("migrate" | "relocate" as how, node):
            return [how, names.node(node)]
        case _:
            return None


def _lrm_status(files: HaFiles, names: Names) -> Json:
    """Return the Local Resource Managers' files, with the results that wait for the manager."""
    return {
        names.node(node): {"state": lrm.state, "mode": lrm.mode or "active"}
        | {"results": _results(files, node, names)}
        for node, lrm in files.manager.lrms.items()
        if lrm.state is not None
    }


def _results(files: HaFiles, node: str, names: Names) -> Json:
    uids = {sid: service.extra.get("uid") for sid, service in files.manager.services.items()}
    return {
        names.sid(result.sid): {
            "sid": names.sid(result.sid),
            "state": result.state,
            "exit_code": result.exit_code,
        }
        for uid, result in files.results.get(node, {}).items()
        if uid == uids.get(result.sid)
    }
