"""The virtual clock: time jumps from round to round (the contract of the scenario files)."""

from virton.ha.crm import Crm
from virton.ha.events.daemon import DaemonExited, RoundWithheld
from virton.ha.events.simulation import (
    CommandExecuted,
    SimulationEnded,
    SimulationStarted,
)
from virton.ha.lrm import Lrm
from virton.simulation.commands import CommandError, Hardware, whole
from virton.simulation.hosts import Host
from virton.simulation.lifecycle import check_watchdogs, crm_ended, lrm_ended
from virton.simulation.value import Step, VirtualClockValue
from virton.simulation.world import World

ROUND_S = 1
SHORTEST_LOOP_S = 20
LOOP_S_PER_NODE = 2
LOOPS_PER_BATCH = 5
QUIET_END_S = 500
LONGEST_SIMULATION_S = 10_000


MOST_NODES = 30
"""With one more a loop lasts longer than a watchdog waits, so that all nodes would be shot at rest."""


class EndlessError(RuntimeError):
    """A simulation that does not come to its end."""


class TooManyNodesError(RuntimeError):
    """A cluster that is too large for the virtual clock, on which its watchdogs would fire."""


class VirtualClock:
    """Runs a world loop by loop; each loop visits every node once, step by step.

    It can be stopped before any step, and another clock goes on from there.
    """

    def __init__(self, world: World, hardware: Hardware, at: VirtualClockValue) -> None:
        self._world = world
        self._hardware = hardware
        self._hosts = list(world.hosts.values())
        self._batches = list(at.batches)
        self._loops = at.loops
        self._last_command_s = at.last_command_s
        self._next_batch_at_s = at.next_batch_at_s
        self._step = at.step
        self._host = at.host
        self._loop_began_s = at.loop_began_s
        self._withheld = {"crm": 0, "lrm": 0, **at.withheld}
        self._any_lrm_announced = at.any_lrm_announced

    def value(self) -> VirtualClockValue:
        """Return where the clock is."""
        return VirtualClockValue(
            batches=tuple(self._batches),
            loops=self._loops,
            last_command_s=self._last_command_s,
            next_batch_at_s=self._next_batch_at_s,
            step=self._step,
            host=self._host,
            loop_began_s=self._loop_began_s,
            withheld={daemon: rounds for daemon, rounds in self._withheld.items() if rounds},
            any_lrm_announced=self._any_lrm_announced,
        )

    def run(self, until_s: int | None = None) -> None:
        """Run until the last command is long past, or until the second `until_s` is over.

        Raises CommandError, EndlessError and TooManyNodesError.
        """
        if len(self._hosts) > MOST_NODES:
            raise TooManyNodesError(
                f"{len(self._hosts)} nodes are too many for a scenario: a loop over more than"
                f" {MOST_NODES} lasts longer than a watchdog waits, and each would be shot at rest"
            )
        while self._step is not Step.END and (until_s is None or self._world.now_s <= until_s):
            self._go_on()

    def _go_on(self) -> None:
        match self._step:
            case Step.BEGIN:
                self._world.tell_hardware(SimulationStarted())
                self._begin_loop()
            case Step.SLOT:
                self._between_loops()
            case Step.END:
                pass
            case step:
                self._take_turn(self._hosts[self._host], step)

    # a host's turn

    def _take_turn(self, host: Host, step: Step) -> None:
        match step:
            case Step.CRM:
                ended = self._run_crm(host)
                self._step = Step.CRM_END if ended else Step.LRM
            case Step.CRM_END:
                self._step = Step.LRM
                self._end_crm(host)
            case Step.LRM:
                ended = self._run_lrm(host)
                self._step = Step.LRM_END if ended else Step.WATCHDOGS
            case Step.LRM_END:
                self._step = Step.WATCHDOGS
                self._end_lrm(host)
            case _:
                self._check_watchdogs()
                self._next_turn()

    def _run_crm(self, host: Host) -> bool:
        """Give a CRM its round; True if it ended."""
        return (
            host.crm is not None and not self._withhold("crm") and self._run(host, "crm", host.crm)
        )

    def _end_crm(self, host: Host) -> None:
        self._world.environments[host.name, "crm"].tell(DaemonExited())
        if not crm_ended(host, self._hardware):
            raise CommandError(f"the CRM of {host.name} ended unasked")

    def _run_lrm(self, host: Host) -> bool:
        """Give an LRM its round; True if it ended."""
        if host.lrm is None or self._withhold("lrm"):
            return False
        # in the reference all simulated LRMs share the memory of the first status written
        host.lrm.announced = host.lrm.announced or self._any_lrm_announced
        ended = self._run(host, "lrm", host.lrm)
        self._any_lrm_announced = self._any_lrm_announced or host.lrm.announced
        return ended

    def _end_lrm(self, host: Host) -> None:
        self._world.environments[host.name, "lrm"].tell(DaemonExited())
        if not lrm_ended(host, self._hardware):
            raise CommandError(f"the LRM of {host.name} ended unasked")

    def _withhold(self, daemon: str) -> bool:
        withheld = self._withheld[daemon] > 0
        if withheld and self._host == 0:
            self._world.tell(self._world.now_s, "run-loop", RoundWithheld(daemon.upper()))
        return withheld

    def _run(self, host: Host, kind: str, daemon: Crm | Lrm) -> bool:
        environment = self._world.environments[host.name, kind]
        environment.clock_s = self._world.now_s
        ended = daemon.round().ended
        environment.clock_s += ROUND_S
        self._world.now_s = max(self._world.now_s, environment.clock_s)
        return ended

    def _check_watchdogs(self) -> None:
        for host in self._hosts:
            check_watchdogs(host, self._world, self._hardware)

    # between turns and loops

    def _next_turn(self) -> None:
        self._host += 1
        if self._host < len(self._hosts):
            self._step = Step.CRM
        else:
            self._end_loop()

    def _begin_loop(self) -> None:
        self._loop_began_s = self._world.now_s
        self._host = 0
        self._step = Step.CRM
        if not self._hosts:
            self._end_loop()

    def _end_loop(self) -> None:
        world = self._world
        for daemon, rounds in self._withheld.items():
            self._withheld[daemon] = max(0, rounds - 1)
        least_s = max(SHORTEST_LOOP_S, LOOP_S_PER_NODE * len(self._hosts))
        world.now_s = max(world.now_s, self._loop_began_s + least_s)
        for environment in world.environments.values():
            environment.clock_s = world.now_s
        self._step = Step.SLOT

    def _between_loops(self) -> None:
        now_s = self._world.now_s
        if now_s > LONGEST_SIMULATION_S:
            raise EndlessError(f"still not at rest after {LONGEST_SIMULATION_S} s")
        if now_s >= self._next_batch_at_s:
            if self._loops % LOOPS_PER_BATCH == 0 and self._end_or_command():
                self._step = Step.END
                self._world.tell_hardware(SimulationEnded())
                return
            self._loops += 1
        self._begin_loop()

    def _end_or_command(self) -> bool:
        """Carry out the next batch; True if there was none and it is time to end."""
        now_s = self._world.now_s
        if not self._batches:
            return now_s - self._last_command_s > QUIET_END_S
        for command in self._batches.pop(0):
            self._last_command_s = now_s
            match command.split():
                case ["delay", seconds]:
                    self._world.tell(now_s, "cmdlist", CommandExecuted(command))
                    self._next_batch_at_s = now_s + whole(seconds)
                case ["skip-round", "crm" | "lrm" as daemon, *count]:
                    self._world.tell(now_s, "cmdlist", CommandExecuted(command))
                    self._withheld[daemon] += whole(count[0]) if count else 1
                case _:
                    self._hardware.execute(command, "cmdlist")
        return False
