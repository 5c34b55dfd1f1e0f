"""A simulated cluster: hosts, shared files, locks and guests, without a clock of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from virton.ha.causes import Cause
from virton.ha.crm import Crm
from virton.ha.environment import LockAnswer
from virton.ha.events import Event, Record
from virton.ha.events.daemon import DaemonKilled
from virton.ha.lrm import Lrm
from virton.ha.manager.view import LoadReport
from virton.ha.placement.reasons import Decision
from virton.simulation.environment import DaemonEnvironment
from virton.simulation.files import ClusterFiles
from virton.simulation.guests import Guests
from virton.simulation.hosts import Host

LOCK_LIFETIME_S = 120


@dataclass(frozen=True, slots=True)
class Membership:
    """Which nodes are online in the quorate partition; none is where there is no quorum."""

    quorate: bool
    online: Mapping[str, bool]


@dataclass(slots=True)
class Lock:
    """A cluster-wide lock: who renewed it last, and when (s)."""

    node: str
    renewed_s: int


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
    ) -> None:
        self.now_s = 0
        self.hosts = {name: hosts[name] for name in sorted(hosts)}
        self.files = files
        self.guests = guests
        self.max_workers = max_workers
        self.locks: dict[str, Lock] = {}
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
        return {sid: host.name for host in self.hosts.values() for sid in sorted(host.running)}

    # membership

    @cached_property
    def membership(self) -> Membership:
        """Who reaches whom, as of the last change of power or network."""
        reachable = {name: host.reachable for name, host in self.hosts.items()}
        quorate = sum(reachable.values()) > len(reachable) // 2
        return Membership(quorate, reachable if quorate else dict.fromkeys(reachable, False))

    def set_network(self, host: Host, *, on: bool) -> None:
        """Plug or unplug a node's network."""
        host.network = on
        self.__dict__.pop("membership", None)

    def switch_on(self, host: Host) -> None:
        """Power a node on; its daemons start."""
        if not host.power:
            self.start_crm(host)
            self.start_lrm(host)
            host.files_usable = host.state_consistent = True
        self._set_power(host, on=True)

    def switch_off(self, host: Host) -> None:
        """Power a node off; whatever ran on it is gone."""
        if host.power:
            self._kill(host)
            host.watchdogs.clear()
            host.running.clear()
        self._set_power(host, on=False)

    def _set_power(self, host: Host, *, on: bool) -> None:
        host.power = on
        host.going_down = None
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
            host.crm = Crm(self.environments[host.name, "crm"])

    def start_lrm(self, host: Host) -> None:
        """Start a node's LRM unless it runs."""
        host.lrm_restarts = False
        if host.lrm is None:
            host.lrm = Lrm(self.environments[host.name, "lrm"])

    # locks and watchdogs

    def acquire_lock(self, lock: str, node: str, now_s: int) -> LockAnswer:
        """Take or renew a lock, if it is free, run out, or the node's own."""
        held = self.locks.get(lock)
        if held is None or now_s - held.renewed_s > LOCK_LIFETIME_S:
            self.locks[lock] = Lock(node, now_s)
            return LockAnswer.ACQUIRED
        if held.node != node:
            return LockAnswer.REFUSED
        held.renewed_s = now_s
        return LockAnswer.KEPT

    def release_lock(self, lock: str, node: str, now_s: int) -> bool:
        """Give a lock back; False if another node holds it."""
        held = self.locks.get(lock)
        if held is None:
            return False
        if now_s - held.renewed_s > LOCK_LIFETIME_S:
            return True
        if held.node != node:
            return False
        del self.locks[lock]
        return True

    def new_watchdog(self, host: Host) -> str:
        """Open a watchdog on a node."""
        self.handles += 1
        handle = f"{host.name}.{self.handles}"
        host.watchdogs[handle] = self.now_s
        return handle

    def load_report(self) -> LoadReport:
        """Return the figures of hosts and guests."""
        return self._measure(self)
