"""`/cluster/config`: the nodes with their votes, and how corosync is set up."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.nodes import address, fingerprint
from virton.embedded.endpoints.parameters import AUDIT
from virton.embedded.registry import Endpoint
from virton.embedded.schema import Param

Params = Mapping[str, Any]
Entry = dict[str, Any]

_API_VERSION = 1


def nodes(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """List the nodes with their votes."""
    return [
        {
            "node": node,
            "name": node,
            "nodeid": str(number),
            "quorum_votes": str(votes),
            "ring0_addr": address(number),
        }
        for number, (node, votes) in enumerate(sorted(cluster.world.votes().items()), start=1)
    ]


def totem(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Entry:
    """Tell the settings of the ring; times that are not told are corosync's own."""
    return {
        "cluster_name": cluster.name,
        "config_version": str(len(cluster.world.members())),
        "interface": {"0": {"linknumber": "0"}},
        "ip_version": "ipv4-6",
        "link_mode": "passive",
        "secauth": "on",
        "version": "2",
    }


def qdevice(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Entry:
    """Tell of the quorum device, as the answering node's own service for it does; of none nothing."""
    device = cluster.world.quorum_device()
    if device is None:
        return {}
    # one vote less than the nodes have is what the algorithm of the last man standing gives
    split = "Fifty-Fifty split" if device.votes == 1 else "LMS"
    return {
        "Algorithm": split,
        "Model": "Net",
        "QNetd host": "198.51.100.1:5403",
        "State": "Connected" if device.connected else "Connect failed",
        "Tie-breaker": "Node with lowest node ID",
    }


def join(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Tell what a node would need to know to join."""
    members = nodes(cluster, caller, params)
    return {
        "config_digest": "0" * 40,
        "preferred_node": params.get("node", cluster.world.local_node),
        "totem": totem(cluster, caller, params),
        "nodelist": [
            {
                "name": member["name"],
                "nodeid": member["nodeid"],
                "quorum_votes": member["quorum_votes"],
                "ring0_addr": member["ring0_addr"],
                "pve_addr": cluster.address,
                "pve_fp": fingerprint(member["name"]),
            }
            for member in members
        ],
    }


def api_version(_cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> int:
    """Tell the version of the way in which nodes join."""
    return _API_VERSION


_PATH = "/cluster/config"

ENDPOINTS = (
    Endpoint("GET", f"{_PATH}/apiversion", api_version, AUDIT),
    Endpoint(
        "GET", f"{_PATH}/join", join, AUDIT, {"node": Param(optional=True, format="pve-node")}
    ),
    Endpoint("GET", f"{_PATH}/nodes", nodes, AUDIT),
    Endpoint("GET", f"{_PATH}/qdevice", qdevice, AUDIT),
    Endpoint("GET", f"{_PATH}/totem", totem, AUDIT),
)
