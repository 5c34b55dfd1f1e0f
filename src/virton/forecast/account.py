"""What became of a resource in a scenario: where it is at a second, why there, and how it got there."""

from dataclasses import dataclass

from virton.ha.causes import TakenOver, TakenUpInPlace
from virton.ha.environment import MANAGER_LOCK
from virton.ha.events import Event, Record
from virton.ha.events.cluster import NodeStateChanged
from virton.ha.events.resource import (
    LocationFixed,
    MovedWhileDisarmed,
    RebalancedOnStart,
    ResourceAdded,
    ResourceRemoved,
    ResourceStateChanged,
)
from virton.ha.manager.manager import Manager
from virton.ha.manager.why import why_now
from virton.ha.model import ResourceConfig, ServiceStatus
from virton.ha.placement.reasons import Explanation
from virton.ha.rules.groups import failback_from_groups
from virton.ha.states import MOVING
from virton.simulation.scenario import Scenario, run_scenario
from virton.simulation.world import World

_NAMED = 8
_TURNS = (ResourceAdded, ResourceRemoved, LocationFixed, MovedWhileDisarmed)


class NoSuchResourceError(LookupError):
    """A resource that the scenario does not have; the argument lists those that it has."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is to be said of a resource at a second.

    `config` is None once the resource was removed, `status` as long as no manager took it over.
    `arrival` is what the manager told when it chose the node where the resource is; None: it was
    there from the beginning, or put there by somebody else. `now` is how the manager would place it
    at this second; None without a master. `history` holds what the manager told of the resource.
    """

    sid: str
    at_s: int
    config: ResourceConfig | None
    status: ServiceStatus | None
    runs_on: tuple[str, ...]
    master: str | None
    arrival: Record | None
    now: Explanation | None
    history: tuple[Record, ...]

    @property
    def node(self) -> str | None:
        """The node on which the resource is."""
        return self.config.node if self.config else None

    @property
    def changes(self) -> tuple[Record, ...]:
        """The changes of the resource's state and place, each with its cause if it has one."""
        return tuple(r for r in self.history if r.cause or isinstance(r.event, _TURNS))


def account(scenario: Scenario, sid: str, at_s: int | None = None) -> Account:
    """Play a scenario until a second is over (None: to its end) and tell of a resource.

    Raises NoSuchResourceError, and CommandError and EndlessError as the scenario may.
    """
    records: list[Record] = []
    world = run_scenario(scenario, records.append, at_s).world
    end_s = world.now_s if at_s is None else min(at_s, world.now_s)
    history = tuple(r for r in records if _concerns(r.event, sid) and r.time_s <= end_s)
    config = _configs(world).get(sid)
    if config is None and not history:
        raise NoSuchResourceError(_some(sorted(_configs(world))))
    manager = _manager(world)
    decision = why_now(manager, sid, config) if manager and config else None
    return Account(
        sid=sid,
        at_s=end_s,
        config=config,
        status=world.files.manager_status.service_status.get(sid),
        runs_on=tuple(name for name, host in world.hosts.items() if sid in host.running),
        master=manager.node if manager else None,
        arrival=_arrival(history, config.node if config else None),
        now=decision.explain() if decision else None,
        history=history,
    )


def _some(sids: list[str]) -> str:
    return ", ".join([*sids[:_NAMED], "…"] if len(sids) > _NAMED else sids)


def _configs(world: World) -> dict[str, ResourceConfig]:
    return dict(failback_from_groups(world.files.groups(), world.files.resources()))


def _concerns(event: Event, sid: str) -> bool:
    """Tell whether an event is about a resource; changes of nodes are about none."""
    return not isinstance(event, NodeStateChanged) and getattr(event, "sid", None) == sid


def _manager(world: World) -> Manager | None:
    """Return the manager of the node that holds the manager's lock."""
    lock = world.locks.held.get(MANAGER_LOCK)
    crm = world.hosts[lock.node].crm if lock is not None else None
    return crm.manager if crm is not None else None


def _arrival(history: tuple[Record, ...], node: str | None) -> Record | None:
    """Return the last change that meant to bring the resource to a node; a later one failed."""
    here = (record for record in reversed(history) if node is not None and _goal(record) == node)
    return next(here, None)


def _goal(record: Record) -> str | None:
    match record.event, record.cause:
        case _, TakenOver(_, node) | TakenUpInPlace(node):
            return node
        case ResourceStateChanged(to=to, target=target), _ if to in MOVING:
            return target
        case RebalancedOnStart(choice="current", node=node), _:
            return node
        case ((LocationFixed(to=node) | MovedWhileDisarmed(to=node)), _):
            return node
        case _:
            return None
