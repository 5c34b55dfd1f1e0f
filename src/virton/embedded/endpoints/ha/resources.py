"""`/cluster/ha/resources`: what is under HA, and how to move it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files
from virton.embedded.endpoints.ha.motion import Motion
from virton.embedded.endpoints.parameters import (
    AUDIT,
    COMMENT,
    CONSOLE,
    DELETE,
    DIGEST,
    NODE,
    SWITCH_ON,
)
from virton.embedded.errors import failed
from virton.embedded.registry import Endpoint
from virton.embedded.schema import Param
from virton.ha.config.resources import RESOURCE_TYPES, is_vmid
from virton.ha.config.sections import Section
from virton.ha.model import resource_name, resource_type

Params = Mapping[str, Any]
Entry = dict[str, Any]

_GUEST_TYPE = {"vm": "qemu", "ct": "lxc"}
_GROUPS_ARE_GONE = "invalid parameter 'group': ha groups have been migrated to rules"


def index(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Entry]:
    """List the resources."""
    migrated = files.groups_are_migrated(cluster)
    document = files.resources(cluster)
    entries = []
    for section in document.sections.values():
        if params.get("type", section.type) == section.type:
            entry = _to_json(section, document.digest, migrated)
            group = entry.get("group")
            if group is not None and group not in files.groups(cluster).sections:
                entry["errors"] = {"group": f"group '{group}' does not exist"}
            entries.append(entry)
    return entries


def read(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell of one resource."""
    document = files.resources(cluster)
    section = files.section(document, files.full_sid(cluster, params["sid"]), "resource")
    return _to_json(section, document.digest, files.groups_are_migrated(cluster))


def _to_json(section: Section, digest: str, migrated: bool) -> Entry:
    entry = {**files.properties_json(section.properties), "sid": section.id}
    if migrated:
        entry.pop("group", None)
    return {**entry, "type": section.type, "digest": digest}


def create(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Put a guest under HA."""
    cluster.require_quorum()
    sid = files.full_sid(cluster, params["sid"])
    if params.get("type", resource_type(sid)) != resource_type(sid):
        raise failed("types does not match")
    if "group" in params and files.groups_are_migrated(cluster):
        raise failed(_GROUPS_ARE_GONE)
    _require_guest(cluster, sid)
    form = cluster.dialect.resources_format
    values = files.values_of(params, form.properties_of(resource_type(sid)))
    with cluster.change(), files.told_as("create resource failed"):
        document = files.resources(cluster)
        if sid in document.sections:
            raise failed(f"resource ID '{sid}' already defined")
        section = Section(resource_type(sid), sid, values)
        files.save_resources(cluster, document.with_section(section))


def _require_guest(cluster: EmbeddedCluster, sid: str) -> None:
    kind, name = resource_type(sid), resource_name(sid)
    if kind not in RESOURCE_TYPES:
        raise failed(f"unknown resource type '{kind}'")
    if not is_vmid(name):
        raise failed(f"invalid VMID '{name}'")
    guest = cluster.world.guests().get(int(name))
    if guest is None:
        raise failed(f"resource '{sid}' does not exist in cluster")
    if guest.type != _GUEST_TYPE[kind]:
        what = "a VM" if kind == "vm" else "a CT"
        raise failed(f"resource '{sid}' - guest with ID {name} is not {what}")


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Change what is wanted of a resource."""
    sid = files.full_sid(cluster, params["sid"])
    _require_group(cluster, params.get("group"))
    _require_no_error(cluster, sid, params.get("state"))
    with cluster.change(), files.told_as("update resources config failed"):
        document = files.resources(cluster)
        files.require_digest(document.digest, params.get("digest"))
        section = files.section(document, sid, "resource")
        form = cluster.dialect.resources_format
        values = files.values_of(params, form.properties_of(section.type))
        gone = files.deletions(params, form, section.type)
        files.save_resources(cluster, document.with_section(section.changed(values, gone)))


def _require_group(cluster: EmbeddedCluster, group: str | None) -> None:
    if group is None:
        return
    if files.groups_are_migrated(cluster):
        raise failed(_GROUPS_ARE_GONE)
    if group not in files.groups(cluster).sections:
        raise failed(f"HA group '{group}' does not exist")


def _require_no_error(cluster: EmbeddedCluster, sid: str, state: str | None = None) -> None:
    """Raise a refusal for a resource in error, unless it is to be disabled."""
    if not is_managed(cluster, sid):
        return
    status = files.manager_status(cluster).get("service_status") or {}
    if (status.get(sid) or {}).get("state") == "error" and state != "disabled":
        raise failed(f"service '{sid}' in error state, must be disabled and fixed first")


def is_managed(cluster: EmbeddedCluster, sid: str) -> bool:
    """Tell whether the HA stack acts on a resource now."""
    section = files.resources(cluster).sections.get(sid)
    if section is None or section.properties.get("state") == "ignored":
        return False
    disarm = files.manager_status(cluster).get("disarm") or {}
    return disarm.get("mode") != "ignore"


def delete(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Take a guest out of HA and, unless told otherwise, out of the rules."""
    sid = files.full_sid(cluster, params["sid"])
    document = files.resources(cluster)
    if sid not in document.sections:
        raise failed(f"cannot delete service '{sid}', not HA managed!")
    with cluster.change(), files.told_as("delete resource failed"):
        files.save_resources(cluster, document.without(sid))
        if params.get("purge", True):
            ruleset = files.rules(cluster).without_resource(sid)
            unreadable = ruleset.order.keys() - ruleset.rules.keys()
            files.save_rules(cluster, ruleset.without(unreadable))


def migrate(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Ask the manager to move a resource while it runs."""
    return _move(cluster, "migrate", params)


def relocate(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Ask the manager to stop a resource, move it, and start it again."""
    return _move(cluster, "relocate", params)


def _move(cluster: EmbeddedCluster, how: str, params: Params) -> Entry:
    sid, node = files.full_sid(cluster, params["sid"]), params["node"]
    if not is_managed(cluster, sid):
        raise failed(f"resource '{sid}' is not HA managed")
    _require_no_error(cluster, sid)
    files.queue_command(cluster, f"{how} {sid} {node}")
    result: Entry = {"sid": sid, "requested-node": node}
    motion = Motion(cluster)
    comigrated, blocking = motion.comigrated(sid), motion.blocking(sid, node)
    if comigrated:
        result["comigrated-resources"] = comigrated
    if blocking:
        result["blocking-resources"] = blocking
    return result


_PATH = "/cluster/ha/resources"
_SID = Param(format="pve-ha-resource-or-vm-id")
_TYPE = Param(optional=True, enum=RESOURCE_TYPES)
_COUNT = Param("integer", optional=True, default=1, minimum=0)
_STATES = ("started", "stopped", "enabled", "disabled", "ignored")
_PROPERTIES = {
    "sid": _SID,
    "state": Param(optional=True, default="started", enum=_STATES),
    "group": Param(optional=True, format="pve-configid"),
    "failback": SWITCH_ON,
    "max_restart": _COUNT,
    "max_relocate": _COUNT,
    "auto-rebalance": replace(SWITCH_ON, newer=True),
    "comment": COMMENT,
}
_SETTINGS = frozenset(_PROPERTIES) - {"sid"}
_MOTION = {"sid": _SID, "node": NODE}

ENDPOINTS = (
    Endpoint("GET", _PATH, index, AUDIT, {"type": _TYPE}),
    Endpoint("POST", _PATH, create, CONSOLE, {**_PROPERTIES, "type": _TYPE}, settings=_SETTINGS),
    Endpoint("GET", f"{_PATH}/{{sid}}", read, AUDIT, {"sid": _SID}),
    Endpoint(
        "PUT",
        f"{_PATH}/{{sid}}",
        update,
        CONSOLE,
        {**_PROPERTIES, "delete": DELETE, "digest": DIGEST},
        settings=_SETTINGS,
    ),
    Endpoint("DELETE", f"{_PATH}/{{sid}}", delete, CONSOLE, {"sid": _SID, "purge": SWITCH_ON}),
    Endpoint("POST", f"{_PATH}/{{sid}}/migrate", migrate, CONSOLE, _MOTION),
    Endpoint("POST", f"{_PATH}/{{sid}}/relocate", relocate, CONSOLE, _MOTION),
)
