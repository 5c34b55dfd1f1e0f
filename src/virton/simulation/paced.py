"""The paced clock: simulated time that passes second by second, at the speed it is told."""

from virton.ha.crm import Crm
from virton.ha.events.daemon import DaemonExited
from virton.ha.lrm import Lrm
from virton.simulation.commands import Hardware
from virton.simulation.hosts import Host
from virton.simulation.lifecycle import check_watchdogs, crm_ended, lrm_ended
from virton.simulation.timed_guests import TimedGuests
from virton.simulation.value import PacedClockValue
from virton.simulation.world import World

SPEEDS = (1, 10, 60)
LONGEST_LEAP_S = 600
"""After a long sleep of the machine no more than this is caught up with at once."""


class PacedClock:
    """Lets a world's time pass. Each daemon has its round when it is due."""

    def __init__(
        self, world: World, hardware: Hardware, guests: TimedGuests, at: PacedClockValue
    ) -> None:
        self._world = world
        self._hardware = hardware
        self._guests = guests
        self._due_s = {
            (node, kind): due_s for node, dues in at.due_s.items() for kind, due_s in dues.items()
        }
        self._owed_s = at.owed_s
        self.speed = at.speed
        self.paused = at.paused

    def value(self) -> PacedClockValue:
        """Return where the clock is."""
        due_s: dict[str, dict[str, int]] = {}
        for (node, kind), at_s in sorted(self._due_s.items()):
            due_s.setdefault(node, {})[kind] = at_s
        return PacedClockValue(due_s, self._owed_s, self.speed, self.paused)

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
        """Let so many simulated seconds pass."""
        for _ in range(seconds):
            self._second()

    def _second(self) -> None:
        self._world.now_s += 1
        self._guests.finish_due()
        for host in self._world.hosts.values():
            self._run_if_due(host, "crm", host.crm)
            self._run_if_due(host, "lrm", host.lrm)
        for host in self._world.hosts.values():
            check_watchdogs(host, self._world, self._hardware)

    def _run_if_due(self, host: Host, kind: str, daemon: Crm | Lrm | None) -> None:
        key, now_s = (host.name, kind), self._world.now_s
        environment = self._world.environments[key]
        environment.clock_s = now_s
        if daemon is None:
            self._due_s.pop(key, None)
            return
        if now_s < self._due_s.get(key, 0):
            return
        following = daemon.round()
        self._due_s[key] = now_s + following.after_s
        if following.ended:
            environment.tell(DaemonExited())
            self._end(host, kind)

    def _end(self, host: Host, kind: str) -> None:
        """Follow up a daemon's end; one that ended unasked is started again."""
        if kind == "crm":
            if not crm_ended(host, self._hardware):
                self._world.start_crm(host)
        elif not lrm_ended(host, self._hardware):
            self._world.start_lrm(host)
