"""The paced clock: simulated time that passes second by second, at the speed it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from zlib import crc32

from virton.ha.crm import Crm
from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.ha.events.daemon import DaemonExited
from virton.ha.lrm import Lrm
from virton.ha.states import CrmState, LrmState
from virton.simulation.commands import Hardware
from virton.simulation.hosts import Host
from virton.simulation.lifecycle import check_watchdogs, crm_ended, lrm_ended
from virton.simulation.timed_guests import TimedGuests
from virton.simulation.value import PacedClockValue
from virton.simulation.world import World

SPEEDS = (1, 10, 60)
LONGEST_LEAP_S = 600
"""After a long sleep of the machine no more than this is caught up with at once."""

RETRY_S = 5
"""For how long a daemon that is refused its lock goes on trying, once a second."""

LONGEST_ROUND_S = 10
_WITHOUT_LOCK = (CrmState.SLAVE, LrmState.WAIT_FOR_AGENT_LOCK, LrmState.LOST_AGENT_LOCK)

Daemon = tuple[str, str]
Told = TypeVar("Told")


def spread(nodes: Iterable[str]) -> dict[Daemon, int]:
    """Spread the daemons' first rounds over their length; the first node's CRM comes first.

    The two of a node never share a second, neither in rounds of 5 nor of 10 seconds.
    """
    delays: dict[Daemon, int] = {}
    names = sorted(nodes)
    for node in names:
        crm_s = (_drawn(node, "crm") - _drawn(names[0], "crm")) % LONGEST_ROUND_S
        lrm_s = (crm_s + 1 + _drawn(node, "lrm") % 4) % LONGEST_ROUND_S
        delays |= {(node, "crm"): crm_s, (node, "lrm"): lrm_s}
    return delays


def _drawn(node: str, kind: str) -> int:
    return crc32(f"{node}/{kind}".encode())


@dataclass(slots=True)
class Rounds:
    """Where the clock stands: when each daemon's next round is due, and what it waits for.

    `held` has the daemons whose round has begun but stands still with the cluster's files, and
    what they saw of the members when it began. `trying` has those that were refused their lock,
    and until when they try again each second; they do so in the order of their `ranks`.
    """

    due_s: dict[Daemon, int] = field(default_factory=dict)
    held: dict[Daemon, Mapping[str, bool]] = field(default_factory=dict)
    trying: dict[Daemon, int] = field(default_factory=dict)
    ranks: dict[Daemon, int] = field(default_factory=dict)


class PacedClock:
    """Lets a world's time pass. Each daemon has its round when it is due."""

    def __init__(
        self,
        world: World,
        hardware: Hardware,
        guests: TimedGuests,
        at: PacedClockValue,
    ) -> None:
        self._world = world
        self._hardware = hardware
        self._guests = guests
        self._turns = [(h, (h.name, "crm"), (h.name, "lrm")) for h in world.hosts.values()]
        self.rounds = Rounds(
            _by_daemon(at.due_s), _by_daemon(at.held), _by_daemon(at.trying), _by_daemon(at.ranks)
        )
        self._owed_s = at.owed_s
        self.speed = at.speed
        self.paused = at.paused

    def value(self) -> PacedClockValue:
        """Return where the clock is."""
        rounds = self.rounds
        return PacedClockValue(
            due_s=_by_node(rounds.due_s),
            held=_by_node(rounds.held),
            trying=_by_node(rounds.trying),
            ranks=_by_node(rounds.ranks),
            owed_s=self._owed_s,
            speed=self.speed,
            paused=self.paused,
        )

    def delay(self, delays: Mapping[Daemon, int]) -> None:
        """Let the daemons' next rounds be due after so many seconds, counted from the next one."""
        first_s = self._world.now_s + 1
        self.rounds.due_s |= {daemon: first_s + delay_s for daemon, delay_s in delays.items()}
        self.rounds.ranks |= delays

    def elapse(self, real_s: float) -> int:
        """Let real time pass at the set speed; return how many simulated seconds that were."""
        if self.paused:
            return 0
        self._owed_s = min(self._owed_s + real_s * self.speed, LONGEST_LEAP_S)
        whole_s = int(self._owed_s)
        self._owed_s -= whole_s
        self.step(whole_s)
        return whole_s

    def step(self, seconds: int) -> None:
        """Let so many simulated seconds pass; those in which nothing happens are jumped over."""
        world = self._world
        end_s = world.now_s + seconds
        while (next_s := self._next_s()) <= end_s:
            world.now_s = next_s
            self.second()
        world.now_s = end_s
        self._set_clocks()

    def second(self) -> None:
        """Let happen what happens in this second."""
        world = self._world
        self._set_clocks()
        self._guests.finish_due()
        world.membership.pass_to(world.now_s)
        for host, crm, lrm in self._turns:
            if host.returns_s is not None and host.returns_s <= world.now_s:
                self._hardware.execute(f"power {host.name} on", "reboot")
            if host.daemons_due_s is not None and host.daemons_due_s <= world.now_s:
                self._boot(host)
            self._run_if_due(host, crm, host.crm)
            self._run_if_due(host, lrm, host.lrm)
        self._try_for_locks()
        for host in world.hosts.values():
            check_watchdogs(host, world, self._hardware)

    def _set_clocks(self) -> None:
        now_s = self._world.now_s
        for environment in self._world.environments.values():
            environment.clock_s = now_s

    # when something happens next

    def _next_s(self) -> int:
        """Return the next second in which anything can happen, at the soonest the one to come."""
        world, rounds = self._world, self.rounds
        soonest_s = world.now_s + 1
        times = list(self._due().values())
        if times and min(times) <= soonest_s:
            return soonest_s  # whatever else may come
        for host, crm, lrm in self._turns:
            _add_watchdogs_and_boot(host, world.timing.watchdog_s, times)
            if (host.crm and crm not in rounds.due_s) or (host.lrm and lrm not in rounds.due_s):
                times.append(soonest_s)  # started without the clock having heard of it
        for daemon, end_s in rounds.trying.items():
            if (free_s := self._free_s(daemon)) <= end_s:
                times.append(free_s)
        for next_s in (self._guests.next_s(), world.membership.next_s()):
            if next_s is not None:
                times.append(next_s)
        return max(soonest_s, min(times, default=soonest_s))

    def _due(self) -> Mapping[Daemon, int]:
        """Return when rounds are due, but for those that stand still."""
        due_s, held = self.rounds.due_s, self.rounds.held
        return {d: at_s for d, at_s in due_s.items() if d not in held} if held else due_s

    def _free_s(self, daemon: Daemon) -> int:
        """Return when a daemon's try for its lock may be of use."""
        world = self._world
        since_s = world.judge(daemon[0]).files_since_s
        return world.locks.free_s(_lock_of(daemon), since_s, world.now_s)

    # rounds

    def _boot(self, host: Host) -> None:
        """Start the daemons of a node, the LRM a second later."""
        self._world.start_daemons(host)
        self.rounds.due_s[host.name, "crm"] = self._world.now_s
        self.rounds.due_s[host.name, "lrm"] = self._world.now_s + 1

    def _run_if_due(self, host: Host, key: Daemon, daemon: Crm | Lrm | None) -> None:
        rounds = self.rounds
        if daemon is None:
            rounds.due_s.pop(key, None)
            rounds.held.pop(key, None)
            rounds.trying.pop(key, None)
        elif self._world.now_s >= rounds.due_s.get(key, 0):
            if not self._world.membership.waits(host.name):
                self._run(host, key, daemon)
            elif key not in rounds.held:
                rounds.held[key] = self._world.membership.online(host.name)

    def _try_for_locks(self) -> None:
        """Let those try again that were refused their lock."""
        trying, ranks, now_s = self.rounds.trying, self.rounds.ranks, self._world.now_s
        if all(self._free_s(daemon) > now_s for daemon in trying):
            return
        for key in sorted(trying, key=lambda daemon: (ranks.get(daemon, 0), daemon)):
            host = self._world.hosts[key[0]]
            daemon = host.crm if key[1] == "crm" else host.lrm
            until_s = trying.get(key, 0)
            if daemon is None or not now_s <= until_s < now_s + RETRY_S:
                continue
            if self._free_s(key) <= now_s and not self._world.membership.waits(host.name):
                self._run(host, key, daemon)

    def _run(self, host: Host, key: Daemon, daemon: Crm | Lrm) -> None:
        rounds, now_s = self.rounds, self._world.now_s
        environment = self._world.environments[key]
        environment.saw = rounds.held.pop(key, None)
        following = daemon.round()
        environment.saw = None
        rounds.due_s[key] = now_s + following.after_s
        rounds.trying.pop(key, None)
        if following.ended:
            environment.tell(DaemonExited())
            self._end(host, key[1])
        elif environment.refused_s == now_s and _tries_on(daemon):
            rounds.trying[key] = now_s + RETRY_S
            if key[1] == "lrm":
                rounds.due_s[key] += RETRY_S

    def _end(self, host: Host, kind: str) -> None:
        """Follow up a daemon's end; one that ended unasked is started again."""
        if kind == "crm":
            if not crm_ended(host, self._hardware):
                self._world.start_crm(host)
        elif not lrm_ended(host, self._hardware):
            self._world.start_lrm(host)


def _add_watchdogs_and_boot(host: Host, watchdog_s: int, times: list[int]) -> None:
    """Add when a node's watchdogs fire, it comes back, and its daemons start."""
    for fed_s in host.watchdogs.values():
        times.append(fed_s + watchdog_s + 1)
    if host.returns_s is not None:
        times.append(host.returns_s)
    if host.daemons_due_s is not None:
        times.append(host.daemons_due_s)


def _lock_of(daemon: Daemon) -> str:
    node, kind = daemon
    return MANAGER_LOCK if kind == "crm" else agent_lock(node)


def _tries_on(daemon: Crm | Lrm) -> bool:
    return daemon.state in _WITHOUT_LOCK


def _by_node(told: Mapping[Daemon, Told]) -> dict[str, dict[str, Told]]:
    found: dict[str, dict[str, Told]] = {}
    for node, kind in sorted(told):
        found.setdefault(node, {})[kind] = told[node, kind]
    return found


def _by_daemon(told: Mapping[str, Mapping[str, Told]]) -> dict[Daemon, Told]:
    return {(node, kind): one for node, kinds in told.items() for kind, one in kinds.items()}
