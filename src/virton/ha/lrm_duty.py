"""What the manager's status asks of one node's LRM."""

from collections.abc import Iterable, Sequence

from virton.frozen import frozen
from virton.ha.model import ManagerStatus, ServiceStatus
from virton.ha.states import LrmState, NodeState, ServiceState

_INACTIVE = frozenset(
    {
        ServiceState.STOPPED,
        ServiceState.FREEZE,
        ServiceState.ERROR,
        ServiceState.REQUEST_START,
    }
)


_NOT_THE_LRMS = (ServiceState.RECOVERY, ServiceState.FREEZE, ServiceState.REQUEST_START)

Services = Sequence[tuple[str, ServiceStatus]]


@frozen
class Share:
    """A node's resources: `own` are here, `work` are those to look after.

    `active_count` also counts those of `all` that are on their way here.
    """

    all: Services
    own: Services
    work: Services
    active_count: int


@frozen
class Duty:
    """What the manager's status asks of a node."""

    status: ManagerStatus
    share: Share
    fence_requested: bool

    @property
    def own(self) -> Services:
        """The resources that are on the node."""
        return self.share.own

    @property
    def active_count(self) -> int:
        """How many resources make the node keep its lock."""
        return self.share.active_count


def duty(status: ManagerStatus, node: str, before: Duty | None = None) -> Duty:
    """Return what the manager's status asks of a node; it asks the same `before` of most."""
    services = status.service_status.on_node(node)
    known = before is not None and before.share.all is services
    share = before.share if before is not None and known else _share(services, node)
    to_fence = node in status.service_status.nodes_to_fence
    lost = status.node_status.get(node) is NodeState.FENCE
    return Duty(status, share, to_fence or lost)


def holds_lock(state: LrmState, active: int) -> bool:
    """Tell whether an LRM holds its node's lock, and with it its watchdog.

    `active` is how many resources make it keep them: without any it lets go in maintenance, but
    waits for a while where it is active.
    """
    return state is LrmState.ACTIVE or (state is LrmState.MAINTENANCE and active > 0)


def _share(services: Services, node: str) -> Share:
    own = [(sid, service) for sid, service in services if service.node == node]
    work = [(s, service) for s, service in own if service.uid and _is_work(service.state)]
    return Share(services, own, work, active_count(services))


def _is_work(state: ServiceState) -> bool:
    return state not in _NOT_THE_LRMS


def active_count(services: Iterable[tuple[str, ServiceStatus]]) -> int:
    """Count the resources for which their node must keep its lock."""
    return sum(1 for _, service in services if service.state not in _INACTIVE)
