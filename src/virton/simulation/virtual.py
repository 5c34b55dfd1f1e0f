"""The virtual clock: time jumps from round to round (the contract of the scenario files)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

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
from virton.simulation.world import World

ROUND_S = 1
SHORTEST_LOOP_S = 20
LOOP_S_PER_NODE = 2
LOOPS_PER_BATCH = 5
QUIET_END_S = 500
LONGEST_SIMULATION_S = 10_000


class EndlessError(RuntimeError):
    """A simulation that does not come to its end."""


class _TimeIsUpError(Exception):
    """The second until which a simulation was to run is over."""


@dataclass(slots=True)
class Script:
    """The batches of commands still to come, and what they did to the clock."""

    batches: list[Sequence[str]]
    loops: int = 0
    last_command_s: int = 0
    next_batch_at_s: int = 0


class VirtualClock:
    """Runs a world loop by loop; each loop visits every node once.

    After the second `until_s` nothing happens any more.
    """

    def __init__(self, world: World, hardware: Hardware, until_s: int | None = None) -> None:
        self._world = world
        self._hardware = hardware
        self._until_s = until_s
        self._withheld = {"crm": 0, "lrm": 0}
        self._any_lrm_announced = False

    def run(self, batches: Sequence[Sequence[str]]) -> None:
        """Run until the last command is long past; raises CommandError and EndlessError."""
        with suppress(_TimeIsUpError):
            self._play(Script(list(batches)))

    def _play(self, script: Script) -> None:
        self._world.tell_hardware(SimulationStarted())
        while True:
            self.loop()
            self._check_time()
            if self._world.now_s > LONGEST_SIMULATION_S:
                raise EndlessError(f"still not at rest after {LONGEST_SIMULATION_S} s")
            if self._world.now_s < script.next_batch_at_s:
                continue
            if script.loops % LOOPS_PER_BATCH == 0 and self._end_or_command(script):
                break
            script.loops += 1
        self._world.tell_hardware(SimulationEnded())

    def _check_time(self) -> None:
        if self._until_s is not None and self._world.now_s > self._until_s:
            raise _TimeIsUpError

    def _end_or_command(self, script: Script) -> bool:
        """Carry out the next batch; True if there was none and it is time to end."""
        now_s = self._world.now_s
        if not script.batches:
            return now_s - script.last_command_s > QUIET_END_S
        for command in script.batches.pop(0):
            script.last_command_s = now_s
            match command.split():
                case ["delay", seconds]:
                    self._world.tell(now_s, "cmdlist", CommandExecuted(command))
                    script.next_batch_at_s = now_s + whole(seconds)
                case ["skip-round", "crm" | "lrm" as daemon, *count]:
                    self._world.tell(now_s, "cmdlist", CommandExecuted(command))
                    self._withheld[daemon] += whole(count[0]) if count else 1
                case _:
                    self._hardware.execute(command, "cmdlist")
        return False

    def loop(self) -> None:
        """Give every daemon a round, and check the watchdogs after each node."""
        world = self._world
        start_s = world.now_s
        for index, host in enumerate(world.hosts.values()):
            self._run_crm(host, first=index == 0)
            self._run_lrm(host, first=index == 0)
            self._check_watchdogs()
        for daemon, rounds in self._withheld.items():
            self._withheld[daemon] = max(0, rounds - 1)
        least_s = max(SHORTEST_LOOP_S, LOOP_S_PER_NODE * len(world.hosts))
        world.now_s = max(world.now_s, start_s + least_s)
        for environment in world.environments.values():
            environment.clock_s = world.now_s

    def _run_crm(self, host: Host, *, first: bool) -> None:
        if host.crm is not None and not self._withhold("crm", first=first):
            ended = self._run(host, "crm", host.crm)
            if ended and not crm_ended(host, self._hardware):
                raise CommandError(f"the CRM of {host.name} ended unasked")

    def _run_lrm(self, host: Host, *, first: bool) -> None:
        if host.lrm is None or self._withhold("lrm", first=first):
            return
        # in the reference all simulated LRMs share the memory of the first status written
        host.lrm.announced = host.lrm.announced or self._any_lrm_announced
        ended = self._run(host, "lrm", host.lrm)
        self._any_lrm_announced = self._any_lrm_announced or host.lrm.announced
        if ended and not lrm_ended(host, self._hardware):
            raise CommandError(f"the LRM of {host.name} ended unasked")

    def _withhold(self, daemon: str, *, first: bool) -> bool:
        withheld = self._withheld[daemon] > 0
        if withheld and first:
            self._world.tell(self._world.now_s, "run-loop", RoundWithheld(daemon.upper()))
        return withheld

    def _run(self, host: Host, kind: str, daemon: Crm | Lrm) -> bool:
        """Run one round; True if the daemon ended."""
        self._check_time()
        environment = self._world.environments[host.name, kind]
        environment.clock_s = self._world.now_s
        ended = daemon.round().ended
        environment.clock_s += ROUND_S
        self._world.now_s = max(self._world.now_s, environment.clock_s)
        if ended:
            environment.tell(DaemonExited())
        return ended

    def _check_watchdogs(self) -> None:
        self._check_time()
        for host in self._world.hosts.values():
            if host.watchdogs:
                check_watchdogs(host, self._world, self._hardware)
