"""What a capture does not hold as the cluster has it, and what there is to say of its state.

A remark is a kind and its fields, for which the catalogues have sentences (`capture.remark.*`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.ha.dialect import is_proven
from virton.ha.environment import SILENT_S
from virton.proxmox.pseudonyms import Names
from virton.proxmox.reading import Reading

RULE_TYPES = ("node-affinity", "resource-affinity")

UNTOLD = (
    "lock_ages",
    "node_unseen_since",
    "phases",
    "tries",
    "watchdog_ages",
    "work_progress",
)
"""What no API of Proxmox VE tells, though the next seconds depend on it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know of a capture."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the remark as a capture holds it."""
        return {"remark": self.kind, **self.fields}


def remarks_on(reading: Reading, names: Names) -> Iterator[Remark]:
    """Yield what there is to say of a cluster as it was read."""
    yield from (Remark(trouble) for trouble in reading.troubles)
    yield from _on_version(reading)
    yield from _on_votes(reading)
    yield from _on_daemons(reading, names)
    yield from _on_nodes(reading, names)
    yield from _on_guests(reading, names)
    yield from _on_rules(reading, names)
    yield from _on_offers(reading)


def _on_version(reading: Reading) -> Iterator[Remark]:
    versions = {*reading.surroundings.versions.values()}
    if reading.version is not None:
        versions.add(reading.version.version)
    for version in sorted(versions):
        if not is_proven(version):
            yield Remark("version_not_proven", {"version": version})


def _on_votes(reading: Reading) -> Iterator[Remark]:
    votes = reading.surroundings.votes
    if votes is None:
        yield Remark("votes_unknown")
    elif votes.qdevice is not None:
        connected = votes.qdevice.connected
        kind = "qdevice_silent" if connected is False else "qdevice"
        yield Remark(kind, {"votes": votes.qdevice.votes(votes.nodes)})
    quorate = reading.nodes.membership.quorate
    if quorate is False:
        yield Remark("not_quorate")


def _on_daemons(reading: Reading, names: Names) -> Iterator[Remark]:
    manager, newest = reading.status.manager, reading.status.newest
    if newest is None:
        return
    master = manager.master_node
    if manager.timestamp is not None and newest - manager.timestamp > SILENT_S and master:
        since = {"silent_s": newest - manager.timestamp}
        yield Remark("crm_silent", {"node": names.node(master)} | since)
    for node in sorted(reading.nodes.online):
        lrm = manager.lrms.get(node)
        if lrm is None and reading.nodes.online[node]:
            yield Remark("lrm_never_heard", {"node": names.node(node)})
        elif lrm and lrm.timestamp is not None and newest - lrm.timestamp > SILENT_S:
            since = {"silent_s": newest - lrm.timestamp}
            yield Remark("lrm_silent", {"node": names.node(node)} | since)


def _on_nodes(reading: Reading, names: Names) -> Iterator[Remark]:
    for node, online in sorted(reading.nodes.online.items()):
        use = reading.nodes.inventory.nodes.get(node)
        if use is None or use.maxcpu is None or use.maxmem is None:
            yield Remark("node_size_unknown", {"node": names.node(node)})
        if online and use is not None and not use.online:
            yield Remark("node_status_unknown", {"node": names.node(node)})


def _on_guests(reading: Reading, names: Names) -> Iterator[Remark]:
    guests = {guest.sid: guest for guest in reading.nodes.inventory.guests}
    for resource in reading.resources:
        guest = guests.get(resource.sid)
        if guest is None or guest.node is None or guest.node not in reading.nodes.online:
            yield Remark("no_guest", {"sid": names.sid(resource.sid)})
        elif guest.status == "unknown" and reading.nodes.online[guest.node]:
            yield Remark("guest_status_unknown", {"sid": names.sid(resource.sid)})


def _on_rules(reading: Reading, names: Names) -> Iterator[Remark]:
    for rule in reading.rules.rules:
        if rule.type not in RULE_TYPES:
            yield Remark("rule_type_unknown", {"rule": names.rule(rule.rule), "type": rule.type})


def _on_offers(reading: Reading) -> Iterator[Remark]:
    around, resources = reading.surroundings, reading.resources
    if not resources:
        return
    if around.offers.storages is None:
        yield Remark("storages_unknown")
    if len(around.needs) < len(resources):
        yield Remark("configs_unknown", {"count": len(resources) - len(around.needs)})
