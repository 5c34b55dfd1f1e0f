"""The embedded cluster: a simulated world behind a Proxmox-VE-compatible API."""

from virton.embedded.running import RunningCluster, start

__all__ = ["RunningCluster", "start"]
