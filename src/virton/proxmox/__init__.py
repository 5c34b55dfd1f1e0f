"""The Proxmox VE API as a client sees it: one connection, typed answers, errors as values."""

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
