from tests.proxmox.conftest import certificate

__all__ = ["certificate"]
