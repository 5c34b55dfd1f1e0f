"""A cluster as a question finds it: everything that a course depends on, read from a capture."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from virton.forecast.needs import NO_NEEDS, Needs, Offers, lacks, needs_of, offers_of
from virton.ha.dialect import Dialect, dialect_of, is_proven
from virton.ha.environment import SILENT_S
from virton.ha.manager.manager import ManagerMemory
from virton.ha.model import (
    DatacenterSettings,
    GroupConfig,
    LrmStatus,
    ManagerStatus,
    ResourceConfig,
)
from virton.ha.rules.config import RuleSet
from virton.simulation.captures import CaptureError, is_capture, read_capture
from virton.simulation.scenario import ScenarioError, scenario_from
from virton.simulation.timing import VIRTUAL, Timing
from virton.simulation.value import FiguresValue, FilesValue


@dataclass(frozen=True, slots=True)
class Node:
    """A node: whether it is there, its votes, and what it has."""

    name: str
    online: bool
    votes: int
    cores: float
    memory_bytes: int
    version: str
    used_cores: float | None = None
    used_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest, under HA or not; `needs` is what a node must have for it to start there."""

    sid: str
    node: str
    running: bool
    name: str = ""
    cores: float = 0.0
    memory_bytes: int = 0
    used_cores: float = 0.0
    used_bytes: int = 0
    needs: Needs = NO_NEEDS


@dataclass(frozen=True, slots=True)
class Situation:
    """A cluster at one moment. All parts are values: a change makes another situation.

    `device_votes` are the votes of a QDevice, `asked_s` is the cluster's time of the capture where
    it tells one, and `remarks` are what the capture itself says of its gaps.
    `ages_s` is how long ago each LRM, and the master's CRM, wrote last (by node and daemon).
    `kept` is what the manager of the trial that led to it remembers: the next one goes on with it.
    `generation` counts the trials that led to it, so that their uids are never mixed up.
    """

    name: str
    fingerprint: str
    version: str
    dialect: Dialect
    nodes: Mapping[str, Node]
    guests: Mapping[str, Guest]
    resources: Mapping[str, ResourceConfig]
    rules: RuleSet
    groups: Mapping[str, GroupConfig]
    settings: DatacenterSettings
    manager: ManagerStatus
    lrm: Mapping[str, LrmStatus]
    guest_locks: Mapping[str, str]
    figures: FiguresValue
    offers: Mapping[str, Offers] = field(default_factory=dict)
    device_votes: int = 0
    asked_s: int | None = None
    failing: frozenset[str] = frozenset()
    remarks: tuple[Mapping[str, Any], ...] = ()
    generation: int = 0
    device_on: bool = True
    timing: Timing | None = None
    ages_s: Mapping[tuple[str, str], int] = field(default_factory=dict)
    kept: ManagerMemory | None = field(default=None, compare=False)

    @property
    def online(self) -> frozenset[str]:
        """The nodes that are there."""
        return frozenset(name for name, node in self.nodes.items() if node.online)

    @property
    def running(self) -> dict[str, str]:
        """Where each guest runs that does."""
        return {guest.sid: guest.node for guest in self.guests.values() if guest.running}

    def missing(self, sid: str, node: str) -> tuple[str, ...]:
        """Return what a guest would miss on a node."""
        guest = self.guests.get(sid)
        needs = guest.needs if guest else NO_NEEDS
        if needs is NO_NEEDS:
            return ()
        offers = self.offers.get(node, Offers())
        return tuple(f"{lack}:{name}" for lack, name in lacks(needs, node, offers))

    @property
    def master(self) -> str | None:
        """The node whose CRM is master."""
        return self.manager.master_node

    def is_silent(self, node: str, kind: str) -> bool:
        """Tell whether a daemon has not written for so long that it is not at work."""
        return self.ages_s.get((node, kind), 0) > SILENT_S

    @property
    def is_proven(self) -> bool:
        """Tell whether the model was held against this version of the HA stack."""
        return not self.version or is_proven(self.version)

    def speaking(self, version: str) -> "Situation":
        """Return the same cluster with another version of Proxmox VE."""
        nodes = {name: replace(node, version=version) for name, node in self.nodes.items()}
        return replace(self, version=version, dialect=dialect_of(version), nodes=nodes)


def situation_of(document: Mapping[str, Any]) -> Situation:
    """Read a capture, or a scenario file; raises ScenarioError."""
    if is_capture(document) and "world" in document:
        return _exact(document)
    scenario = scenario_from(document, "capture")
    about = document.get("about") or document.get("snapshot") or {}
    world, rows = scenario.world, document.get("nodes") or {}
    files = world.files or FilesValue()
    running = {sid: host.name for host in world.hosts for sid in sorted(host.running)}
    nodes = {
        host.name: Node(
            host.name,
            online=bool(rows[host.name].get("online", True)),
            votes=int(rows[host.name].get("votes", 1)),
            cores=host.cores,
            memory_bytes=host.memory_bytes,
            version=host.version,
            used_cores=rows[host.name].get("cpu"),
            used_bytes=rows[host.name].get("mem"),
        )
        for host in world.hosts
    }
    return Situation(
        name=scenario.name,
        fingerprint=fingerprint(document),
        version=str(about.get("version") or ""),
        dialect=world.dialect,
        nodes=nodes,
        guests=_guests(document, world.figures, running, captured=world.whole),
        resources=files.resources,
        rules=files.rules,
        groups=files.groups,
        settings=files.settings,
        manager=files.manager_status,
        lrm=files.lrm_status,
        guest_locks=files.guest_locks,
        figures=world.figures,
        offers=offers_of(document),
        device_votes=int((document.get("qdevice") or {}).get("votes") or 0),
        device_on=world.qdevice.on if world.qdevice else True,
        timing=world.timing if world.timing != VIRTUAL else None,
        asked_s=about.get("taken_at"),
        remarks=tuple(
            {"remark": "other", "text": remark} if isinstance(remark, str) else remark
            for remark in about.get("remarks") or ()
        ),
        ages_s=_ages_s(document, files.manager_status),
    )


def _ages_s(document: Mapping[str, Any], manager: ManagerStatus) -> dict[tuple[str, str], int]:
    told = (document.get("seen") or {}).get("ages_s") or {}
    ages = {(node, "lrm"): int(age_s) for node, age_s in sorted((told.get("lrm") or {}).items())}
    if manager.master_node is not None and told.get("crm") is not None:
        ages[manager.master_node, "crm"] = int(told["crm"])
    return ages


def _exact(document: Mapping[str, Any]) -> Situation:
    """Read a world of our own that was frozen; its clock is left behind."""
    try:
        name, world = read_capture(document)
    except CaptureError as error:
        raise ScenarioError(str(error)) from None
    files = world.files or FilesValue()
    running = {sid: host.name for host in world.hosts for sid in sorted(host.running)}
    places = {sid: {"node": config.node} for sid, config in files.resources.items()}
    beside = {sid: {"node": node} for sid, node in running.items()}
    return Situation(
        name=name,
        fingerprint=str(document.get("fingerprint", ""))[:16],
        version="",
        dialect=world.dialect,
        nodes={
            host.name: Node(
                host.name,
                online=host.power and host.network,
                votes=host.votes,
                cores=host.cores,
                memory_bytes=host.memory_bytes,
                version=host.version,
            )
            for host in world.hosts
        },
        guests=_guests({"guests": {**beside, **places}}, world.figures, running, captured=True),
        resources=files.resources,
        rules=files.rules,
        groups=files.groups,
        settings=files.settings,
        manager=files.manager_status,
        lrm=files.lrm_status,
        guest_locks=files.guest_locks,
        figures=world.figures,
        device_votes=world.qdevice.votes if world.qdevice else 0,
        device_on=world.qdevice.on if world.qdevice else True,
    )


def fingerprint(document: Mapping[str, Any]) -> str:
    """Return what identifies a capture: a digest over its content."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _guests(
    document: Mapping[str, Any],
    figures: FiguresValue,
    running: Mapping[str, str],
    *,
    captured: bool,
) -> dict[str, Guest]:
    told: dict[str, Any] = dict(document.get("guests") or {})
    for sid, row in (document.get("resources") or {}).items():
        told.setdefault(sid, {"node": row.get("node"), "status": None if captured else "running"})
    guests = {}
    for sid, row in sorted(told.items()):
        node = running.get(sid) or row.get("node")
        if node is None or row.get("template"):
            continue
        most, now = figures.static.get(sid, {}), figures.dynamic.get(sid, {})
        guests[sid] = Guest(
            sid,
            node,
            running=sid in running or (not captured and row.get("status") == "running"),
            name=row.get("name") or "",
            cores=most.get("maxcpu", 0.0),
            memory_bytes=int(most.get("maxmem", 0)),
            used_cores=now.get("cpu", 0.0),
            used_bytes=int(now.get("mem", 0)),
            needs=needs_of(row),
        )
    return guests
