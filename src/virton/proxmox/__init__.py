"""The Proxmox VE API as a client sees it: one connection, typed answers, errors as values."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from virton.proxmox.api import ClusterApi
    from virton.proxmox.client import ProxmoxClient
    from virton.proxmox.credentials import ApiToken, Credentials, Ticket
    from virton.proxmox.errors import ApiError, ApiFailure
    from virton.proxmox.exchange import Timeouts
    from virton.proxmox.trust import CaFile, Fingerprints, SystemTrust, Trust

__all__ = [
    "ApiError",
    "ApiFailure",
    "ApiToken",
    "CaFile",
    "ClusterApi",
    "Credentials",
    "Fingerprints",
    "ProxmoxClient",
    "SystemTrust",
    "Ticket",
    "Timeouts",
    "Trust",
]

_HOMES = {
    "api": ("ClusterApi",),
    "client": ("ProxmoxClient",),
    "credentials": ("ApiToken", "Credentials", "Ticket"),
    "errors": ("ApiError", "ApiFailure"),
    "exchange": ("Timeouts",),
    "trust": ("CaFile", "Fingerprints", "SystemTrust", "Trust"),
}


def __getattr__(name: str) -> Any:
    """Load what speaks HTTP when it is asked for: who only reads answers starts without it."""
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(name)
    return getattr(import_module(f"virton.proxmox.{home}"), name)
