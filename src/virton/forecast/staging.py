"""A situation as a world on the paced clock, with every daemon somewhere in its round."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from virton.forecast.situation import Situation
from virton.ha.crm import CrmMemory
from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.ha.lrm import LrmMemory
from virton.ha.lrm import round_s as lrm_round_s
from virton.ha.lrm_duty import duty
from virton.ha.lrm_duty import holds_lock as lrm_holds_lock
from virton.ha.manager.manager import ManagerMemory
from virton.ha.manager.nodes import FENCE_DELAY_S, NodesMemory
from virton.ha.manager.services import BoardMemory
from virton.ha.model import LrmStatus, ManagerStatus
from virton.ha.states import CrmState, DisarmState, LrmMode, LrmState, NodeState, ServiceState
from virton.ha.workers import WorkersMemory
from virton.simulation.fenced import holds_of, lock_of_fenced
from virton.simulation.timing import Timing, real_timing
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

NOW_S = 1_000_000
"""The second at which every staged world stands; only what passes after it counts."""

MAX_WORKERS = 4
ROUND_S, IDLE_ROUND_S = 10, 5

Daemon = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Phases:
    """In how many seconds each daemon has its next round (1 is the next second).

    `unseen_s` is for how long a new master has missed the nodes that its predecessor had lost, and
    `waited_s` for how long the locks have been held for which somebody waits.
    """

    due_s: Mapping[Daemon, int]
    unseen_s: int = 0
    waited_s: int = 0

    def last_s(self, daemon: Daemon, round_s: int) -> int:
        """Return when a daemon had its last round, on the staged world's clock."""
        return NOW_S + self.due_s[daemon] - round_s


def round_s(situation: Situation, daemon: Daemon) -> int:
    """Return how long a daemon's rounds are."""
    node, kind = daemon
    if kind == "crm":
        return ROUND_S if node == situation.master else IDLE_ROUND_S
    status = situation.lrm.get(node)
    return lrm_round_s(status.state if status is not None else None)


def holds_lock(situation: Situation, node: str) -> bool:
    """Tell whether a node's LRM wrote last that it held its lock, and with it its watchdog."""
    status = situation.lrm.get(node)
    active = duty(situation.manager, node).active_count
    return status is not None and lrm_holds_lock(status.state, active)


def waiting(situation: Situation) -> frozenset[str]:
    """Return the nodes whose LRM has guests to look after and waits for its lock.

    Somebody holds it since nobody knows when: the master that fenced the node, or the LRM itself
    before all nodes were started anew.
    """
    return frozenset(
        node
        for node in situation.online
        if (lrm := situation.lrm.get(node)) is not None
        and lrm.state is LrmState.WAIT_FOR_AGENT_LOCK
        and not situation.is_silent(node, "lrm")
        and duty(situation.manager, node).active_count
    )


def is_started_anew(situation: Situation) -> bool:
    """Tell whether all nodes were: the LRMs wait, and no manager has spoken for long."""
    master = situation.master
    return master is not None and situation.is_silent(master, "crm") and bool(waiting(situation))


def stage(situation: Situation, phases: Phases, without_crm: Collection[str] = ()) -> WorldValue:
    """Return the situation as a world whose daemons are where the phases say.

    Nodes `without_crm` have none, which is cheaper: for slaves that can never become master.
    """
    maker = _Maker(situation, phases, frozenset(without_crm))
    nodes = sorted(situation.nodes)
    due_s: dict[str, dict[str, int]] = {}
    ranks: dict[str, dict[str, int]] = {}
    for node in sorted(situation.online):
        due = {kind: phases.due_s[node, kind] for kind in ("crm", "lrm")}
        due_s[node] = {kind: NOW_S + after_s for kind, after_s in due.items()}
        ranks[node] = due
    locks = maker.locks()
    return WorldValue(
        hosts=tuple(maker.host(node) for node in nodes),
        guests=TimedGuestsValue(dict.fromkeys(sorted(situation.failing), 1_000_000)),
        clock=PacedClockValue(due_s=due_s, ranks=ranks),
        files=maker.files(),
        figures=situation.figures,
        locks=locks,
        holds=maker.holds(locks),
        timing=timing_of(situation),
        qdevice=_qdevice(situation),
        now_s=NOW_S,
        handles=2 * len(nodes),
        max_workers=MAX_WORKERS,
        whole=True,
        dialect=situation.dialect,
    )


def overdue(situation: Situation) -> frozenset[str]:
    """Return the nodes that should have been fenced by now: their master must be a new one."""
    late_s = FENCE_DELAY_S + ROUND_S
    used = {s.node for s in situation.manager.service_status.values() if s.state not in _AWAY}
    unknown = {n for n, s in situation.manager.node_status.items() if s is NodeState.UNKNOWN}
    ages_s = situation.ages_s
    return frozenset(
        n for n in used & unknown - situation.online if ages_s.get((n, "lrm"), 0) > late_s
    )


_AWAY = (ServiceState.FENCE, ServiceState.RECOVERY, ServiceState.STOPPED, ServiceState.ERROR)


def timing_of(situation: Situation) -> Timing:
    """Return how long the cluster's own machinery takes."""
    return situation.timing or real_timing(len(situation.nodes))


def _qdevice(situation: Situation) -> QDeviceValue | None:
    votes = situation.device_votes
    return QDeviceValue(votes, situation.device_on) if votes else None


class _Maker:
    def __init__(self, situation: Situation, phases: Phases, without_crm: frozenset[str]) -> None:
        self._situation = situation
        self._without_crm = without_crm
        self._phases = phases
        self._online = situation.online
        self._waiting = waiting(situation)
        self._holders = frozenset(n for n in situation.nodes if holds_lock(situation, n))
        self._anew = is_started_anew(situation)
        master = situation.master
        works = master in self._online and not situation.is_silent(master or "", "crm")
        self._master = master if works else None
        disarm = situation.manager.disarm
        self._disarmed = disarm is not None and disarm.state is DisarmState.DISARMED
        spoke_s = NOW_S
        if self._master is not None:
            spoke_s = phases.last_s((self._master, "crm"), ROUND_S)
        self._status: ManagerStatus = replace(situation.manager, timestamp=spoke_s)
        self._running: dict[str, set[str]] = {node: set() for node in situation.nodes}
        for guest in situation.guests.values():
            if guest.running and guest.node in self._online:
                self._running[guest.node].add(guest.sid)

    def host(self, name: str) -> HostValue:
        node, there = self._situation.nodes[name], name in self._online
        watchdogs = {}
        if name == self._master and not self._disarmed:
            watchdogs[f"{name}.crm"] = self._last(name, "crm")
        if there and self._holds_watchdog(name):
            watchdogs[f"{name}.lrm"] = self._last(name, "lrm")
        return HostValue(
            name=name,
            power=there,
            network=there,
            cores=node.cores,
            memory_bytes=node.memory_bytes,
            version=node.version,
            votes=node.votes,
            crm=self._crm(name) if there and self._has_crm(name) else None,
            lrm=self._lrm(name) if there and not self._is_silent(name, "lrm") else None,
            running=frozenset(self._running[name]),
            watchdogs=watchdogs,
            crm_clock_s=NOW_S,
            lrm_clock_s=NOW_S,
        )

    def _has_crm(self, node: str) -> bool:
        return node not in self._without_crm and not self._is_silent(node, "crm")

    def _is_silent(self, node: str, kind: str) -> bool:
        began_anew = kind == "crm" and self._anew
        return not began_anew and self._situation.is_silent(node, kind)

    def _last(self, node: str, kind: str) -> int:
        return self._phases.last_s((node, kind), round_s(self._situation, (node, kind)))

    def _lrm_status(self, node: str) -> LrmStatus | None:
        return self._situation.lrm.get(node)

    def _holds_watchdog(self, node: str) -> bool:
        return node in self._holders and not self._is_silent(node, "lrm")

    def _crm(self, node: str) -> CrmMemory:
        if node != self._master:
            return CrmMemory(CrmState.SLAVE, consistent=True)
        manager = ManagerMemory(
            term=f"staged.{self._situation.generation}",
            nodes=NodesMemory(
                self._status.node_status,
                self._last_online_s(node),
                self._last(node, "crm"),
            ),
            board=BoardMemory(self._status.service_status),
            maintenance=self._status.maintenance_requests,
            disarm=self._status.disarm,
            fully_disarmed=self._disarmed,
            scheduler=self._situation.settings.scheduler.mode,
        )
        return CrmMemory(
            CrmState.MASTER,
            watchdog=None if self._disarmed else f"{node}.crm",
            disarmed=self._disarmed,
            consistent=True,
            masterships=1,
            manager=manager,
        )

    def _last_online_s(self, master: str) -> dict[str, int]:
        """Return when the master last saw each node: one that is away, when its LRM last wrote."""
        seen_s = dict.fromkeys(sorted(self._online), self._last(master, "crm"))
        for node in sorted(self._situation.nodes.keys() - self._online):
            age_s = self._situation.ages_s.get((node, "lrm"))
            if node in overdue(self._situation):
                seen_s[node] = NOW_S - self._phases.unseen_s
            elif age_s is not None:
                seen_s[node] = NOW_S - age_s
        return seen_s

    def _lrm(self, node: str) -> LrmMemory:
        told = self._lrm_status(node)
        state = told.state if told is not None else LrmState.WAIT_FOR_AGENT_LOCK
        return LrmMemory(
            state_since_s=NOW_S - 3600,
            state=state,
            mode=told.mode if told is not None else LrmMode.ACTIVE,
            announced=told is not None,
            watchdog=f"{node}.lrm" if self._holds_watchdog(node) else None,
            consistent=True,
            manager_spoke_s=self._status.timestamp,
            status=self._status,
            workers=WorkersMemory(results=told.results if told is not None else {}),
        )

    def files(self) -> FilesValue:
        made = self._situation
        lrm = {
            node: replace(status, timestamp=self._last(node, "lrm"))
            if node in self._online
            else status
            for node, status in sorted(made.lrm.items())
        }
        return FilesValue(
            resources=made.resources,
            rules=made.rules,
            groups=made.groups,
            settings=made.settings,
            guest_locks=made.guest_locks,
            manager_status=self._status,
            lrm_status=lrm,
        )

    def locks(self) -> dict[str, LockValue]:
        locks = {}
        if self._master is not None:
            locks[MANAGER_LOCK] = LockValue(self._master, self._last(self._master, "crm"))
        elif self._situation.master is not None and self._situation.manager.service_status:
            dead = self._situation.master
            age_s = self._phases.waited_s if self._anew else self._age_s(dead, "crm")
            locks[MANAGER_LOCK] = LockValue(dead, NOW_S - age_s)
        for node in sorted(self._situation.nodes):
            if node in self._online and self._holds_watchdog(node):
                locks[agent_lock(node)] = LockValue(node, self._last(node, "lrm"))
            elif node in self._holders:
                locks[agent_lock(node)] = self._lock_of_silent(node)
            elif node in self._waiting:
                locks[agent_lock(node)] = LockValue(node, NOW_S - self._phases.waited_s)
        return locks

    def _lock_of_silent(self, node: str) -> LockValue:
        age_s, off = self._age_s(node, "lrm"), node not in self._online
        taken = lock_of_fenced(self._status, node, self._master, age_s, NOW_S) if off else None
        return taken or LockValue(node, NOW_S - age_s)

    def _age_s(self, node: str, kind: str) -> int:
        return self._situation.ages_s.get((node, kind), 0)

    def holds(self, locks: Mapping[str, LockValue]) -> dict[str, dict[str, HoldValue]]:
        return holds_of(locks, self._knows)

    def _knows(self, node: str, kind: str) -> bool:
        """Tell whether a daemon knows that it holds its lock: it works, and did not begin anew."""
        began_anew = node in self._waiting if kind == "lrm" else node != self._master
        return node in self._online and not began_anew and not self._is_silent(node, kind)
