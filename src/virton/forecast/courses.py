"""Courses: the whole stack on the paced clock, second by second, and what it comes to."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from virton.forecast.patience import go_on
from virton.forecast.situation import Situation
from virton.forecast.staging import NOW_S, Phases, stage
from virton.ha.events import Record
from virton.ha.events.cluster import FenceAcknowledged, WatchdogPoweroff
from virton.ha.events.daemon import DaemonExited, DaemonKilled, DaemonState
from virton.ha.events.lrm import MoveEnded, Started, Starting
from virton.ha.events.resource import ResourceStateChanged
from virton.ha.model import LrmStatus, ServiceStatus
from virton.ha.states import CrmState, LrmMode, ServiceState
from virton.simulation.freezing import Simulation, thaw
from virton.simulation.hosts import Host
from virton.simulation.value import WorldValue

LONGEST_S = 3600
CHUNK_S = 5
STILL_S = 15
"""For how long nothing may be left to do until a course counts as over."""

MOST_MOVES = 12
"""A resource that was sent off so often will be again: it is looked at no longer."""

MOVES = (ServiceState.MIGRATE, ServiceState.RELOCATE)
_CHANGES = (DaemonState, DaemonExited, DaemonKilled)
_AT_REST = (ServiceState.STARTED, ServiceState.STOPPED, ServiceState.ERROR, ServiceState.FREEZE)


@dataclass(frozen=True, slots=True)
class Deed:
    """A command to the simulated hardware, so many seconds after the world stands as captured."""

    at_s: int
    command: str


@dataclass
class Course:
    """One course: what was told (seconds count from the first deed), and how it ended."""

    situation: Situation
    told: list[Record] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    statuses: Mapping[str, ServiceStatus] = field(default_factory=dict)
    lrms: Mapping[str, LrmStatus] = field(default_factory=dict)
    online: frozenset[str] = frozenset()
    quorate: bool = True
    settled: bool = False

    @property
    def missing(self) -> Mapping[str, tuple[str, ...]]:
        """What guests that do not run miss where they are."""
        return {
            sid: self.situation.missing(sid, status.node)
            for sid, status in self.statuses.items()
            if sid not in self.running
        }

    @property
    def resets(self) -> frozenset[str]:
        """The nodes that their watchdogs reset."""
        return frozenset(r.event.node for r in self.told if isinstance(r.event, WatchdogPoweroff))

    @property
    def fenced(self) -> frozenset[str]:
        """The nodes whose fencing was acknowledged."""
        return frozenset(r.event.node for r in self.told if isinstance(r.event, FenceAcknowledged))

    @property
    def has_lost_master(self) -> bool:
        """Tell whether the CRM that was master came into another state, ended or was killed."""
        crm = f"{self.situation.master}/crm"
        return any(
            record.source == crm and isinstance(record.event, _CHANGES) for record in self.told
        )

    def ran_again(self, sid: str) -> tuple[int, int] | None:
        """Return between when a resource came to run where it runs in the end."""
        return self._starts.get(sid)

    @cached_property
    def _starts(self) -> dict[str, tuple[int, int]]:
        began: dict[str, int] = {}
        spans: dict[str, tuple[int, int]] = {}
        for record in self.told:
            match record.event:
                case Starting(sid):
                    began[sid] = record.time_s
                case Started(sid):
                    spans[sid] = (began.get(sid, record.time_s), record.time_s)
                case MoveEnded(sid):
                    spans[sid] = (record.time_s, record.time_s)
        return spans


def play(
    situation: Situation,
    phases: Phases,
    deeds: Iterable[Deed],
    *,
    first_s: int = 0,
    until_s: int | None = None,
    without_crm: Collection[str] = (),
) -> Course:
    """Play a situation with deeds until nothing is left to do, or until a second is over."""
    course = Course(situation)
    start_s = NOW_S + first_s

    def listen(record: Record) -> None:
        after = Record(
            record.time_s - start_s, record.source, record.event, record.cause, record.decision
        )
        course.told.append(after)

    player = _Player(stage(situation, phases, without_crm), listen, situation)
    player.play(sorted(deeds, key=lambda deed: deed.at_s), until_s)
    player.conclude(course)
    return course


class _Player:
    def __init__(
        self, value: WorldValue, listen: Callable[[Record], None], situation: Situation
    ) -> None:
        self._moves: Counter[str] = Counter()

        def count(record: Record) -> None:
            event = record.event
            if isinstance(event, ResourceStateChanged) and event.to in MOVES:
                self._moves[event.sid] += 1
            listen(record)

        self.simulation: Simulation = thaw(value, count)
        self._world = self.simulation.world
        self._clock = self.simulation.paced
        self._guests = self.simulation.timed_guests
        self._guests.refused = lambda sid, node: bool(situation.missing(sid, node))
        self._hardware = self.simulation.hardware
        self._settled = False

    def play(self, deeds: list[Deed], until_s: int | None) -> None:
        for deed in deeds:
            if until_s is not None and deed.at_s >= until_s:
                break
            self._clock.step(NOW_S + deed.at_s - self._world.now_s)
            self._hardware.execute(deed.command, "forecast")
        end_s = NOW_S + (LONGEST_S if until_s is None else until_s)
        still_s = 0
        while self._world.now_s < end_s and self._moves_on():
            go_on()
            self._clock.step(min(CHUNK_S, end_s - self._world.now_s))
            still_s = still_s + CHUNK_S if self._is_over() else 0
            self._settled = still_s >= STILL_S
            if until_s is None and self._settled:
                return

    def _moves_on(self) -> bool:
        """Tell whether it is still worth looking on: nothing has gone to and fro for too long."""
        return max(self._moves.values(), default=0) < MOST_MOVES

    def _is_over(self) -> bool:
        """Tell whether nothing is left to do but to go on like this."""
        world = self._world
        if self._guests.under_way or world.files.commands() or world.membership.forming:
            return False
        return self._all_rest() and not any(
            host.returns_s or self._goes_down(host) for host in world.hosts.values()
        )

    def _all_rest(self) -> bool:
        """Tell whether every resource rests, or nobody is left to look after them."""
        world = self._world
        master = self._master()
        if master is None:
            alive = [host for host in world.hosts.values() if host.power]
            waits = any(world.membership.quorate(host.name) for host in alive)
            return not waits and not any(host.watchdogs for host in alive)
        members = world.membership.members(master)
        status = world.files.manager_status
        if status.master_node != master or self._will_reset(members):
            return False
        return all(
            self._rests(sid, service, members) for sid, service in status.service_status.items()
        ) and all(world.hosts[node].power for node in members)

    def _will_reset(self, members: frozenset[str]) -> bool:
        """Tell whether a node that was left alone still runs, until its watchdog resets it."""
        hosts = self._world.hosts
        return any(h.power and h.watchdogs for name, h in hosts.items() if name not in members)

    def _rests(self, sid: str, service: ServiceStatus, members: frozenset[str]) -> bool:
        if service.state is ServiceState.RECOVERY:
            return True
        if service.state not in _AT_REST or service.cmd is not None:
            return False
        if service.state is not ServiceState.STARTED:
            is_there = service.node in members
            if service.state is ServiceState.FREEZE and not self._is_disarmed:
                # on a node that is there its LRM takes it up soon, on one that was shut down nobody does
                return not is_there and not self._world.hosts[service.node].power
            return service.state is ServiceState.ERROR or is_there
        host = self._world.hosts[service.node]
        # without an LRM nobody starts it
        return service.node in members and (sid in host.running or host.lrm is None)

    def _goes_down(self, host: Host) -> bool:
        """Tell whether a node is about to go down, and is not held up by whom it cannot get rid of."""
        if host.going_down is None or not host.power:
            return False
        services = self._world.files.manager_status.service_status.values()
        left = any(s.node == host.name and s.state is ServiceState.STARTED for s in services)
        return not (left and host.lrm is not None and host.lrm.mode is LrmMode.MAINTENANCE)

    @property
    def _is_disarmed(self) -> bool:
        return self._world.files.manager_status.disarm is not None

    def _master(self) -> str | None:
        for name, host in self._world.hosts.items():
            is_master = host.crm is not None and host.crm.state is CrmState.MASTER
            if is_master and host.power and self._world.membership.quorate(name):
                return name
        return None

    def conclude(self, course: Course) -> None:
        world, master = self._world, self._master()
        quorate = [n for n, h in world.hosts.items() if h.power and world.membership.quorate(n)]
        seen = world.membership.members(master or quorate[0]) if quorate else frozenset[str]()
        course.online = frozenset(n for n in seen if world.hosts[n].power)
        course.quorate = bool(quorate)
        course.running = {
            sid: host.name for host in world.hosts.values() for sid in sorted(host.running)
        }
        course.statuses = world.files.manager_status.service_status
        course.lrms = dict(world.files.lrm_status())
        course.settled = self._settled
