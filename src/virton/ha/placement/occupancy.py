"""On which nodes a resource in a given state puts its load."""

from collections.abc import Container
from typing import NamedTuple

from virton.ha.model import ServiceStatus
from virton.ha.states import ServiceState


class Occupancy(NamedTuple):
    """The arguments of `Load.add` that a resource's state decides."""

    current: str | None
    target: str | None
    running: bool


_ABSENT = (ServiceState.STOPPED, ServiceState.REQUEST_START)
_MOVING = (ServiceState.MIGRATE, ServiceState.RELOCATE, ServiceState.REQUEST_START_BALANCE)


def occupancy(status: ServiceStatus, online: Container[str]) -> Occupancy:
    """Tell where a resource under HA counts, and whether as running."""
    current = target = None
    if status.state not in (*_ABSENT, ServiceState.REQUEST_START_BALANCE) and status.node in online:
        current = status.node
    if status.state in _MOVING and status.target in online:
        target = status.target
    if status.state is ServiceState.STARTED:
        return Occupancy(current, target, status.running)
    return Occupancy(current, target, current is not None)


def guest_occupancy(node: str, running: bool, online: Container[str]) -> Occupancy:
    """Tell where a guest that is not under HA counts: on its node, while it runs."""
    return Occupancy(node if running and node in online else None, None, running)
