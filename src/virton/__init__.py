"""VirtOn HA: the high availability of a Proxmox VE cluster, shown, steered and explained."""

__version__ = "0.1.0"
