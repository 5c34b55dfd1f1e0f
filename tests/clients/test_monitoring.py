"""What monitoring asks of a cluster, as check_pve and its kind do: plain reads with an API token."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.clients.conftest import PASSWORD, Served

MONITOR = "root@pam!monitor"


class Monitor:
    """A monitoring plug-in with an API token, which reads and judges."""

    def __init__(self, cluster: Served, secret: str) -> None:
        self.url = f"{cluster.url}/api2/json"
        self.session = requests.Session()
        self.session.verify, self.session.trust_env = str(cluster.certificate), False
        self.session.headers["Authorization"] = f"PVEAPIToken={MONITOR}={secret}"

    def get(self, path: str) -> Any:
        """Return the data of an answer, which must be one that the plug-in can read."""
        answer = self.session.get(f"{self.url}/{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()["data"]


@pytest.fixture
def monitor(cluster: Served) -> Iterator[Monitor]:
    with requests.Session() as admin:
        admin.verify, admin.trust_env = str(cluster.certificate), False
        url = f"{cluster.url}/api2/json/access"
        login = {"username": "root@pam", "password": PASSWORD}
        ticket = admin.post(f"{url}/ticket", data=login, timeout=10).json()["data"]
        admin.cookies.set("PVEAuthCookie", ticket["ticket"])
        admin.headers["CSRFPreventionToken"] = ticket["CSRFPreventionToken"]
        token = f"{url}/users/root@pam/token/monitor"
        made = admin.post(token, data={"privsep": 0}, timeout=10)
        made.raise_for_status()
        yield Monitor(cluster, made.json()["data"]["value"])
        admin.delete(token, timeout=10)


def test_the_cluster_is_quorate_and_its_nodes_are_online(monitor: Monitor) -> None:
    whole, *nodes = monitor.get("cluster/status")
    assert whole["quorate"] == 1
    assert {node["online"] for node in nodes} == {1}


def test_a_node_is_within_its_limits(monitor: Monitor) -> None:
    for row in monitor.get("nodes"):
        status = monitor.get(f"nodes/{row['node']}/status")
        assert 0 <= status["cpu"] <= 1
        assert status["memory"]["used"] < status["memory"]["total"]
        assert status["rootfs"]["used"] < status["rootfs"]["total"]
        assert len(status["loadavg"]) == 3
        assert status["uptime"] > 0


def test_a_nodes_services_run(monitor: Monitor) -> None:
    services = monitor.get("nodes/phum01/services")
    assert {s["state"] for s in services if s["name"].startswith("pve-ha-")} == {"running"}


def test_disks_updates_and_certificates_are_asked_for(monitor: Monitor) -> None:
    for path in ("disks/list", "disks/zfs", "apt/update", "certificates/info", "replication"):
        assert monitor.get(f"nodes/phum01/{path}") == []
    assert monitor.get("nodes/phum01/subscription")["status"] == "notfound"


def test_storages_are_active_and_not_full(monitor: Monitor) -> None:
    for storage in monitor.get("nodes/phum01/storage"):
        status = monitor.get(f"nodes/phum01/storage/{storage['storage']}/status")
        assert status["active"] == 1
        assert status["used"] < status["total"]


def test_a_guest_is_found_by_its_name_and_runs(monitor: Monitor) -> None:
    rows = {row["name"]: row for row in monitor.get("cluster/resources?type=vm")}
    row = rows["LOTCES-WIN"]
    status = monitor.get(f"nodes/{row['node']}/qemu/{row['vmid']}/status/current")
    assert status["status"] == "running"
    assert 0 < status["mem"] < status["maxmem"]
    assert monitor.get(f"nodes/{row['node']}/qemu/{row['vmid']}/snapshot")[-1]["name"] == "current"


def test_backups_of_all_guests_are_missed(monitor: Monitor) -> None:
    assert monitor.get("cluster/backup") == []
    assert len(monitor.get("cluster/backup-info/not-backed-up")) == 10
