"""Freeze a simulation into a value, and thaw a value into a fresh simulation that goes on from it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from virton.ha.crm import Crm
from virton.ha.dialect import Dialect
from virton.ha.events import Record
from virton.ha.lrm import Lrm
from virton.ha.manager.view import LoadReport
from virton.simulation.commands import CommandError, Figures, Hardware
from virton.simulation.figures import load_report
from virton.simulation.files import ClusterFiles, MemoryFiles
from virton.simulation.guests import InstantGuests
from virton.simulation.hosts import Host
from virton.simulation.locks import Hold, Lock
from virton.simulation.membership import Forming, Membership, QDevice
from virton.simulation.paced import PacedClock
from virton.simulation.timed_guests import TimedGuests, TimedOperation
from virton.simulation.value import (
    FiguresValue,
    FilesValue,
    FormingValue,
    HoldValue,
    HostValue,
    InstantGuestsValue,
    LockValue,
    MembershipValue,
    OperationValue,
    QDeviceValue,
    Step,
    TimedGuestsValue,
    VirtualClockValue,
    WorldValue,
)
from virton.simulation.virtual import VirtualClock
from virton.simulation.world import World

LONGEST_LOOK_S = 3600


@dataclass(slots=True)
class Simulation:
    """A world, what its guests use, and the clock that makes its time pass."""

    world: World
    figures: Figures
    hardware: Hardware
    clock: VirtualClock | PacedClock
    dialect: Dialect

    def run(self, until_s: int | None = None) -> None:
        """Run until a second is over; without one, to the end or for an hour on the paced clock.

        Raises CommandError and EndlessError.
        """
        if isinstance(self.clock, VirtualClock):
            self.clock.run(until_s)
        else:
            end_s = self.world.now_s + LONGEST_LOOK_S if until_s is None else until_s
            self.clock.step(max(0, end_s - self.world.now_s))

    @property
    def virtual(self) -> VirtualClock:
        """Return the clock of a simulation that is on the virtual one; raises TypeError."""
        if not isinstance(self.clock, VirtualClock):
            raise TypeError("this simulation is on the paced clock")
        return self.clock

    @property
    def paced(self) -> PacedClock:
        """Return the clock of a simulation that is on the paced one; raises TypeError."""
        if not isinstance(self.clock, PacedClock):
            raise TypeError("this simulation is on the virtual clock")
        return self.clock

    @property
    def timed_guests(self) -> TimedGuests:
        """Return the guests of a simulation on the paced clock; raises TypeError."""
        if not isinstance(self.world.guests, TimedGuests):
            raise TypeError("these guests obey at once")
        return self.world.guests


def freeze(simulation: Simulation, *, with_files: bool = True) -> WorldValue:
    """Return everything on which the next second depends; the simulation may go on meanwhile.

    The cluster's files are left out where they are kept elsewhere.
    """
    world, figures = simulation.world, simulation.figures
    device = world.membership.qdevice
    return WorldValue(
        hosts=tuple(_host_value(host, world) for host in world.hosts.values()),
        guests=_guests_value(world),
        clock=simulation.clock.value(),
        files=_files_value(world.files) if with_files else None,
        figures=FiguresValue(dict(figures.static), dict(figures.dynamic)),
        locks={name: _lock_value(k) for name, k in sorted(world.locks.held.items())},
        holds=_holds_value(world),
        timing=world.timing,
        membership=_membership_value(world.membership),
        qdevice=None if device is None else QDeviceValue(device.votes, device.on),
        now_s=world.now_s,
        handles=world.handles,
        max_workers=world.max_workers,
        whole=world.whole,
        dialect=simulation.dialect,
    )


def thaw(
    value: WorldValue,
    listen: Callable[[Record], None],
    files: ClusterFiles | None = None,
    measure: Callable[[World], LoadReport] | None = None,
) -> Simulation:
    """Return a fresh simulation that goes on as the frozen one would have; it tells every event.

    `files` and `measure` take the place of the value's own files and figures.
    """
    hosts = {host.name: _host(host) for host in value.hosts}
    kept = files or MemoryFiles(value.files or FilesValue())
    figures = Figures(dict(value.figures.static), dict(value.figures.dynamic))

    def by_figures(world: World) -> LoadReport:
        return load_report(world, figures, value.dialect.measure)

    guests = _guests(value, kept, hosts, lambda: world)
    device = value.qdevice
    world = World(
        hosts,
        kept,
        guests,
        listen,
        measure or by_figures,
        value.max_workers,
        whole=value.whole,
        timing=value.timing,
        qdevice=None if device is None else QDevice(device.votes, device.on),
    )
    world.now_s, world.handles = value.now_s, value.handles
    _wake_cluster(value, world)
    for host in value.hosts:
        _wake_daemons(host, world)
    hardware = Hardware(world, kept, figures)
    if isinstance(value.clock, VirtualClockValue):
        virtual = VirtualClock(world, hardware, value.clock)
        return Simulation(world, figures, hardware, virtual, value.dialect)
    if not isinstance(guests, TimedGuests):
        raise TypeError("guests that obey at once are not for the paced clock")
    paced = PacedClock(world, hardware, guests, value.clock)
    return Simulation(world, figures, hardware, paced, value.dialect)


def commanded(value: WorldValue, commands: Sequence[str]) -> WorldValue:
    """Return the world with these commands at the next slot in place of all that were to come.

    One that had come to its end goes on from there.
    """
    if not isinstance(value.clock, VirtualClockValue):
        raise CommandError("commands are given to worlds on the virtual clock only")
    step = Step.SLOT if value.clock.step is Step.END else value.clock.step
    batches = (tuple(commands),) if commands else ()
    return replace(value, clock=replace(value.clock, batches=batches, step=step))


def _host_value(host: Host, world: World) -> HostValue:
    return HostValue(
        name=host.name,
        power=host.power,
        network=host.network,
        cores=host.cores,
        memory_bytes=host.memory_bytes,
        tells_size=host.tells_size,
        version=host.version,
        votes=host.votes,
        booted_s=host.booted_s,
        files_since_s=host.files_since_s,
        daemons_due_s=host.daemons_due_s,
        returns_s=host.returns_s,
        files_usable=host.files_usable,
        state_consistent=host.state_consistent,
        going_down=host.going_down,
        lrm_restarts=host.lrm_restarts,
        crm_stops=host.crm_stops,
        crm=None if host.crm is None else host.crm.memory(),
        lrm=None if host.lrm is None else host.lrm.memory(),
        running=frozenset(host.running),
        watchdogs=dict(host.watchdogs),
        crm_clock_s=world.environments[host.name, "crm"].clock_s,
        lrm_clock_s=world.environments[host.name, "lrm"].clock_s,
    )


def _host(value: HostValue) -> Host:
    """Return a host whose daemons do not run yet."""
    return Host(
        name=value.name,
        power=value.power,
        network=value.network,
        cores=value.cores,
        memory_bytes=value.memory_bytes,
        tells_size=value.tells_size,
        version=value.version,
        votes=value.votes,
        booted_s=value.booted_s,
        files_since_s=value.files_since_s,
        daemons_due_s=value.daemons_due_s,
        returns_s=value.returns_s,
        files_usable=value.files_usable,
        state_consistent=value.state_consistent,
        going_down=value.going_down,
        lrm_restarts=value.lrm_restarts,
        crm_stops=value.crm_stops,
        running=set(value.running),
        watchdogs=dict(value.watchdogs),
    )


def _wake_daemons(value: HostValue, world: World) -> None:
    host = world.hosts[value.name]
    for_crm, for_lrm = (world.environments[value.name, kind] for kind in ("crm", "lrm"))
    for_crm.clock_s, for_lrm.clock_s = value.crm_clock_s, value.lrm_clock_s
    host.crm = None if value.crm is None else Crm(for_crm, value.crm)
    host.lrm = None if value.lrm is None else Lrm(for_lrm, value.lrm)


def _lock_value(lock: Lock) -> LockValue:
    return LockValue(lock.node, lock.renewed_s, lock.gone_at_s, lock.remover)


def _holds_value(world: World) -> dict[str, dict[str, HoldValue]]:
    return {
        source: {name: HoldValue(hold.had_s, hold.has) for name, hold in sorted(holds.items())}
        for source, holds in sorted(world.locks.holds.items())
        if holds
    }


def _membership_value(membership: Membership) -> MembershipValue:
    forming = sorted(membership.forming.items(), key=lambda item: sorted(item[0]))
    return MembershipValue(
        membership.groups,
        dict(sorted(membership.views.items())),
        tuple(FormingValue(view, f.begun_s, f.due_s, f.lost) for view, f in forming),
    )


def _wake_cluster(value: WorldValue, world: World) -> None:
    """Bring locks and memberships into the state that they were in."""
    world.locks.held |= {
        name: Lock(lock.node, lock.renewed_s, lock.gone_at_s, lock.remover)
        for name, lock in value.locks.items()
    }
    for source, holds in value.holds.items():
        world.locks.holds[source] = {n: Hold(hold.had_s, hold.has) for n, hold in holds.items()}
    if (known := value.membership) is not None:
        forming = {f.members: Forming(f.begun_s, f.due_s, f.lost) for f in known.forming}
        world.membership.restore(known.groups, known.views, forming)


def _files_value(files: ClusterFiles) -> FilesValue:
    return FilesValue(
        resources=files.resources(),
        rules=files.rules(),
        groups=files.groups(),
        settings=files.settings(),
        guest_locks=dict(files.guest_locks()),
        commands=files.commands(),
        manager_status=files.manager_status,
        lrm_status=dict(files.lrm_status()),
    )


def _guests_value(world: World) -> InstantGuestsValue | TimedGuestsValue:
    guests = world.guests
    if isinstance(guests, InstantGuests):
        return InstantGuestsValue(dict(guests.failed_starts), dict(guests.failed_moves))
    if not isinstance(guests, TimedGuests):
        raise TypeError(f"{type(guests).__name__} cannot be frozen")
    operations = {operation.number: operation for operation in guests.under_way}
    for host in world.hosts.values():
        looked_at = host.lrm.operations if host.lrm else []
        operations |= {o.number: o for o in looked_at if isinstance(o, TimedOperation)}
    return TimedGuestsValue(
        failing_starts={sid: n for sid, n in sorted(guests.failing_starts.items()) if n},
        operations=tuple(OperationValue(**asdict(o)) for _, o in sorted(operations.items())),
        numbered=guests.numbered,
    )


def _guests(
    value: WorldValue, files: ClusterFiles, hosts: dict[str, Host], world: Callable[[], World]
) -> InstantGuests | TimedGuests:
    if isinstance(value.guests, InstantGuestsValue):
        return InstantGuests(files, value.guests.failed_starts, value.guests.failed_moves)
    operations = [TimedOperation(**asdict(operation)) for operation in value.guests.operations]
    return TimedGuests(
        files,
        hosts,
        lambda: world().now_s,
        lambda node, target: world().can_move(node, target),
        dict(value.guests.failing_starts),
        [operation for operation in operations if not operation.done],
        {operation.number: operation for operation in operations if operation.done},
        value.guests.numbered,
    )
