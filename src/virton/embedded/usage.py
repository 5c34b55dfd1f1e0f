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


def load_report(world: World, inventory: Inventory, measure: ImbalanceMeasure) -> LoadReport:
    """Return the figures that the scheduler's static and dynamic modes weigh."""
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
