"""Which other resources a requested move takes along, and which stand in its way."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files
from virton.ha.dialect import Dialect
from virton.ha.rules.compiled import CompiledRules, prepare


def comigrated_resources(cluster: EmbeddedCluster, sid: str) -> list[str]:
    """Return the resources that move along with one, sorted."""
    together = _compiled(cluster).together.get(sid, frozenset())
    return [other for other in sorted(together) if _status(cluster, other) is not None]


def blocking_resources(cluster: EmbeddedCluster, sid: str, node: str) -> list[dict[str, str]]:
    """Return what keeps a resource from a node: others there, and from 9.2 on its own node rule.

    Others count where they are or are going; the node rule names the resource itself.
    """
    states = files.manager_status(cluster).get("node_status") or {}
    if states.get(node) != "online":
        return []
    compiled = _compiled(cluster)
    apart = compiled.apart.get(sid, frozenset())
    blocking = [other for other in sorted(apart) if _is_at(_status(cluster, other), node)]
    causes = [{"sid": other, "cause": "resource-affinity"} for other in blocking]
    if cluster.dialect is Dialect.PERCENT and not _node_rule_allows(cluster, compiled, sid, node):
        causes.insert(0, {"sid": sid, "cause": "node-affinity"})
    return causes


def _node_rule_allows(
    cluster: EmbeddedCluster, compiled: CompiledRules, sid: str, node: str
) -> bool:
    """Tell whether a resource would stay on a node, as far as its node rule goes.

    One that fails back stays on the online nodes of the highest priority only.
    """
    priorities = compiled.node_priorities.get(sid)
    if priorities is None:
        return True
    if node not in priorities:
        return False
    config = files.configured(cluster).get(sid)
    if config is not None and not config.failback:
        return True
    states = files.manager_status(cluster).get("node_status") or {}
    online = [known for known in priorities if states.get(known) == "online"]
    return priorities[node] == max(priorities[known] for known in online)


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
