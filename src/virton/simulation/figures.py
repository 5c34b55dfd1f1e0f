"""What hosts and guests use, as the scheduler's modes see it."""

from collections.abc import Iterator

from virton.ha.events import Event
from virton.ha.events.simulation import Overcommitted
from virton.ha.manager.view import LoadReport
from virton.ha.placement.load import NodeStats, ResourceUsage
from virton.ha.states import SchedulerMode
from virton.simulation.commands import Figures
from virton.simulation.world import World


def load_report(world: World, figures: Figures) -> LoadReport:
    """Return the figures for the mode that the cluster uses."""
    if world.files.settings().scheduler.mode is SchedulerMode.STATIC:
        return LoadReport(_static_nodes(world), _usage(world, figures, dynamic=False))
    usage = _usage(world, figures, dynamic=True)
    nodes, node_warnings = _dynamic_nodes(world, usage)
    # the reference reads the resources' figures twice, and warns each time
    warnings = [*_overcommitted(usage), *_overcommitted(usage), *node_warnings]
    return LoadReport(nodes, usage, tuple(warnings))


def _static_nodes(world: World) -> dict[str, NodeStats]:
    return {name: NodeStats(h.cores, h.memory_bytes) for name, h in world.hosts.items()}


def _usage(world: World, figures: Figures, *, dynamic: bool) -> dict[str, ResourceUsage]:
    usage = {}
    for sid in sorted(world.files.resources()):
        most, now = figures.static.get(sid, {}), figures.dynamic.get(sid, {})
        if not {"maxcpu", "maxmem"} <= most.keys():
            continue
        if dynamic and not {"cpu", "mem"} <= now.keys():
            continue
        usage[sid] = ResourceUsage(
            most["maxcpu"],
            int(most["maxmem"]),
            now["cpu"] if dynamic else None,
            int(now["mem"]) if dynamic else None,
        )
    return usage


def _overcommitted(usage: dict[str, ResourceUsage]) -> Iterator[Event]:
    for sid, used in usage.items():
        if (used.cpu or 0) > used.maxcpu:
            yield Overcommitted("cpu", sid)
        if (used.mem or 0) > used.maxmem:
            yield Overcommitted("mem", sid)


def _dynamic_nodes(
    world: World, usage: dict[str, ResourceUsage]
) -> tuple[dict[str, NodeStats], list[Event]]:
    cpu = dict.fromkeys(world.hosts, 0.0)
    mem = dict.fromkeys(world.hosts, 0)
    warnings: list[Event] = []
    resources = world.files.resources()
    for sid, used in usage.items():
        node = resources[sid].node
        if node is None or sid not in world.hosts[node].running:
            continue
        cpu[node] += used.cpu or 0.0
        if cpu[node] > world.hosts[node].cores:
            warnings.append(Overcommitted("cpu", node))
        mem[node] += used.mem or 0
        if mem[node] > world.hosts[node].memory_bytes:
            warnings.append(Overcommitted("mem", node))
    nodes = {
        name: NodeStats(host.cores, host.memory_bytes, cpu[name], mem[name])
        for name, host in world.hosts.items()
    }
    return nodes, warnings
