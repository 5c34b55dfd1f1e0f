"""Which other resources a requested move takes along, and which stand in its way."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files
from virton.ha.dialect import Dialect
from virton.ha.rules.compiled import prepare


class Motion:
    """What moves along with resources, and what keeps them from nodes, as the cluster stands."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        """Read the rules and the states of nodes and resources, once for all questions."""
        ruleset = files.with_groups(cluster, files.rules(cluster))
        status = files.manager_status(cluster)
        self._compiled = prepare(ruleset, files.known_nodes(cluster))[0]
        self._managed: Mapping[str, Any] = status.get("service_status") or {}
        states = status.get("node_status") or {}
        self._online = frozenset(node for node, state in states.items() if state == "online")
        self._tells_node_rules = cluster.dialect is Dialect.PERCENT
        self._configured = files.configured(cluster) if self._tells_node_rules else {}

    def comigrated(self, sid: str) -> list[str]:
        """Return the resources that move along with one, sorted."""
        together = self._compiled.together.get(sid, frozenset())
        return [other for other in sorted(together) if self._status(other) is not None]

    def blocking(self, sid: str, node: str) -> list[dict[str, str]]:
        """Return what keeps a resource from a node: others there, from 9.2 on its own node rule.

        Others count where they are or are going; the node rule names the resource itself.
        """
        if node not in self._online:
            return []
        apart = self._compiled.apart.get(sid, frozenset())
        blocking = [other for other in sorted(apart) if _is_at(self._status(other), node)]
        causes = [{"sid": other, "cause": "resource-affinity"} for other in blocking]
        if self._tells_node_rules and not self._node_rule_allows(sid, node):
            causes.insert(0, {"sid": sid, "cause": "node-affinity"})
        return causes

    def _node_rule_allows(self, sid: str, node: str) -> bool:
        """Tell whether a resource would stay on a node, as far as its node rule goes.

        One that fails back stays on the online nodes of the highest priority only.
        """
        priorities = self._compiled.node_priorities.get(sid)
        if priorities is None:
            return True
        if node not in priorities:
            return False
        config = self._configured.get(sid)
        if config is not None and not config.failback:
            return True
        online = self._online & priorities.keys()
        return priorities[node] == max(priorities[known] for known in online)

    def _status(self, sid: str) -> Mapping[str, Any] | None:
        status: Mapping[str, Any] | None = self._managed.get(sid)
        return None if status is None or status.get("state") == "ignored" else status


def _is_at(status: Mapping[str, Any] | None, node: str) -> bool:
    if status is None:
        return False
    return all(status.get(where) in (None, "", node) for where in ("node", "target"))
