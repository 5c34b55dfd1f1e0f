"""The embedded cluster: a simulated world behind a Proxmox-VE-compatible API."""

from virton.embedded.access.credentials import SHORTEST_PASSWORD
from virton.embedded.demo import Demo, DemoError
from virton.embedded.running import RunningCluster, start
from virton.embedded.store import StorageError

__all__ = ["SHORTEST_PASSWORD", "Demo", "DemoError", "RunningCluster", "StorageError", "start"]
