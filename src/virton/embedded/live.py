"""The embedded cluster's running world: hosts, guests and HA stack on the paced clock."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from virton.embedded.ha_tasks import HaTasks, failure_of
from virton.embedded.inventory import GuestRecord, Inventory
from virton.embedded.memory import Remembered, WorldMemory
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.shared_files import SharedFiles
from virton.embedded.usage import guest_cpu, guest_memory, load_report, node_stats
from virton.embedded.world import (
    Guest,
    LabGuest,
    LabNode,
    LabState,
    NodeStats,
    TaskReport,
)
from virton.ha.dialect import Dialect
from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.ha.events import Record
from virton.simulation.commands import Figures, Hardware
from virton.simulation.hosts import Host
from virton.simulation.locks import Hold
from virton.simulation.paced import PacedClock, spread
from virton.simulation.timed_guests import TimedGuests, TimedOperation
from virton.simulation.timing import real_timing
from virton.simulation.value import PacedClockValue
from virton.simulation.world import World as SimulatedWorld


class LiveWorld:
    """Implements the API's `World` and `Lab` on a simulation."""

    def __init__(
        self,
        files: ClusterFiles,
        hosts: dict[str, Host],
        now_s: int,
        dialect: Dialect,
    ) -> None:
        """Wake the world as the files remember it, or with `hosts` as they are given."""
        self.listeners: list[Callable[[Record], None]] = []
        self.ha_tasks: HaTasks | None = None
        self._asked_by_call = False
        self._files = files
        self._memory = WorldMemory(files)
        remembered = self._memory.recall(hosts)
        self._inventory = Inventory(files)
        self._shared = SharedFiles(files, self._inventory, tuple(sorted(hosts)), dialect)
        self._guests = TimedGuests(self._shared, hosts, self.now, self._can_move)
        self._guests.failing_starts.update(remembered.failing_starts)
        self._guests.on_begin = self._report_begin
        self._guests.on_end = self._report_end
        self._reports: dict[str, TaskReport] = {}
        self._world = SimulatedWorld(
            hosts,
            self._shared,
            self._guests,
            self._tell,
            lambda world: load_report(world, self._inventory, dialect.measure),
            max_workers=4,
            whole=True,
            timing=real_timing(len(hosts)),
        )
        self._world.locks.held.update(remembered.locks)
        self._hardware = Hardware(self._world, self._shared, Figures({}, {}))
        self.clock = PacedClock(self._world, self._hardware, self._guests, PacedClockValue())
        self._running_since_s: dict[str, int] = {}
        self._wake(max(now_s, remembered.now_s))

    def _wake(self, now_s: int) -> None:
        self._world.now_s = now_s
        for environment in self._world.environments.values():
            environment.clock_s = now_s
        for host in self._world.hosts.values():
            if host.power:
                self._world.start_crm(host)
                self._world.start_lrm(host)
        self._hold_locks_again()
        self.clock.delay(spread(self._world.hosts))
        self._booted_s = dict.fromkeys(self._world.hosts, now_s)
        self._note_running()

    def _hold_locks_again(self) -> None:
        """Let each daemon know of the lock that it held when the process ended."""
        locks = self._world.locks
        for name, lock in locks.held.items():
            daemon = "crm" if name == MANAGER_LOCK else "lrm"
            if daemon == "crm" or name == agent_lock(lock.node):
                locks.holds[f"{lock.node}/{daemon}"] = {name: Hold(lock.renewed_s)}

    def _tell(self, record: Record) -> None:
        for listen in self.listeners:
            listen(record)

    # time

    def now(self) -> int:
        """Return the cluster's time, in Unix seconds."""
        return self._world.now_s

    def elapse(self, real_s: float) -> None:
        """Let real time pass, and keep what came of it as one change."""
        with self._files.batch():
            if self.clock.elapse(real_s):
                self._settle()

    def _settle(self) -> None:
        self._note_running()
        self._memory.keep(
            Remembered(self.now(), self._world.locks.held, self._guests.failing_starts),
            self._world.hosts,
        )

    def _note_running(self) -> None:
        running = {sid for host in self._world.hosts.values() for sid in host.running}
        since = self._running_since_s
        self._running_since_s = {sid: since.get(sid, self.now()) for sid in running}
        for name, host in self._world.hosts.items():
            if not host.power:
                self._booted_s[name] = self.now()

    # members

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The simulated hosts by name."""
        return self._world.hosts

    @property
    def local_node(self) -> str:
        """Return the node that answers: one that is reached, with quorum if there is one."""
        hosts, quorate = self._world.hosts, self._world.membership.quorate
        candidates = [
            *(name for name, host in hosts.items() if host.reachable and quorate(name)),
            *(name for name, host in hosts.items() if host.reachable),
            *(name for name, host in hosts.items() if host.power),
            *hosts,
        ]
        return candidates[0]

    def members(self) -> Mapping[str, bool]:
        """Return every node of the cluster, and whether it is online."""
        node = self.local_node
        view = self._world.membership.members(node)
        return {name: name in view or name == node for name in self._world.hosts}

    def _can_move(self, node: str, target: str) -> bool:
        return self._world.can_move(node, target)

    def quorate(self) -> bool:
        """Tell whether the answering node has quorum."""
        return self._world.membership.quorate(self.local_node)

    # guests

    def guests(self) -> Mapping[int, Guest]:
        """Return all guests by their id."""
        return {vmid: self._guest(record) for vmid, record in self._inventory.guests().items()}

    def _guest(self, record: GuestRecord) -> Guest:
        running = record.sid in self._world.hosts[record.node].running
        since_s = self._running_since_s.get(record.sid, self.now())
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
            uptime_s=self.now() - since_s if running else 0,
            lock=record.lock,
        )

    def node_stats(self, node: str) -> NodeStats:
        """Return what a node has and uses."""
        stats = node_stats(self._world.hosts[node], self._inventory)
        return replace(stats, uptime_s=self.now() - self._booted_s[node])

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

    # the lab

    def state(self) -> LabState:
        """Return every switch as it stands."""
        failing, hosts = self._guests.failing_starts, self._world.hosts
        return LabState(
            now=self.now(),
            speed=self.clock.speed,
            paused=self.clock.paused,
            nodes=tuple(LabNode(name, h.power, h.network) for name, h in hosts.items()),
            guests=tuple(
                LabGuest(guest.sid, guest.running, failing.get(guest.sid, 0))
                for guest in self.guests().values()
            ),
        )

    def set_power(self, node: str, on: bool) -> None:
        """Switch a node's power."""
        self._command(f"power {node} {'on' if on else 'off'}")

    def set_network(self, node: str, on: bool) -> None:
        """Plug a node's network in or out."""
        self._command(f"network {node} {'on' if on else 'off'}")

    def _command(self, command: str) -> None:
        with self._files.batch():
            self._hardware.execute(command, "lab")
            self._settle()

    def crash(self, sid: str) -> None:
        """Let a running guest die."""
        self._guests.crash(sid)
        self._settle()

    def fail_starts(self, sid: str, count: int) -> None:
        """Let the next `count` starts of a guest fail."""
        self._guests.failing_starts[sid] = count
        self._settle()

    def set_speed(self, speed: int) -> None:
        """Let time pass at 1, 10 or 60 times its speed."""
        self.clock.speed = speed

    def pause(self) -> None:
        """Let time stand still."""
        self.clock.paused = True

    def resume(self) -> None:
        """Let time pass again."""
        self.clock.paused = False

    def step(self, seconds: int) -> None:
        """Let so many seconds pass at once."""
        with self._files.batch():
            self.clock.step(seconds)
            self._settle()
