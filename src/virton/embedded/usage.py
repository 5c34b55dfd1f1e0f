"""What the embedded cluster's guests and nodes use: steady figures, made up from what they are."""

from virton.embedded.inventory import GuestRecord, Inventory
from virton.embedded.world import NodeStats
from virton.ha.manager.view import LoadReport
from virton.ha.placement.load import ImbalanceMeasure, ResourceUsage
from virton.ha.placement.load import NodeStats as LoadedNode
from virton.simulation.hosts import Host
from virton.simulation.world import World

_SYSTEM_CPU = 0.004
_SYSTEM_MEMORY_BYTES = 6 * 1024**3


def guest_cpu(guest: GuestRecord) -> float:
    """Return the share (0..1) of its cores that a running guest uses."""
    return 0.02 + (guest.vmid % 7) * 0.03


def guest_memory(guest: GuestRecord) -> int:
    """Return the bytes of memory that a running guest uses."""
    percent = 55 + (guest.vmid % 5) * 8
    return guest.memory_bytes * percent // 100


def node_stats(host: Host, inventory: Inventory) -> NodeStats:
    """Return what a host has, and what its running guests use of it."""
    maxcpu = int(host.cores)
    if not host.power:
        return NodeStats(maxcpu=maxcpu, maxmem=host.memory_bytes)
    guests = [guest for sid in sorted(host.running) if (guest := inventory.by_sid(sid))]
    cores = sum(guest_cpu(guest) * guest.cores for guest in guests)
    memory = sum(guest_memory(guest) for guest in guests)
    return NodeStats(
        cpu=min(1.0, _SYSTEM_CPU + cores / host.cores),
        maxcpu=maxcpu,
        mem=min(host.memory_bytes, _SYSTEM_MEMORY_BYTES + memory),
        maxmem=host.memory_bytes,
    )


class LoadReports:
    """The figures that the scheduler's static and dynamic modes weigh: the same as long as they hold."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._known: tuple[object, object] | None = None
        self._report = LoadReport()

    def __call__(self, world: World, measure: ImbalanceMeasure) -> LoadReport:
        """Return the figures of a world."""
        guests = self._inventory.guests()
        hosts = [
            (name, host.power, host.cores, host.memory_bytes, frozenset(host.running))
            for name, host in world.hosts.items()
        ]
        known = self._known
        if known is None or known[0] is not guests or known[1] != (measure, hosts):
            self._known = guests, (measure, hosts)
            self._report = _load_report(world, self._inventory, measure)
        return self._report


def _load_report(world: World, inventory: Inventory, measure: ImbalanceMeasure) -> LoadReport:
    nodes = {}
    for name, host in world.hosts.items():
        stats = node_stats(host, inventory)
        nodes[name] = LoadedNode(host.cores, host.memory_bytes, stats.cpu * host.cores, stats.mem)
    resources = {
        guest.sid: ResourceUsage(
            float(guest.cores),
            guest.memory_bytes,
            guest_cpu(guest) * guest.cores,
            guest_memory(guest),
        )
        for guest in inventory.guests().values()
    }
    return LoadReport(nodes, resources, measure=measure)
