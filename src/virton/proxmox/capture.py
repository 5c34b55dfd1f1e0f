"""Capture a cluster into one file: the world as it is seen from outside, to be played on.

The file has the parts of a scenario (`nodes`, `resources`, `rules`, ... `commands`), with every node
as it is: nothing is switched on, and the master is the master. Beside them stand `about` (what the
file is), `guests` (all of them, under HA or not, and what each needs of a node) and `seen` (what the
API tells of locks, watchdogs and work under way). `untold` names what it does not tell.

The same state gives the same bytes: sorted keys, no clock but the cluster's own (`taken_at` is its
last sign of life), and a resource's own name for the uid that the manager renews all the time.
There are no secrets in it.
"""

import json
from collections.abc import Mapping
from typing import Any

from virton.proxmox.answers import Answers, Remembered
from virton.proxmox.api import ClusterApi
from virton.proxmox.capture_configuration import configured, told
from virton.proxmox.capture_status import status
from virton.proxmox.inventory import Guest
from virton.proxmox.needs import GuestNeeds
from virton.proxmox.offers import ClusterOffers
from virton.proxmox.pseudonyms import Names, pseudonyms
from virton.proxmox.read_cluster import read_cluster, reading_of
from virton.proxmox.reading import Reading
from virton.proxmox.remarks import UNTOLD, remarks_on
from virton.proxmox.values import flag

SCHEMA = 2
"""The version of the file's form; a change that old readers misread raises it."""

FORMAT = 1
"""The version of the form that all captures share."""

Json = dict[str, Any]


async def take_capture(api: ClusterApi, *, anonymous: bool = False) -> bytes:
    """Return a cluster as the bytes of a capture; raises ApiFailure."""
    return capture_bytes(await read_cluster(api), anonymous=anonymous)


async def see(api: ClusterApi, remembered: Remembered) -> Json:
    """Return a cluster as a capture, for whoever wants one again and again; raises ApiFailure."""
    return capture_of(await read_cluster(api, remembered))


def capture_of_answers(answers: Mapping[str, Any]) -> Json:
    """Return the capture that recorded answers make up, by path; raises ApiFailure."""
    return capture_of(reading_of(Answers(answers)))


def capture_bytes(reading: Reading, *, anonymous: bool = False) -> bytes:
    """Return a cluster that was read as the bytes of a capture."""
    document = capture_of(reading, anonymous=anonymous)
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    # Half a surrogate pair, which a comment may hold, has only its escaped form.
    return text.encode("utf-8", "backslashreplace")


def capture_of(reading: Reading, *, anonymous: bool = False) -> Json:
    """Return a cluster that was read as a capture, with pseudonyms if it is `anonymous`."""
    names = Names()
    document = _document(reading, names)
    if not anonymous:
        return document
    # What was asked for the first time is every name that there is to replace.
    return _document(reading, Names(pseudonyms(names.asked)))


def _document(reading: Reading, names: Names) -> Json:
    places, around = _places(reading), reading.surroundings
    document = {
        "capture": FORMAT,
        "grade": "seen",
        "clock": "paced",
        "name": names.text(reading.nodes.membership.name) or "capture",
        "about": _about(reading, names),
        "nodes": {names.node(node): _node(reading, node, names) for node in reading.nodes.online},
        "guests": _guests(reading, names),
        "static_stats": _stats(reading, names, ("maxcpu", "maxmem")),
        "dynamic_stats": _stats(reading, names, ("cpu", "mem")),
        "running": _running(reading, names),
        "commands": [],
    }
    votes, totem = around.votes, around.totem
    if votes is not None and votes.qdevice is not None:
        device = votes.qdevice
        document["qdevice"] = {"votes": device.votes(votes.nodes), "connected": device.connected}
    if totem is not None:
        waits = {"token_ms": totem.token_ms, "token_coefficient_ms": totem.token_coefficient_ms}
        document["totem"] = told(waits | {"consensus_ms": totem.consensus_ms})
    return document | configured(reading, places, names) | status(reading, names)


def _about(reading: Reading, names: Names) -> Json:
    return {
        "schema": SCHEMA,
        "anonymous": names.anonymous,
        "cluster": names.text(reading.nodes.membership.name),
        "version": reading.version and reading.version.version,
        "rules_supported": reading.rules.supported,
        "taken_at": reading.status.newest,
        "remarks": [remark.to_json() for remark in remarks_on(reading, names)],
        "untold": list(UNTOLD),
    }


# nodes


def _node(reading: Reading, node: str, names: Names) -> Json:
    """Return a node as it is; `cpu` and `mem` are what is in use."""
    online, around = reading.nodes.online[node], reading.surroundings
    switch = "on" if online else "off"
    entry: Json = {
        "power": switch,
        "network": switch,
        "online": online,
        "pve_version": around.versions.get(node),
        "offers": _offers(around.offers, node, names),
    }
    if around.votes is not None:
        entry["votes"] = around.votes.nodes.get(node, 1)
    use = reading.nodes.inventory.nodes.get(node)
    if use is None:
        return told(entry)
    cores = None if use.cpu is None or use.maxcpu is None else use.cpu * use.maxcpu
    figures = {"maxcpu": use.maxcpu, "maxmem": use.maxmem, "cpu": cores, "mem": use.mem}
    return told(entry | figures)


def _offers(offers: ClusterOffers, node: str, names: Names) -> Json:
    """Return what a node has that guests may need; what is not known is left out."""
    entry: Json = {}
    if offers.storages is not None:
        there = (name for name, storage in offers.storages.items() if storage.is_on(node))
        entry["storages"] = sorted(names.storage(name) for name in there)
    if offers.mappings is not None:
        there = (name for name, nodes in offers.mappings.items() if node in nodes)
        entry["mappings"] = sorted(names.device(name) for name in there)
    if node in offers.bridges:
        entry["bridges"] = sorted(names.bridge(name) for name in offers.bridges[node])
    return entry


# guests


def _guests(reading: Reading, names: Names) -> Json:
    guests, around = {}, reading.surroundings
    for guest in reading.nodes.inventory.guests:
        entry: Json = {
            "node": None if guest.node is None else names.node(guest.node),
            "status": guest.status,
            "name": names.text(guest.name),
            "template": guest.template or None,
        }
        if guest.sid in around.needs:
            needs = _needs(around.needs[guest.sid], around.offers, guest.vmid, names)
            entry["needs"] = {what: named for what, named in needs.items() if named}
        guests[names.sid(guest.sid)] = told(entry)
    return guests


def _needs(
    needs: GuestNeeds, offers: ClusterOffers, vmid: int, names: Names
) -> dict[str, list[str]]:
    """Return by kind what a guest needs.

    Local disks are on the guest's own node alone, but for those that are copied to another one.
    A guest of which one is left out of that cannot start there either.
    """
    known = offers.storages or {}
    shared, local = set(), set()
    whole = True
    for disk in needs.disks:
        storage = None if disk.storage is None else known.get(disk.storage)
        if disk.storage is None:
            local.add(names.device(disk.volume))
        elif storage is None or storage.shared or disk.made:
            shared.add(names.storage(disk.storage) if storage or not known else None)
        else:
            local.add(names.device(disk.volume))
            whole &= disk.copied
    copied = (job.target for job in offers.replications if job.vmid == vmid and whole)
    return {
        "storages": sorted(name for name in shared if name is not None),
        "local_disks": sorted(local),
        "replicated_to": sorted(names.node(node) for node in copied),
        "devices": sorted(names.device(name) for name in needs.devices),
        "mappings": sorted(names.device(name) for name in needs.mappings),
        "bridges": sorted(names.bridge(name) for name in needs.bridges),
    }


def _stats(reading: Reading, names: Names, figures: tuple[str, str]) -> Json:
    """Return figures of all guests, so that those not under HA can be put under it."""
    stats, around = {}, reading.surroundings
    for sid, use in around.use.items():
        values = {figure: getattr(use, figure) for figure in figures}
        if (needs := around.needs.get(sid)) is not None:
            # What is assigned stands in the configuration, too, when nobody reports the guest.
            assigned = {"maxcpu": needs.cores, "maxmem": needs.memory_bytes}
            values |= {f: assigned.get(f) for f, value in values.items() if value is None}
        if None not in values.values():
            stats[names.sid(sid)] = values
    return stats


def _places(reading: Reading) -> dict[str, str]:
    """Return on which of the cluster's nodes each guest lies."""
    online, guests = reading.nodes.online, reading.nodes.inventory.guests
    return {guest.sid: guest.node for guest in guests if guest.node and guest.node in online}


def _running(reading: Reading, names: Names) -> Json:
    running: Json = {}
    for guest in reading.nodes.inventory.guests:
        if guest.node and reading.nodes.online.get(guest.node) and _runs(guest, reading):
            running.setdefault(names.node(guest.node), {})[names.sid(guest.sid)] = 1
    return running


def _runs(guest: Guest, reading: Reading) -> bool:
    """Tell whether a guest runs; where its status is not known, the HA stack's word is taken."""
    if guest.status in ("unknown", None):
        managed = reading.status.manager.services.get(guest.sid)
        return managed is not None and flag(managed.extra.get("running"))
    return guest.status == "running"
