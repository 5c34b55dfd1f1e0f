"""What becomes of a node when one of its daemons ends or a watchdog fires."""

from typing import Protocol

from virton.ha.events.cluster import WatchdogPoweroff
from virton.simulation.hosts import Host
from virton.simulation.world import World


class Executor(Protocol):
    """Whatever carries out commands to the hardware."""

    @property
    def world(self) -> World:
        """The world that is commanded."""

    def execute(self, command: str, source: str) -> None:
        """Carry out one command."""


def crm_ended(host: Host, hardware: Executor) -> bool:
    """Power the node down if it goes down; False if the CRM ended unasked."""
    asked = host.crm_stops or host.going_down is not None
    host.crm = None
    host.crm_stops = False
    if (how := host.going_down) is not None:
        hardware.execute(f"power {host.name} off", how)
        if how == "reboot":
            _come_back(host, hardware)
    return asked


def _come_back(host: Host, hardware: Executor) -> None:
    """Power a node on that reboots, once its machine has come up again."""
    world = hardware.world
    if world.timing.reboot_s:
        host.returns_s = world.now_s + world.timing.reboot_s
    else:
        hardware.execute(f"power {host.name} on", "reboot")


def lrm_ended(host: Host, hardware: Executor) -> bool:
    """Restart the LRM, or end the CRM too if the node goes down; False if it ended unasked."""
    host.lrm = None
    if host.lrm_restarts:
        hardware.world.start_lrm(host)
        return True
    if host.going_down is None:
        return False
    # the CRM ends after the LRM, as on a real node
    hardware.execute(f"crm {host.name} stop", host.going_down)
    return True


def check_watchdogs(host: Host, world: World, hardware: Executor) -> None:
    """Power the node off if one of its watchdogs was left unfed."""
    if host.watchdogs and host.watchdog_fires(world.now_s, world.timing.watchdog_s):
        hardware.execute(f"power {host.name} off", "watchdog")
        world.tell_hardware(WatchdogPoweroff(host.name))
