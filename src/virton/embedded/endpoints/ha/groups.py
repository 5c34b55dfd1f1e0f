"""`/cluster/ha/groups`: the legacy groups, as long as they have not become rules."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files
from virton.embedded.endpoints.parameters import (
    AUDIT,
    COMMENT,
    CONSOLE,
    DELETE,
    DIGEST,
    SWITCH_OFF,
)
from virton.embedded.errors import failed
from virton.embedded.registry import Endpoint
from virton.embedded.schema import Param
from virton.ha.config.groups import GROUPS_FORMAT
from virton.ha.config.properties import parse_node_entry, split_list
from virton.ha.config.sections import Document, Section

Params = Mapping[str, Any]
Entry = dict[str, Any]


def _require_groups(cluster: EmbeddedCluster, deed: str) -> None:
    if files.groups_are_migrated(cluster):
        raise failed(f"cannot {deed}: ha groups have been migrated to rules")


def index(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """List the groups."""
    _require_groups(cluster, "index groups")
    if files.has_unreadable_groups(cluster):
        raise failed("cannot index groups: one of them lacks its nodes")
    document = files.groups(cluster)
    return [_to_json(section, document.digest) for section in document.sections.values()]


def read(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell of one group."""
    _require_groups(cluster, "read group")
    document = files.groups(cluster)
    return _to_json(files.section(document, params["group"], "ha group"), document.digest)


def _to_json(section: Section, digest: str) -> Entry:
    entry = {**files.properties_json(_in_order(section).properties), "group": section.id}
    return {**entry, "type": section.type, "digest": digest}


def _in_order(section: Section) -> Section:
    """Return the group with its nodes as they are told and written: the most wanted first."""
    nodes = {entry: parse_node_entry(entry) for entry in split_list(section.properties["nodes"])}
    known = {entry: node for entry, node in nodes.items() if node is not None}
    entries = sorted(known, key=lambda entry: (-known[entry][1], entry))
    return section.changed({"nodes": ",".join(entries)})


def _save(cluster: EmbeddedCluster, document: Document) -> None:
    ordered = {group: _in_order(section) for group, section in document.sections.items()}
    files.save_groups(cluster, replace(document, sections=ordered))


def create(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Add a group."""
    _require_groups(cluster, "create group")
    cluster.require_quorum()
    group = params["group"]
    values = files.values_of(params, GROUPS_FORMAT.properties_of("group"))
    with cluster.change(), files.told_as("create ha group failed"):
        document = files.groups(cluster)
        if group in document.sections:
            raise failed(f"ha group ID '{group}' already defined")
        _save(cluster, document.with_section(Section("group", group, values)))


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Change a group."""
    _require_groups(cluster, "update group")
    with cluster.change(), files.told_as("update ha group failed"):
        document = files.groups(cluster)
        files.require_digest(document.digest, params.get("digest"))
        section = files.section(document, params["group"], "ha group")
        values = files.values_of(params, GROUPS_FORMAT.properties_of("group"))
        gone = files.deletions(params, GROUPS_FORMAT, "group")
        _save(cluster, document.with_section(section.changed(values, gone)))


def delete(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Remove a group that no resource is in; one that is not there is removed already."""
    _require_groups(cluster, "delete group")
    group = params["group"]
    for sid, section in files.resources(cluster).sections.items():
        if section.properties.get("group") == group:
            raise failed(f"ha group is used by service '{sid}'")
    with cluster.change(), files.told_as("delete ha group failed"):
        _save(cluster, files.groups(cluster).without(group))


_PATH = "/cluster/ha/groups"
_GROUP = {"group": Param(format="pve-configid")}
_SETTINGS = {"nofailback": SWITCH_OFF, "restricted": SWITCH_OFF, "comment": COMMENT}
_NODES = Param(format="pve-ha-node-list")
_TYPE = Param(optional=True, enum=("group",))

ENDPOINTS = (
    Endpoint("GET", _PATH, index, AUDIT),
    Endpoint(
        "POST",
        _PATH,
        create,
        CONSOLE,
        {**_GROUP, **_SETTINGS, "nodes": _NODES, "type": _TYPE},
        settings=frozenset(_SETTINGS),
    ),
    Endpoint("GET", f"{_PATH}/{{group}}", read, AUDIT, _GROUP),
    Endpoint(
        "PUT",
        f"{_PATH}/{{group}}",
        update,
        CONSOLE,
        {
            **_GROUP,
            **_SETTINGS,
            "nodes": Param(optional=True, format="pve-ha-node-list"),
            "delete": DELETE,
            "digest": DIGEST,
        },
        settings=frozenset({*_SETTINGS, "nodes"}),
    ),
    Endpoint("DELETE", f"{_PATH}/{{group}}", delete, CONSOLE, _GROUP),
)
