"""The answers of a cluster of any size, as bytes, and ways to let something happen in it."""

import json
from typing import Any

from tests.proxmox.playback import NOW, Playback, Raw, healthy, lrm

STATUS = "/cluster/ha/status/current"
MANAGER = "/cluster/ha/status/manager_status"
RESOURCES = "/cluster/resources"
GIB = 1 << 30


class LargePlayback(Playback):
    """A cluster with so many resources; its large answers are written once and sent as they are."""

    def __init__(self, resources: int, nodes: int = 32, rules: int = 500) -> None:
        super().__init__(healthy())
        self.names = [f"node{number:02}" for number in range(1, nodes + 1)]
        self.where = {100 + at: self.names[at % nodes] for at in range(resources)}
        self.rows: dict[str, list[Any]] = {
            STATUS: self._status(),
            RESOURCES: self._guests(),
            "/cluster/ha/resources": [
                {"sid": f"vm:{vmid}", "type": "vm", "state": "started", "digest": "d" * 40}
                for vmid in self.where
            ],
            "/cluster/ha/rules": self._rules(min(rules, resources // 3)),
            "/cluster/status": [{"type": "cluster", "name": "large", "quorate": 1}]
            + [{"type": "node", "name": name, "online": 1} for name in self.names],
        }
        for path in self.rows:
            self.send(path)
        self.answers[MANAGER] = _raw(self._manager())

    def send(self, path: str) -> None:
        """Answer with what the rows are now."""
        self.answers[path] = _raw(self.rows[path])

    def change_badge(self, state: str) -> None:
        """Let one resource have another state."""
        self.rows[STATUS][-1] |= {"state": state, "crm_state": state}
        self.send(STATUS)

    def use_more(self) -> None:
        """Let every guest use a little more than before."""
        for row in self.rows[RESOURCES]:
            row["cpu"] = row["cpu"] % 0.9 + 0.01
        self.send(RESOURCES)

    def _status(self) -> list[Any]:
        head = [row for row in healthy()[STATUS] if row["type"] in ("quorum", "master", "fencing")]
        lrms = [lrm(name, "active", "active") for name in self.names]
        return head + lrms + [_service(vmid, node) for vmid, node in self.where.items()]

    def _guests(self) -> list[Any]:
        nodes = [
            {"id": f"node/{name}", "type": "node", "node": name, "status": "online"}
            | {"cpu": 0.1, "maxcpu": 64, "mem": 8 * GIB, "maxmem": 512 * GIB}
            for name in self.names
        ]
        return nodes + [_guest(vmid, node) for vmid, node in self.where.items()]

    def _manager(self) -> dict[str, Any]:
        services = {
            f"vm:{vmid}": {"state": "started", "node": node, "uid": f"u{vmid}", "running": 1}
            for vmid, node in self.where.items()
        }
        file = {"mode": "active", "state": "active", "timestamp": NOW - 3, "results": {}}
        return {
            "manager_status": {
                "master_node": self.names[0],
                "timestamp": NOW - 2,
                "node_status": dict.fromkeys(self.names, "online"),
                "service_status": services,
            },
            "quorum": {"node": self.names[0], "quorate": "1"},
            "lrm_status": dict.fromkeys(self.names, file),
        }

    def _rules(self, count: int) -> list[Any]:
        vmids = list(self.where)
        return [
            {"rule": f"apart{at}", "type": "resource-affinity", "affinity": "negative"}
            | {"resources": f"vm:{vmids[2 * at]},vm:{vmids[2 * at + 1]}", "order": at + 1}
            for at in range(count)
        ]


def _service(vmid: int, node: str) -> dict[str, Any]:
    return {
        "id": f"service:vm:{vmid}",
        "type": "service",
        "sid": f"vm:{vmid}",
        "node": node,
        "state": "started",
        "crm_state": "started",
        "request_state": "started",
        "max_restart": 1,
        "max_relocate": 1,
        "failback": 1,
        "status": f"vm:{vmid} ({node}, started)",
    }


def _guest(vmid: int, node: str) -> dict[str, Any]:
    return {
        "id": f"qemu/{vmid}",
        "type": "qemu",
        "vmid": vmid,
        "node": node,
        "name": f"guest-{vmid}",
        "status": "running",
        "hastate": "started",
        "template": 0,
        "cpu": 0.05,
        "maxcpu": 2,
        "mem": GIB,
        "maxmem": 2 * GIB,
        "uptime": 1000,
        "netin": 1,
        "netout": 1,
        "diskread": 1,
        "diskwrite": 1,
    }


def _raw(data: Any) -> Raw:
    return Raw(200, json.dumps({"data": data}).encode(), "application/json;charset=UTF-8")
