"""The embedded cluster as an API client meets it, with its time stepped by the test."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.embedded.asking import AppClient, answered
from virton.embedded.demo import Demo
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.embedded.store import FileStore

STARTED_AT_S = 1_800_000_000
PASSWORD = "a good secret"


class Living:
    """A running cluster in a data folder, and root's client of it."""

    def __init__(
        self,
        folder: Path,
        now_s: int = STARTED_AT_S,
        version: str | None = None,
        demo: Demo | None = None,
    ) -> None:
        files = ClusterFiles(store=FileStore(folder / "cluster.sqlite"))
        self.running = RunningCluster(files, PASSWORD, now_s, version, demo)
        self.client = AppClient(self.running.app, base_url="https://phum/api2/json")
        login = {"username": "root@pam", "password": PASSWORD}
        ticket = self.client.post("/access/ticket", data=login).json()["data"]
        self.client.cookies.set("PVEAuthCookie", ticket["ticket"])
        self.client.headers["CSRFPreventionToken"] = ticket["CSRFPreventionToken"]

    def get(self, path: str) -> Any:
        """Return the data of an answer that went well."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def send(self, method: str, path: str, **params: Any) -> Any:
        """Send a change that goes well; return its data."""
        answer = self.client.request(method, path, data=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def lab(self, **action: Any) -> Mapping[str, Any]:
        """Throw a switch of the lab; return how all stand."""
        answer = self.client.post("https://phum/lab", json=action)
        assert answer.status_code == 200, answer.text
        state: Mapping[str, Any] = answer.json()
        return state

    def power(self, node: str) -> bool:
        """Tell whether a node has power."""
        return self.running.world.hosts[node].power

    def step(self, seconds: int) -> None:
        """Let simulated time pass."""
        self.running.world.step(seconds)

    def wait(self, reached: Callable[[], bool], most_s: int = 600) -> int:
        """Step until something is so; return how many seconds that took."""
        for waited_s in range(most_s):
            if reached():
                return waited_s
            self.step(1)
        raise AssertionError(f"not reached within {most_s} simulated seconds")

    def service(self, sid: str) -> Mapping[str, Any] | None:
        """Return what the status says of a resource."""
        return next((row for row in self.services() if row["id"] == f"service:{sid}"), None)

    def services(self) -> list[Mapping[str, Any]]:
        """Return what the status says of all resources."""
        rows = answered(self.running.cluster, "/cluster/ha/status/current")
        return [row for row in rows if row["type"] == "service"]

    def state(self, sid: str) -> tuple[str, str]:
        """Return a resource's state and node."""
        service = self.service(sid)
        assert service is not None, f"{sid} is not under HA"
        return service["state"], service["node"]

    def node_state(self, node: str) -> str:
        """Return the manager's state of a node."""
        status = answered(self.running.cluster, "/cluster/ha/status/manager_status")
        state: str = status["manager_status"]["node_status"][node]
        return state

    def runs_on(self, vmid: int) -> list[str]:
        """Return the nodes on which a guest runs."""
        hosts = self.running.world.hosts
        return [name for name, host in hosts.items() if f"vm:{vmid}" in host.running]
