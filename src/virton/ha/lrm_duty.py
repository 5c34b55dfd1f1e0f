"""What the manager's status asks of one node's LRM."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from virton.ha.model import ManagerStatus, ServiceStatus
from virton.ha.states import NodeState, ServiceState

_INACTIVE = frozenset(
    {
        ServiceState.STOPPED,
        ServiceState.FREEZE,
        ServiceState.ERROR,
        ServiceState.REQUEST_START,
    }
)


@dataclass(frozen=True, slots=True)
class Duty:
    """A node's resources: `own` are here; `active_count` also counts those on their way here."""

    status: ManagerStatus
    own: Sequence[tuple[str, ServiceStatus]]
    active_count: int
    fence_requested: bool


def duty(status: ManagerStatus, node: str) -> Duty:
    """Return what the manager's status asks of a node."""
    services = status.service_status.on_node(node)
    own = [(sid, service) for sid, service in services if service.node == node]
    to_fence = node in status.service_status.nodes_to_fence
    fence_requested = to_fence or status.node_status.get(node) is NodeState.FENCE
    return Duty(status, own, active_count(services), fence_requested)


def active_count(services: Iterable[tuple[str, ServiceStatus]]) -> int:
    """Count the resources for which their node must keep its lock."""
    return sum(1 for _, service in services if service.state not in _INACTIVE)
