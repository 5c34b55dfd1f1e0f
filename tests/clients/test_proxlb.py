"""ProxLB balances the embedded cluster: by its figures, through its HA stack, as a real one's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from proxmoxer import ProxmoxAPI

from tests.clients.conftest import PASSWORD, Served

PATIENCE_S = 240


@pytest.fixture
def configuration(cluster: Served, tmp_path: Path) -> Path:
    """Return a file that lets ProxLB even out the nodes' memory."""
    file = tmp_path / "proxlb.json"  # which is YAML, too
    settings = {
        "proxmox_api": {
            "hosts": [f"127.0.0.1:{cluster.port}"],
            "user": "root@pam",
            "pass": PASSWORD,
            "ssl_verification": True,
            "timeout": 10,
        },
        "proxmox_cluster": {"overprovisioning": True},
        "balancing": {
            "enable": True,
            "live": True,
            "balance_types": ["vm", "ct"],
            "balanciness": 5,
            "method": "memory",
            "mode": "used",
        },
        "service": {"daemon": False, "log_level": "INFO"},
    }
    file.write_text(json.dumps(settings))
    return file


def proxlb(cluster: Served, *arguments: str) -> str:
    """Run ProxLB and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "proxlb", *arguments],
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def plan(cluster: Served, configuration: Path) -> dict[str, Any]:
    """Return what ProxLB would do."""
    told = proxlb(cluster, "-c", str(configuration), "-d", "-j")
    found: dict[str, Any] = json.JSONDecoder().raw_decode(told[told.index("\n{") + 1 :])[0]
    return found


def test_it_moves_guests_to_even_out_the_nodes(cluster: Served, configuration: Path) -> None:
    planned = plan(cluster, configuration)
    assert all(node["memory"]["used_percent"] > 0 for node in planned["nodes"].values())
    assert all(guest["memory"]["used"] > 0 for guest in planned["guests"].values())
    moves = {
        name: guest["node_target"]
        for name, guest in planned["guests"].items()
        if guest["node_target"] != guest["node_current"]
    }
    assert moves
    proxlb(cluster, "-c", str(configuration))
    api = ProxmoxAPI(
        "127.0.0.1",
        port=cluster.port,
        user="root@pam",
        password=PASSWORD,
        verify_ssl=str(cluster.certificate),
    )
    where = {row["name"]: row["node"] for row in api.cluster.resources.get(type="vm")}
    assert {name: where[name] for name in moves} == moves
