"""The world made of a capture that was seen from outside: on the paced clock, with nothing begun anew.

The second 0 is the cluster's newest sign of life. What the capture tells is taken as it is: who is
master, who holds which lock and since when it was renewed, whose round came when. What no API tells
has a value that fits the rest: see `untold` in the capture.
"""

from collections.abc import Mapping
from dataclasses import replace

from virton.frozen import frozen
from virton.ha.crm import MASTER_ROUND_S, WAITING_ROUND_S, CrmMemory
from virton.ha.environment import MANAGER_LOCK, SILENT_S, agent_lock
from virton.ha.lrm import OTHER_ROUND_S, LrmMemory, round_s
from virton.ha.lrm_duty import duty, holds_lock
from virton.ha.manager.manager import ManagerMemory
from virton.ha.manager.nodes import NodesMemory
from virton.ha.manager.services import BoardMemory
from virton.ha.model import LrmStatus, ManagerStatus
from virton.ha.states import CrmState, DisarmState, NodeState
from virton.ha.workers import WorkersMemory
from virton.simulation.fenced import holds_of, lock_of_fenced
from virton.simulation.fields import Fields
from virton.simulation.paced import LONGEST_ROUND_S
from virton.simulation.timing import Totem, real_timing
from virton.simulation.value import (
    FilesValue,
    HoldValue,
    HostValue,
    LockValue,
    PacedClockValue,
    QDeviceValue,
    TimedGuestsValue,
    WorldValue,
)

WORKERS = 4
"""How many guests an LRM works on at once, unless the cluster is told otherwise."""

TERM = "seen"


def is_seen(file: Fields) -> bool:
    """Tell whether a file is a capture that was seen from outside."""
    return file.data.get("grade") == "seen"


def seen_world(file: Fields, world: WorldValue) -> WorldValue:
    """Return the world of a capture; `world` has its hosts, files and figures, all at rest."""
    seen = _Seen.of(file, world)
    return replace(
        world,
        hosts=tuple(seen.host(host) for host in world.hosts),
        guests=TimedGuestsValue(),
        clock=PacedClockValue(due_s=seen.due_s(), ranks=seen.ranks()),
        locks=seen.locks(),
        holds=seen.holds(),
        timing=real_timing(len(world.hosts), _totem(file.part("totem", optional=True))),
        qdevice=_qdevice(file.part("qdevice", optional=True)),
        handles=2 * len(world.hosts),
        max_workers=WORKERS,
        whole=True,
    )


def _totem(told: Fields) -> Totem:
    default = Totem()
    consensus = told.data.get("consensus_ms")
    return Totem(
        told.whole("token_ms", default.token_ms),
        told.whole("token_coefficient_ms", default.coefficient_ms),
        None if consensus is None else told.whole("consensus_ms"),
    )


def _qdevice(told: Fields) -> QDeviceValue | None:
    if not told.data:
        return None
    connected = told.data.get("connected")
    return QDeviceValue(told.whole("votes", 1), connected is None or bool(connected))


@frozen
class _Seen:
    """What a capture tells of the daemons; ages in seconds."""

    nodes: tuple[str, ...]
    files: FilesValue
    online: frozenset[str]
    crm_age_s: int | None
    lrm_ages_s: Mapping[str, int]
    watched: Mapping[str, bool]
    crm_watched: bool

    @classmethod
    def of(cls, file: Fields, world: WorldValue) -> "_Seen":
        told = file.part("seen", optional=True)
        ages, dogs = told.part("ages_s", optional=True), told.part("watchdogs", optional=True)
        of_lrms, dogs_of_lrms = ages.part("lrm", optional=True), dogs.part("lrm", optional=True)
        crm_age_s = None if ages.data.get("crm") is None else ages.whole("crm")
        lrm_ages_s = {node: of_lrms.whole(node) for node in of_lrms.data}
        return cls(
            nodes=tuple(host.name for host in world.hosts),
            files=world.files or FilesValue(),
            online=frozenset(host.name for host in world.hosts if host.power),
            crm_age_s=crm_age_s,
            lrm_ages_s=lrm_ages_s,
            watched={node: dogs_of_lrms.flag(node) for node in dogs_of_lrms.data},
            crm_watched=dogs.flag("crm", default=True),
        )

    # who is at work

    @property
    def manager(self) -> ManagerStatus:
        """What the manager wrote last."""
        return self.files.manager_status

    @property
    def master(self) -> str | None:
        """The master, if it is at work; one that found nothing to do has let go of its lock."""
        node, age_s = self.manager.master_node, self.crm_age_s
        at_work = node in self.online and (age_s is None or age_s <= SILENT_S)
        return node if at_work else None

    def lrm(self, node: str) -> LrmStatus | None:
        """What an LRM wrote last, if it is at work."""
        at_work = node in self.online and self._lrm_age_s(node) <= SILENT_S
        return self.files.lrm_status.get(node) if at_work else None

    def _lrm_age_s(self, node: str) -> int:
        return self.lrm_ages_s.get(node, 0)

    @property
    def _is_new(self) -> bool:
        """Tell whether no LRM has ever written: the stack is only just starting up."""
        return not self.files.lrm_status

    # hosts

    def host(self, host: HostValue) -> HostValue:
        """Return a host with its daemons and their watchdogs."""
        if not host.power:
            return replace(host, running=frozenset())
        crm, lrm = self._crm(host.name), self._lrm(host.name)
        fed = {}
        if crm is not None and crm.watchdog is not None:
            fed[crm.watchdog] = -(self.crm_age_s or 0)
        if lrm is not None and lrm.watchdog is not None:
            fed[lrm.watchdog] = -self._lrm_age_s(host.name)
        return replace(host, crm=crm, lrm=lrm, watchdogs=fed)

    def _handle(self, node: str, kind: str) -> str:
        number = 2 * self.nodes.index(node) + (1 if kind == "crm" else 2)
        return f"{node}.{number}"

    def _crm(self, node: str) -> CrmMemory | None:
        if node == self.manager.master_node and self.master is None and self._master_died:
            return None
        if node != self.master:
            waits = self.master is None and not self.manager.service_status
            return CrmMemory(CrmState.WAIT_FOR_QUORUM if waits else CrmState.SLAVE)
        watchdog = self._handle(node, "crm") if self.crm_watched else None
        return CrmMemory(
            state=CrmState.MASTER,
            watchdog=watchdog,
            disarmed=not self.crm_watched,
            consistent=True,
            masterships=1,
            manager=self._manager_memory(),
        )

    @property
    def _master_died(self) -> bool:
        """Tell whether the last master left work undone: else it was idle."""
        return self.crm_age_s is not None and bool(self.manager.service_status)

    def _manager_memory(self) -> ManagerMemory:
        status, age_s = self.manager, self.crm_age_s or 0
        disarmed = status.disarm is not None and status.disarm.state is DisarmState.DISARMED
        return ManagerMemory(
            term=TERM,
            nodes=NodesMemory(status.node_status, self._last_online_s(), -age_s),
            board=BoardMemory(status.service_status),
            maintenance=status.maintenance_requests,
            disarm=status.disarm,
            scheduler=self.files.settings.scheduler.mode,
            fully_disarmed=disarmed,
        )

    def _last_online_s(self) -> dict[str, int]:
        """Return when the master last saw each node: one that is away, when its LRM last wrote."""
        last = {}
        for node, state in self.manager.node_status.items():
            seen = state in (NodeState.ONLINE, NodeState.MAINTENANCE)
            crm_age_s = self.crm_age_s or 0
            last[node] = -crm_age_s if seen else -self.lrm_ages_s.get(node, crm_age_s)
        return last

    def _lrm(self, node: str) -> LrmMemory | None:
        status = self.lrm(node)
        if status is None:
            return LrmMemory(state_since_s=0) if self._is_new else None
        holds = self._holds_lock(node, status)
        watched = self.watched.get(node, holds)
        return LrmMemory(
            state_since_s=-self._lrm_age_s(node),
            state=status.state,
            mode=status.mode,
            announced=True,
            watchdog=self._handle(node, "lrm") if holds and watched else None,
            consistent=True,
            status=self.manager,
            workers=WorkersMemory(results=status.results),
        )

    # locks

    def _holds_lock(self, node: str, status: LrmStatus) -> bool:
        return holds_lock(status.state, duty(self.manager, node).active_count)

    def locks(self) -> dict[str, LockValue]:
        """Return the locks, each renewed when its holder last wrote."""
        locks = {}
        last = self.manager.master_node
        if last is not None and (self.master is not None or self._master_died):
            locks[MANAGER_LOCK] = LockValue(last, -(self.crm_age_s or 0))
        for node, status in sorted(self.files.lrm_status.items()):
            if self._holds_lock(node, status):
                locks[agent_lock(node)] = self._agent_lock(node)
        return locks

    def _agent_lock(self, node: str) -> LockValue:
        """Return a node's lock: the LRM's, or of one that was fenced the master's, who took it."""
        age_s = self._lrm_age_s(node)
        off = node not in self.online
        taken = lock_of_fenced(self.manager, node, self.master, age_s) if off else None
        return taken or LockValue(node, -age_s)

    def holds(self) -> dict[str, dict[str, HoldValue]]:
        """Return which daemons know that they hold a lock: those that are at work."""
        return holds_of(self.locks(), self._works)

    def _works(self, node: str, kind: str) -> bool:
        return node == self.master if kind == "crm" else self.lrm(node) is not None

    # rounds

    def due_s(self) -> dict[str, dict[str, int]]:
        """Return when each daemon's next round is due: a round after it last wrote."""
        due: dict[str, dict[str, int]] = {}
        for node in sorted(self.online):
            ranks = self._ranks_of(node)
            crm_s = 1 + ranks["crm"] % WAITING_ROUND_S
            if node == self.master:
                crm_s = _next(MASTER_ROUND_S, self.crm_age_s or 0)
            lrm_s = 1 + ranks["lrm"] % OTHER_ROUND_S
            if (status := self.lrm(node)) is not None:
                lrm_s = _next(round_s(status.state), self._lrm_age_s(node))
            due[node] = {"crm": crm_s, "lrm": lrm_s}
        return due

    def ranks(self) -> dict[str, dict[str, int]]:
        """Return in which order daemons try for their locks: none is known, so by their phases."""
        return {node: self._ranks_of(node) for node in self.nodes}

    def _ranks_of(self, node: str) -> dict[str, int]:
        """Return phases that nobody told: by the node's place, so that other names change nothing."""
        place = 3 * self.nodes.index(node)
        return {"crm": place % LONGEST_ROUND_S, "lrm": (place + 2) % LONGEST_ROUND_S}


def _next(round_s: int, age_s: int) -> int:
    """Return in how many seconds a round comes that is due `round_s` after the last one."""
    return max(1, round_s - age_s)
