"""Which other resources a requested move takes along, and which stand in its way."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files
from virton.ha.rules.compiled import CompiledRules, prepare


def comigrated_resources(cluster: EmbeddedCluster, sid: str) -> list[str]:
    """Return the resources that move along with one, sorted."""
    together = _compiled(cluster).together.get(sid, frozenset())
    return [other for other in sorted(together) if _status(cluster, other) is not None]


def blocking_resources(cluster: EmbeddedCluster, sid: str, node: str) -> list[dict[str, str]]:
    """Return the resources on a node (or on their way) from which one must be kept apart."""
    states = files.manager_status(cluster).get("node_status") or {}
    if states.get(node) != "online":
        return []
    apart = _compiled(cluster).apart.get(sid, frozenset())
    blocking = [other for other in sorted(apart) if _is_at(_status(cluster, other), node)]
    return [{"sid": other, "cause": "resource-affinity"} for other in blocking]


def _compiled(cluster: EmbeddedCluster) -> CompiledRules:
    ruleset = files.with_groups(cluster, files.rules(cluster))
    return prepare(ruleset, files.known_nodes(cluster))[0]


def _status(cluster: EmbeddedCluster, sid: str) -> Mapping[str, Any] | None:
    managed = files.manager_status(cluster).get("service_status") or {}
    status: Mapping[str, Any] | None = managed.get(sid)
    return None if status is None or status.get("state") == "ignored" else status


def _is_at(status: Mapping[str, Any] | None, node: str) -> bool:
    if status is None:
        return False
    return all(status.get(where) in (None, "", node) for where in ("node", "target"))
