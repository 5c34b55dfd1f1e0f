"""A simulated cluster: hosts, shared files, locks and guests, without a clock of its own."""

from collections.abc import Callable, Mapping

from virton.ha.causes import Cause
from virton.ha.crm import Crm
from virton.ha.events import Event, Record
from virton.ha.events.daemon import DaemonKilled
from virton.ha.lrm import Lrm
from virton.ha.manager.view import LoadReport
from virton.ha.placement.reasons import Decision
from virton.simulation.environment import DaemonEnvironment
from virton.simulation.files import ClusterFiles
from virton.simulation.guests import Guests
from virton.simulation.hosts import Host
from virton.simulation.locks import Locks
from virton.simulation.membership import Membership, QDevice
from virton.simulation.timing import VIRTUAL, Timing


class World:
    """Everything that a simulated cluster consists of; `now_s` is the cluster's time.

    In a `whole` world there are guests beside the HA resources, which weigh on their nodes.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host],
        files: ClusterFiles,
        guests: Guests,
        listen: Callable[[Record], None],
        measure: Callable[["World"], LoadReport],
        max_workers: int = 0,
        *,
        whole: bool = False,
        timing: Timing = VIRTUAL,
        qdevice: QDevice | None = None,
    ) -> None:
        self.now_s = 0
        self.timing = timing
        self.hosts = {name: hosts[name] for name in sorted(hosts)}
        self.files = files
        self.guests = guests
        self.max_workers = max_workers
        self.locks = Locks(linger=timing.locks_linger)
        self.membership = Membership(self.hosts, timing, qdevice)
        self.membership.start()
        self.whole = whole
        self._listen = listen
        self._measure = measure
        self.handles = 0
        self.environments = {
            (name, daemon): DaemonEnvironment(self, host, daemon)
            for name, host in self.hosts.items()
            for daemon in ("crm", "lrm")
        }

    def tell(
        self,
        time_s: int,
        source: str,
        event: Event,
        cause: Cause | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Make an event known to whoever listens."""
        self._listen(Record(time_s, source, event, cause, decision))

    def tell_hardware(self, event: Event) -> None:
        """Make an event of the hardware known."""
        self.tell(self.now_s, "hardware", event)

    def running_guests(self) -> dict[str, str]:
        """Return on which node each guest runs; of none where the world is not whole."""
        if not self.whole:
            return {}
        # whoever counts them does so by name
        return {sid: host.name for host in self.hosts.values() for sid in host.running}

    # membership

    def judge(self, node: str) -> Host:
        """Return the node that judges which locks ran out: the first of the members."""
        return self.hosts[self.membership.judge(node)]

    def can_move(self, node: str, target: str) -> bool:
        """Tell whether a guest can get from a node to another one."""
        return self.membership.reach(node, target) and self.membership.quorate(node)

    def set_network(self, host: Host, *, on: bool) -> None:
        """Plug or unplug a node's network."""
        host.network = on
        self.membership.changed(self.now_s)

    def split_network(self, groups: tuple[frozenset[str], ...]) -> None:
        """Split the network into groups that do not reach each other; none heals it."""
        self.membership.groups = groups
        self.membership.changed(self.now_s)

    def switch_on(self, host: Host) -> None:
        """Power a node on; its daemons start."""
        if not host.power:
            host.booted_s = self.now_s
            if self.timing.locks_linger:
                host.files_since_s = self.now_s + self.timing.boot_files_s
            host.files_usable = host.state_consistent = True
            if self.timing.boot_daemons_s:
                host.daemons_due_s = self.now_s + self.timing.boot_daemons_s
            else:
                self.start_daemons(host)
        self._set_power(host, on=True)

    def start_daemons(self, host: Host) -> None:
        """Start both daemons of a node that has booted."""
        host.daemons_due_s = None
        self.start_crm(host)
        self.start_lrm(host)

    def switch_off(self, host: Host) -> None:
        """Power a node off; whatever ran on it is gone."""
        if host.power:
            if host.going_down is not None:
                self.membership.leave(host.name)
            self._kill(host)
            host.daemons_due_s = None
            host.watchdogs.clear()
            host.running.clear()
        self._set_power(host, on=False)

    def _set_power(self, host: Host, *, on: bool) -> None:
        host.power = on
        host.going_down = host.returns_s = None
        self.set_network(host, on=on)

    def _kill(self, host: Host) -> None:
        if host.crm is not None:
            self.environments[host.name, "crm"].tell(DaemonKilled())
            host.crm = None
        if host.lrm is not None:
            self.environments[host.name, "lrm"].tell(DaemonKilled())
            host.lrm = None
            host.lrm_restarts = False

    def start_crm(self, host: Host) -> None:
        """Start a node's CRM unless it runs."""
        if host.crm is None:
            self.locks.forget(f"{host.name}/crm")
            host.crm = Crm(self.environments[host.name, "crm"])

    def start_lrm(self, host: Host) -> None:
        """Start a node's LRM unless it runs."""
        host.lrm_restarts = False
        if host.lrm is None:
            self.locks.forget(f"{host.name}/lrm")
            host.lrm = Lrm(self.environments[host.name, "lrm"])

    # watchdogs

    def new_watchdog(self, host: Host) -> str:
        """Open a watchdog on a node."""
        self.handles += 1
        handle = f"{host.name}.{self.handles}"
        host.watchdogs[handle] = self.now_s
        return handle

    def feed_watchdog(self, host: Host, handle: str) -> None:
        """Keep a watchdog from firing, unless it was left unfed for too long already."""
        deaf_s = self.timing.watchdog_deaf_s
        fed_s = host.watchdogs.get(handle)
        if deaf_s is None or fed_s is None or self.now_s - fed_s <= deaf_s:
            host.watchdogs[handle] = self.now_s

    def load_report(self) -> LoadReport:
        """Return the figures of hosts and guests."""
        return self._measure(self)
