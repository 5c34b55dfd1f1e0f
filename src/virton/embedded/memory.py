"""What the running world remembers when its process dies: switches, running guests, locks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.embedded.pmxcfs import ClusterFiles
from virton.simulation.hosts import Host
from virton.simulation.locks import Lock

_PATH = "virton/world"
_OFTEN_ENOUGH_S = 30


@dataclass(slots=True)
class Remembered:
    """The world's time (Unix seconds), its locks, and the starts that are to fail."""

    now_s: int = 0
    locks: dict[str, Lock] = field(default_factory=dict)
    failing_starts: dict[str, int] = field(default_factory=dict)


class WorldMemory:
    """Keeps the world in a file beside those of the cluster; the API does not show it."""

    def __init__(self, files: ClusterFiles) -> None:
        self._files = files
        self._kept: dict[str, Any] = {}
        self._kept_at_s = 0

    def recall(self, hosts: Mapping[str, Host]) -> Remembered:
        """Bring hosts into the state remembered, and return the rest of it."""
        data = self._files.read_json(_PATH)
        for name, host in hosts.items():
            state = data.get("hosts", {}).get(name)
            if state is not None:
                host.power, host.network = state["power"], state["network"]
                host.running = set(state["running"])
        locks = {name: Lock(node, at_s) for name, (node, at_s) in data.get("locks", {}).items()}
        return Remembered(data.get("now", 0), locks, dict(data.get("failing_starts", {})))

    def keep(self, state: Remembered, hosts: Mapping[str, Host]) -> None:
        """Keep the world; when nothing but the time changed, only now and then."""
        data = {
            "hosts": {
                name: {"power": h.power, "network": h.network, "running": sorted(h.running)}
                for name, h in hosts.items()
            },
            "failing_starts": {sid: n for sid, n in state.failing_starts.items() if n},
        }
        if data == self._kept and state.now_s - self._kept_at_s < _OFTEN_ENOUGH_S:
            return
        self._kept, self._kept_at_s = data, state.now_s
        locks = {name: [lock.node, lock.renewed_s] for name, lock in sorted(state.locks.items())}
        self._files.write_json(_PATH, {**data, "locks": locks, "now": state.now_s})
