"""Which nodes a resource counts on, by its state (Proxmox VE's `get_used_service_nodes`)."""

from collections.abc import Container

from virton.ha.model import ServiceStatus
from virton.ha.states import MOVING, ServiceState

_NOWHERE = frozenset({ServiceState.STOPPED, ServiceState.REQUEST_START})
_NOT_HERE_YET = ServiceState.REQUEST_START_BALANCE


def used_nodes(status: ServiceStatus, online: Container[str]) -> tuple[str | None, str | None]:
    """Return the online nodes (where it is, where it goes) on which a resource counts."""
    state = status.state
    if state in _NOWHERE:
        return None, None
    current = status.node if state is not _NOT_HERE_YET and status.node in online else None
    target = status.target if state in MOVING and status.target in online else None
    return current, target


def counts_as_running(status: ServiceStatus, current: str | None) -> bool:
    """Tell whether a resource counts as running for the load of its node."""
    if status.state is ServiceState.STARTED:
        return status.running
    return current is not None
