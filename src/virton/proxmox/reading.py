"""Read a whole cluster at one moment: everything that the HA model needs."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from virton.ha.config.datacenter import format_property_string as property_string
from virton.ha.config.datacenter import parse_property_string, write_datacenter
from virton.ha.dialect import dialect_of
from virton.ha.model import DatacenterSettings
from virton.proxmox.api import ClusterApi
from virton.proxmox.configuration import (
    Group,
    Resource,
    Rule,
    parse_groups,
    parse_resources,
    parse_rules,
)
from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode
from virton.proxmox.inventory import (
    Inventory,
    Membership,
    Version,
    parse_inventory,
    parse_version,
)
from virton.proxmox.manager import ManagerFiles, parse_manager_status
from virton.proxmox.values import integer, mapping, number, rows, text

Answer = TypeVar("Answer")

ATTEMPTS = 3
_SCHEDULER_KEYS = frozenset(
    {"ha", "ha-rebalance-on-start", "ha-auto-rebalance"}
    | {f"ha-auto-rebalance-{of}" for of in ("threshold", "method", "hold-duration", "margin")}
)


@dataclass(frozen=True, slots=True)
class GuestUse:
    """What a guest may and does use: cores and bytes; None where the cluster did not say."""

    maxcpu: float | None = None
    maxmem: int | None = None
    cpu: float | None = None
    mem: int | None = None
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How the last work of a Local Resource Manager on a resource ended."""

    sid: str
    state: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class HaFiles:
    """The status files of the HA stack; `results`: node -> uid -> how that work ended."""

    manager: ManagerFiles = field(default_factory=ManagerFiles)
    results: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    def is_as_in(self, other: "HaFiles") -> bool:
        """Tell whether nothing has happened in between: times and uids change by themselves."""
        return _without_times(self.manager) == _without_times(other.manager)


@dataclass(frozen=True, slots=True)
class Reading:
    """A cluster as read. `troubles` are what could not be read, in words without names."""

    version: Version
    membership: Membership
    inventory: Inventory
    use: Mapping[str, GuestUse]
    files: HaFiles
    resources: tuple[Resource, ...]
    rules: tuple[Rule, ...]
    rules_supported: bool
    groups: tuple[Group, ...]
    settings: DatacenterSettings
    versions: Mapping[str, str] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()

    @property
    def online(self) -> Mapping[str, bool]:
        """Return every node of the cluster, and whether it is online."""
        told = {node.name: node.online for node in self.inventory.nodes.values()}
        return self.membership.online or told


async def read_cluster(api: ClusterApi) -> Reading:
    """Read a cluster; again if it changed meanwhile. Raises ApiFailure."""
    for _ in range(ATTEMPTS):
        reading = await _read(api)
        after = await _read_files(api)
        if after.is_as_in(reading.files):
            return replace(reading, files=after)
    changing = "the cluster kept changing while it was read: some of it may be older than the rest"
    return replace(reading, troubles=(*reading.troubles, changing))


async def _read(api: ClusterApi) -> Reading:
    version = await api.version()
    files = await _read_files(api)
    inventory, use = await api.read("/cluster/resources", _parse_guests)
    resources = await api.read("/cluster/ha/resources", parse_resources)
    await _require_sight(api, resources, inventory)
    rules = await _read_if_there(api, "/cluster/ha/rules", _parse_rules)
    groups, trouble_with_groups = await _read_groups(api, needed=rules is None)
    settings, trouble_with_settings = await _read_settings(api, version)
    reading = Reading(
        version=version,
        membership=await api.membership(),
        inventory=inventory,
        use=use,
        files=files,
        resources=resources,
        rules=rules or (),
        rules_supported=rules is not None,
        groups=groups,
        settings=settings,
        troubles=(*trouble_with_groups, *trouble_with_settings),
    )
    return replace(reading, versions=await _read_versions(api, reading))


def _parse_guests(data: Any) -> tuple[Inventory, dict[str, GuestUse]]:
    inventory, told = parse_inventory(data), {str(row.get("id")): row for row in rows(data)}
    use = {g.sid: _use(told.get(f"{g.type}/{g.vmid}", {})) for g in inventory.guests}
    return inventory, use


def _use(row: Mapping[str, Any]) -> GuestUse:
    cores, share = number(row.get("maxcpu")), number(row.get("cpu"))
    return GuestUse(
        maxcpu=cores,
        maxmem=integer(row.get("maxmem")),
        cpu=None if cores is None or share is None else share * cores,
        mem=integer(row.get("mem")),
        lock=text(row.get("lock")) or None,
    )


async def _require_sight(
    api: ClusterApi, resources: Iterable[Resource], inventory: Inventory
) -> None:
    """Refuse to take guests that the asking user may not see for guests that are not there."""
    seen = {guest.sid for guest in inventory.guests}
    unseen = [resource.sid for resource in resources if resource.sid not in seen]
    if not unseen:
        return
    permissions = await api.permissions()
    for sid in unseen:
        path = f"/vms/{sid.partition(':')[2]}"
        if "VM.Audit" not in permissions.on(path):
            words = f"{sid} cannot be seen: VM.Audit is missing on {path}"
            raise ApiFailure(ApiError(403, words, code=ErrorCode.FORBIDDEN))


# the status files


async def _read_files(api: ClusterApi) -> HaFiles:
    return await api.read("/cluster/ha/status/manager_status", _parse_files)


def _parse_files(data: Any) -> HaFiles:
    lrms = mapping(mapping(data).get("lrm_status"))
    return HaFiles(
        parse_manager_status(data),
        {node: _parse_results(mapping(lrm).get("results")) for node, lrm in lrms.items()},
    )


def _parse_results(data: Any) -> dict[str, Result]:
    told = {uid: mapping(entry) for uid, entry in mapping(data).items()}
    return {
        uid: Result(
            str(entry.get("sid")), str(entry.get("state")), integer(entry["exit_code"]) or 0
        )
        for uid, entry in told.items()
        if entry.get("exit_code") is not None
    }


def _without_times(files: ManagerFiles) -> ManagerFiles:
    services = {
        sid: replace(service, extra={k: v for k, v in service.extra.items() if k != "uid"})
        for sid, service in files.services.items()
    }
    lrms = {node: replace(lrm, timestamp=None) for node, lrm in files.lrms.items()}
    return replace(files, timestamp=None, services=services, lrms=lrms)


# rules or groups


async def _read_if_there(
    api: ClusterApi, path: str, parse: Callable[[Any], Answer]
) -> Answer | None:
    """Read a path; None where this version does not have it."""
    try:
        return await api.read(path, parse)
    except ApiFailure as failure:
        if failure.error.code is ErrorCode.UNSUPPORTED:
            return None
        raise


def _parse_rules(data: Any) -> tuple[Rule, ...]:
    """Read the rules; the HA stack takes one for disabled as soon as that is said at all."""
    said = {str(row["rule"]) for row in rows(data) if row.get("disable") is not None}
    return tuple(
        replace(rule, disabled=True) if rule.rule in said else rule for rule in parse_rules(data)
    )


async def _read_groups(api: ClusterApi, *, needed: bool) -> tuple[tuple[Group, ...], list[str]]:
    """Read the groups; a cluster whose groups have become rules refuses to tell any."""
    try:
        return await api.read("/cluster/ha/groups", parse_groups), []
    except ApiFailure as failure:
        error = failure.error
        if needed or error.code not in (ErrorCode.CLUSTER, ErrorCode.UNSUPPORTED):
            raise
        expected = error.code is ErrorCode.UNSUPPORTED or "migrated" in (error.message or "")
        return (), [] if expected else ["the groups could not be read: taken for none"]


# settings and versions


async def _read_settings(
    api: ClusterApi, version: Version
) -> tuple[DatacenterSettings, tuple[str, ...]]:
    options = await _read_if_there(api, "/cluster/options", mapping)
    if options is None:
        return DatacenterSettings(), ("the cluster's options could not be read: taken as default",)
    crs = {k: v for k, v in _properties(options.get("crs")).items() if k in _SCHEDULER_KEYS}
    policy = _properties(options.get("ha"))
    known = {"ha": {k: v for k, v in policy.items() if k == "shutdown_policy"}, "crs": crs}
    told = {key: property_string(values) for key, values in known.items() if values}
    read = dialect_of(version.version).read_datacenter(write_datacenter(told))
    wrong = [f"option {c.key} has an unknown value: taken as default" for c in read.complaints]
    return read.settings, tuple(wrong)


def _properties(value: Any) -> dict[str, str]:
    """Return a setting's parts, which come as an object or as one text."""
    if value is None or isinstance(value, str):
        return parse_property_string(value or "") or {}
    return {key: _plain(part) for key, part in mapping(value).items() if part is not None}


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


async def _read_versions(api: ClusterApi, reading: Reading) -> dict[str, str]:
    """Return each node's version; that of the node which answers where one cannot be asked."""

    async def ask(node: str, online: bool) -> str:
        if online:
            try:
                return (await api.read(f"/nodes/{node}/version", parse_version)).version
            except ApiFailure:
                pass
        return reading.version.version

    nodes = sorted(reading.online)
    versions = await asyncio.gather(*(ask(node, reading.online[node]) for node in nodes))
    return dict(zip(nodes, versions, strict=True))
