"""The manager's table of resources, and what it costs their nodes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import field, replace

from virton.frozen import frozen
from virton.ha.causes import Cause
from virton.ha.events import Event
from virton.ha.events.resource import ResourceStateChanged
from virton.ha.manager.troubles import Report, report
from virton.ha.model import DERIVED, ServiceStatus, ServiceTable
from virton.ha.placement.load import Load, Problem
from virton.ha.placement.positions import counts_as_running, used_nodes
from virton.ha.states import ServiceState

_NOTHING: Set[str] = frozenset()


@frozen
class BoardMemory:
    """What a table of resources remembers; `version` counts its changes."""

    statuses: ServiceTable = field(default_factory=ServiceTable)
    wishes: Mapping[str, Cause] = field(default_factory=dict)
    version: int = field(default=0, metadata=DERIVED)


class ServiceBoard:
    """All resources' states; changes are told, counted in the load, and given a new uid.

    `wishes` tells where the command that a resource was given last came from. `bound_elsewhere`
    are the resources that want to be, or to go back to, another node than theirs.
    """

    def __init__(self, memory: BoardMemory, new_uid: Callable[[], str]) -> None:
        self.statuses: dict[str, ServiceStatus] = dict(memory.statuses)
        self._new_uid = new_uid
        self._published = memory.statuses
        self._published_version = memory.version
        self._order: list[str] | None = None
        self._touched: set[str] = set()
        self._unpublished: set[str] = set()
        self._places: dict[str, set[str]] = {}
        self.bound_elsewhere: set[str] = set()
        self.fencing: set[str] = set()
        for sid, status in self.statuses.items():
            self._index(sid, status)
        self.wishes: dict[str, Cause] = dict(memory.wishes)
        self.version = memory.version
        self.load = LazyLoad()

    def memory(self) -> BoardMemory:
        """Return what another table needs to go on as this one would."""
        return BoardMemory(self.publish(), dict(self.wishes), self.version)

    def __getitem__(self, sid: str) -> ServiceStatus:
        return self.statuses[sid]

    def __contains__(self, sid: str) -> bool:
        return sid in self.statuses

    def __iter__(self) -> Iterator[str]:
        """Go through the resources by name."""
        if self._order is None:
            self._order = sorted(self.statuses)
        return iter(self._order)

    def in_order(self, some: Set[str]) -> list[str]:
        """Return some resources by name; of very many, those that are still under HA."""
        if len(some) < len(self.statuses) // 8:
            return sorted(some)
        return [sid for sid in self if sid in some]

    def add(self, sid: str, state: ServiceState, node: str) -> None:
        """Take a resource under HA."""
        self._order = None
        self._put(sid, ServiceStatus(state, node, self._new_uid()))

    def remove(self, sid: str) -> None:
        """Forget a resource."""
        self._order = None
        self.version += 1
        self.wishes.pop(sid, None)
        self._note(sid)
        self._unindex(sid, self.statuses.pop(sid))

    def amend(self, sid: str, status: ServiceStatus) -> None:
        """Note a detail of a resource that is no change of its state."""
        if status != self.statuses[sid]:
            self._put(sid, status)

    def renew(self, sid: str) -> None:
        """Give a resource a new uid, so that its LRM looks after it again."""
        self._put(sid, replace(self.statuses[sid], uid=self._new_uid()))

    def change(
        self,
        sid: str,
        state: ServiceState,
        tell: Callable[[Event], None],
        *,
        node: str | None = None,
        target: str | None = None,
        timeout: int | None = None,
    ) -> None:
        """Bring a resource into another state; what belonged to the old one is forgotten."""
        old = self.statuses[sid]
        new = ServiceStatus(
            state=state,
            node=node or old.node,
            uid=self._new_uid(),
            target=target or None,
            timeout=timeout,
            failed_nodes=old.failed_nodes,
            maintenance_node=old.maintenance_node,
        )
        self._put(sid, new)
        self.load.update(sid, new)
        tell(ResourceStateChanged(sid, old.state, state, node, target, timeout))

    def restate(self, sid: str, state: ServiceState) -> None:
        """Put a resource into a state without telling, forgetting all but where it is."""
        old = self.statuses[sid]
        self._put(
            sid,
            ServiceStatus(state, old.node, self._new_uid(), maintenance_node=old.maintenance_node),
        )

    def publish(self) -> ServiceTable:
        """Return the table for everybody to read; the same object as long as nothing changed."""
        if self._published_version != self.version:
            self._published = self._published.follow(self.statuses, self._unpublished)
            self._unpublished = set()
            self._published_version = self.version
        return self._published

    def take_touched(self) -> Set[str]:
        """Return the resources of which anything changed since this was last asked."""
        if not self._touched:
            return _NOTHING
        touched, self._touched = self._touched, set()
        return touched

    def nodes_in_use(self) -> frozenset[str]:
        """Return the nodes on which resources are."""
        return frozenset(node for node, sids in self._places.items() if sids)

    def on_nodes(self, nodes: Iterable[str]) -> set[str]:
        """Return the resources that are on any of some nodes."""
        places = self._places
        return set().union(*(places[node] for node in nodes if node in places))

    def _put(self, sid: str, status: ServiceStatus) -> None:
        self.version += 1
        self._note(sid)
        if (before := self.statuses.get(sid)) is not None:
            self._unindex(sid, before)
        self.statuses[sid] = status
        self._index(sid, status)

    def _note(self, sid: str) -> None:
        self._touched.add(sid)
        self._unpublished.add(sid)

    def _index(self, sid: str, status: ServiceStatus) -> None:
        if (there := self._places.get(status.node)) is None:
            there = self._places[status.node] = set()
        there.add(sid)
        if status.target is not None or status.maintenance_node is not None:
            self.bound_elsewhere.add(sid)
        if status.state is ServiceState.FENCE:
            self.fencing.add(sid)

    def _unindex(self, sid: str, status: ServiceStatus) -> None:
        self._places[status.node].discard(sid)
        self.bound_elsewhere.discard(sid)
        self.fencing.discard(sid)


class LazyLoad:
    """A round's load, measured when first asked for, as of the start of the round.

    Measuring thousands of resources is dear and most rounds ask for no score. `asked` counts how
    often it was asked for. One that was measured is gone by again, with what changed counted anew,
    as its sums are exact; what it could not count is told in each round all the same.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._build: Callable[[], Load] | None = None
        self._load: Load | None = None
        self._start: Mapping[str, ServiceStatus] = {}
        self._beside: Callable[[], Mapping[str, ServiceStatus]] = dict
        self._online: frozenset[str] = frozenset()
        self._changes: list[tuple[str, ServiceStatus]] = []
        self._tell: Report | None = None
        self._basis: object = None
        self._untold = False
        self._amiss: list[Problem] = []

    @property
    def begun(self) -> bool:
        """Tell whether there was a round at all."""
        return self._build is not None

    def begin(
        self,
        build: Callable[[], Load],
        statuses: Mapping[str, ServiceStatus],
        beside: Callable[[], Mapping[str, ServiceStatus]],
        online: frozenset[str],
        tell: Report,
        basis: object = None,
    ) -> None:
        """Begin a round: `build` makes a load over the online nodes without any resource.

        The resources looked after are counted first, then what runs `beside` them. Where the
        `basis` of both is equal to the last one, they would make the same.
        """
        self._build, self._tell = build, tell
        same = basis is not None and (self._online, self._basis) == (online, basis)
        if same and self._load is not None and self._follows(self._load, statuses):
            self._beside = beside
            self._untold = True
            return
        self._load, self._online, self._basis = None, online, basis
        self._start, self._beside, self._changes = dict(statuses), beside, []

    def _follows(self, load: Load, statuses: Mapping[str, ServiceStatus]) -> bool:
        """Bring a measured load up to these resources; False where it must be measured anew.

        That is where resources came or went, and wherever any could not be counted: such are told
        in the order in which all are counted.
        """
        if not self._changes and self._start == statuses:
            return True
        if self._amiss or self._start.keys() != statuses.keys():
            return False
        changed = {sid for sid, status in statuses.items() if self._start[sid] is not status}
        changed.update(sid for sid, _ in self._changes)
        self._start, self._changes = dict(statuses), []
        for sid in sorted(changed):
            self._replace(load, sid, statuses[sid])
        return not load.problems

    def end(self) -> None:
        """End the round: nobody is told any more."""
        self._tell = None

    def update(self, sid: str, status: ServiceStatus) -> None:
        """Take over a resource's new state."""
        self._changes.append((sid, status))
        if self._load is not None:
            self._replace(self._load, sid, status)
            self.report()

    def __call__(self) -> Load:
        """Return the load as it is now."""
        self.asked += 1
        if self._load is None:
            if self._build is None:
                raise RuntimeError("a load was asked for outside of a round")
            self._load = self._build()
            for table in (self._start, self._beside()):
                for sid in sorted(table):
                    self._add(self._load, sid, table[sid])
            self._amiss = list(self._load.problems)
            for sid, status in self._changes:
                self._replace(self._load, sid, status)
            self.report()
        elif self._untold:
            self._load.problems[:0] = self._amiss
            self.report()
        self._untold = False
        return self._load

    def report(self) -> None:
        """Tell what the load could not do since this was last told."""
        if self._load is not None and self._load.problems and self._tell is not None:
            report(self._load.problems, self._tell)
            self._load.problems.clear()

    def _replace(self, load: Load, sid: str, status: ServiceStatus) -> None:
        load.remove(sid)
        self._add(load, sid, status)

    def _add(self, load: Load, sid: str, status: ServiceStatus) -> None:
        current, target = used_nodes(status, self._online)
        load.add(sid, current, target, counts_as_running(status, current))
