"""The embedded cluster's running world: hosts, guests and HA stack on the paced clock."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

from virton.embedded.ha_tasks import HaTasks, failure_of
from virton.embedded.inventory import GuestRecord, Inventory
from virton.embedded.memory import Kept, WorldMemory, fresh_world
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.shared_files import SharedFiles
from virton.embedded.usage import LoadReports, guest_cpu, guest_memory, node_stats
from virton.embedded.world import (
    Guest,
    LabGuest,
    LabNode,
    LabState,
    NodeStats,
    QuorumDevice,
    TaskReport,
)
from virton.ha.dialect import Dialect
from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.ha.events import Record
from virton.ha.manager.view import LoadReport
from virton.simulation.freezing import freeze, thaw
from virton.simulation.hosts import Host
from virton.simulation.locks import Hold
from virton.simulation.paced import spread
from virton.simulation.timed_guests import TimedOperation
from virton.simulation.timing import real_timing
from virton.simulation.value import HostValue, QDeviceValue
from virton.simulation.world import World as SimulatedWorld


class _Guests(Mapping[int, Guest]):
    """The guests as they are configured, each with what it does just now."""

    def __init__(
        self, records: Mapping[int, GuestRecord], look: Callable[[GuestRecord], Guest]
    ) -> None:
        self._records = records
        self._look = look

    def __getitem__(self, vmid: int) -> Guest:
        return self._look(self._records[vmid])

    def __iter__(self) -> Iterator[int]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


class LiveWorld:
    """Implements the API's `World` and `Lab` on a simulation.

    `ahead_s` is how far its time runs before that of the machine, by speed and steps.
    """

    def __init__(
        self,
        files: ClusterFiles,
        hosts: tuple[HostValue, ...],
        wall_s: int,
        dialect: Dialect,
        qdevice: QDeviceValue | None = None,
    ) -> None:
        """Go on with the world that the files hold, or wake a fresh one of these hosts."""
        self.listeners: list[Callable[[Record], None]] = []
        self.ha_tasks: HaTasks | None = None
        self._asked_by_call = False
        self._files = files
        self._inventory = Inventory(files)
        self._load_reports = LoadReports(self._inventory)
        names = tuple(host.name for host in hosts)
        self._shared = SharedFiles(files, self._inventory, names, dialect)
        self._memory = WorldMemory(files, self._shared)
        kept = self._memory.recall(hosts, wall_s)
        if kept is None:
            kept = Kept(replace(fresh_world(hosts, wall_s), qdevice=qdevice), goes_on=False)
        version = {host.name: host.version for host in hosts}
        value = replace(
            kept.world,
            hosts=tuple(replace(h, version=version[h.name]) for h in kept.world.hosts),
            timing=real_timing(len(names)),
            dialect=dialect,
        )
        self._simulation = thaw(value, self._tell, self._shared, self._measure)
        self._world, self.clock = self._simulation.world, self._simulation.paced
        self._guests = self._simulation.timed_guests
        self._guests.on_begin = self._report_begin
        self._guests.on_end = self._report_end
        self._reports: dict[str, TaskReport] = {}
        self._running_since_s = dict(kept.since)
        self.ahead_s = kept.ahead_s
        if not kept.goes_on:
            self._start_daemons()
        self._note_running()

    def _start_daemons(self) -> None:
        """Start the daemons of a world that has none yet; each holds the locks of its node."""
        for host in self._world.hosts.values():
            if host.power:
                self._world.start_daemons(host)
        locks = self._world.locks
        for name, lock in locks.held.items():
            daemon = "crm" if name == MANAGER_LOCK else "lrm"
            if daemon == "crm" or name == agent_lock(lock.node):
                locks.holds[f"{lock.node}/{daemon}"] = {name: Hold(lock.renewed_s)}
        self.clock.delay(spread(self._world.hosts))

    def _measure(self, world: SimulatedWorld) -> LoadReport:
        return self._load_reports(world, self._simulation.dialect.measure)

    def _tell(self, record: Record) -> None:
        for listen in self.listeners:
            listen(record)

    # time

    def now(self) -> int:
        """Return the cluster's time, in Unix seconds."""
        return self._world.now_s

    def elapse(self, real_s: float) -> None:
        """Let real time pass, and keep what came of it as one change."""
        with self._files.batch(deferrable=True):
            seconds = self.clock.elapse(real_s)
            self.ahead_s += seconds - real_s
            if seconds:
                self._settle()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Change the world within one, and keep what came of it as one change."""
        with self._files.batch(deferrable=True):
            yield
            self._settle()

    def _settle(self) -> None:
        self._note_running()
        value = freeze(self._simulation, with_files=False)
        self._memory.keep(Kept(value, self.ahead_s, self._running_since_s))

    def _note_running(self) -> None:
        since, now_s = self._running_since_s, self.now()
        running = {sid for host in self._world.hosts.values() for sid in host.running}
        running |= {sid for sid in since if sid not in running and self._is_untold(sid)}
        if running != since.keys():
            self._running_since_s = {sid: since.get(sid, now_s) for sid in sorted(running)}

    def _is_untold(self, sid: str) -> bool:
        """Tell whether a guest's node has no power, and so can't tell that it runs no more."""
        record = self._inventory.by_sid(sid)
        return record is not None and not self._world.hosts[record.node].power

    # members

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The simulated hosts by name."""
        return self._world.hosts

    @property
    def local_node(self) -> str:
        """Return the node that answers: one that is reached, with quorum if there is one."""
        hosts, quorate = self._world.hosts, self._world.membership.quorate
        candidates = chain(
            (name for name, host in hosts.items() if host.reachable and quorate(name)),
            (name for name, host in hosts.items() if host.reachable),
            (name for name, host in hosts.items() if host.power),
            hosts,
        )
        return next(candidates)

    def members(self) -> Mapping[str, bool]:
        """Return every node of the cluster, and whether it is online."""
        node = self.local_node
        view = self._world.membership.members(node)
        return {name: name in view or name == node for name in self._world.hosts}

    def quorate(self) -> bool:
        """Tell whether the answering node has quorum."""
        return self._world.membership.quorate(self.local_node)

    def votes(self) -> Mapping[str, int]:
        """Return how many votes each node has."""
        return {name: host.votes for name, host in self._world.hosts.items()}

    def quorum_device(self) -> QuorumDevice | None:
        """Return the device outside that votes too, as the answering node reaches it."""
        device = self._world.membership.qdevice
        if device is None:
            return None
        reached = device.on and self._world.hosts[self.local_node].network
        return QuorumDevice(device.votes, reached)

    # guests

    def guests(self) -> Mapping[int, Guest]:
        """Return all guests by their id; each is looked at when it is taken."""
        return _Guests(self._inventory.guests(), self._guest)

    def _guest(self, record: GuestRecord) -> Guest:
        host, since_s = self._world.hosts[record.node], self._running_since_s.get(record.sid)
        running = record.sid in host.running or (since_s is not None and not host.power)
        return Guest(
            vmid=record.vmid,
            type=record.type,
            node=record.node,
            name=record.name,
            running=running,
            cpu=guest_cpu(record) if running else 0.0,
            maxcpu=record.cores,
            mem=guest_memory(record) if running else 0,
            maxmem=record.memory_bytes,
            maxdisk=record.disk_bytes,
            uptime_s=self.now() - (since_s or self.now()) if running else 0,
            lock=record.lock,
        )

    def node_stats(self, node: str) -> NodeStats:
        """Return what a node has and uses."""
        stats = node_stats(self._world.hosts[node], self._inventory)
        host = self._world.hosts[node]
        booted_s = host.booted_s if host.power else None
        return replace(stats, uptime_s=0 if booted_s is None else self.now() - booted_s)

    def start_guest(self, vmid: int, report: TaskReport) -> None:
        """Start a guest on its node, outside the HA stack."""
        record = self._inventory.guests()[vmid]
        self._begin(record, report, lambda host: self._guests.start(host, record.sid))

    def stop_guest(self, vmid: int, report: TaskReport, *, timeout_s: int) -> None:
        """Shut a guest down within `timeout_s` seconds, outside the HA stack; 0 is a hard stop."""
        record = self._inventory.guests()[vmid]
        self._begin(record, report, lambda host: self._guests.stop(host, record.sid, timeout_s))

    def migrate_guest(self, vmid: int, target: str, report: TaskReport, *, online: bool) -> None:
        """Move a guest to another node, outside the HA stack."""
        record = self._inventory.guests()[vmid]
        self._begin(
            record, report, lambda host: self._guests.move(host, record.sid, target, live=online)
        )

    def _begin(
        self, record: GuestRecord, report: TaskReport, begin: Callable[[Host], TimedOperation]
    ) -> None:
        host = self._world.hosts[record.node]
        if not host.power:
            report.finish(f"node {record.node} is off")
            return
        with self._change():
            self._asked_by_call = True
            try:
                operation = begin(host)
            finally:
                self._asked_by_call = False
            if operation.locked_by is not None:
                report.finish(f"guest is locked ({operation.locked_by})")
                return
            operation.task = report.upid
            self._reports[report.upid] = report

    def operations_with_tasks(self) -> Mapping[str, TimedOperation]:
        """Return what is being done to guests, by the task to which it is told."""
        return {o.task: o for o in self._guests.under_way if o.task is not None}

    def report_to(self, reports: Mapping[str, TaskReport]) -> None:
        """Tell these tasks, by their id, how what is being done ends."""
        self._reports |= reports

    def _report_begin(self, operation: TimedOperation) -> None:
        """Begin the task of what the HA stack does to a guest; a call has begun one of its own."""
        if self.ha_tasks is not None and not self._asked_by_call:
            runs = operation.sid in self._world.hosts[operation.node].running
            report = self.ha_tasks.begin(operation, runs=runs)
            operation.task = report.upid
            self._reports[report.upid] = report

    def _report_end(self, operation: TimedOperation, well: bool) -> None:
        report = self._reports.pop(operation.task or "", None)
        if report is not None:
            host_is_up = self._world.hosts[operation.node].power
            report.finish(None if well else failure_of(operation, host_is_up=host_is_up))

    def shut_down_node(self, node: str, *, reboot: bool) -> None:
        """Shut a node down in order, and with `reboot` let it come back."""
        self.command(f"{'reboot' if reboot else 'shutdown'} {node}")

    # the lab

    def state(self) -> LabState:
        """Return every switch as it stands."""
        failing, hosts = self._guests.failing_starts, self._world.hosts
        device = self._world.membership.qdevice
        return LabState(
            now=self.now(),
            speed=self.clock.speed,
            paused=self.clock.paused,
            nodes=tuple(LabNode(name, h.power, h.network) for name, h in hosts.items()),
            split=self._world.membership.groups,
            quorum_device=None if device is None else device.on,
            guests=tuple(
                LabGuest(guest.sid, bool(places), failing.get(guest.sid, 0), places)
                for guest in self._inventory.guests().values()
                for places in [tuple(n for n, h in hosts.items() if guest.sid in h.running)]
            ),
        )

    def set_power(self, node: str, on: bool) -> None:
        """Switch a node's power."""
        self.command(f"power {node} {'on' if on else 'off'}")

    def set_network(self, node: str, on: bool) -> None:
        """Plug a node's network in or out."""
        self.command(f"network {node} {'on' if on else 'off'}")

    def set_maintenance(self, node: str, on: bool) -> None:
        """Ask the HA stack to put a node into maintenance, or out of it, as its shell does."""
        self.command(f"crm {node} {'enable' if on else 'disable'}-node-maintenance")

    def split(self, groups: tuple[frozenset[str], ...]) -> None:
        """Let the network fall into groups that do not reach each other; none makes it whole."""
        named = "|".join(",".join(sorted(group)) for group in groups)
        self.command(f"split {named}" if groups else "heal")

    def command(self, command: str) -> None:
        """Carry out a command to the hardware, in the words of the scenario files."""
        with self._change():
            self._simulation.hardware.execute(command, "lab")

    def set_quorum_device(self, on: bool) -> None:
        """Switch the QDevice."""
        self.command(f"qdevice {'on' if on else 'off'}")

    def crash(self, sid: str) -> None:
        """Let a running guest die."""
        with self._change():
            self._guests.crash(sid)

    def fail_starts(self, sid: str, count: int) -> None:
        """Let the next `count` starts of a guest fail."""
        with self._change():
            self._guests.failing_starts[sid] = count

    def set_speed(self, speed: int) -> None:
        """Let time pass at 1, 10 or 60 times its speed."""
        with self._change():
            self.clock.speed = speed

    def pause(self) -> None:
        """Let time stand still."""
        with self._change():
            self.clock.paused = True

    def resume(self) -> None:
        """Let time pass again."""
        with self._change():
            self.clock.paused = False

    def step(self, seconds: int) -> None:
        """Let so many seconds pass at once."""
        with self._change():
            self.clock.step(seconds)
            self.ahead_s += seconds
