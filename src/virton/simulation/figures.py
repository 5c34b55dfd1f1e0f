"""What hosts and guests use, as the scheduler's modes see it."""

from collections.abc import Callable, Iterable, Mapping

from virton.ha.events import Event
from virton.ha.events.simulation import Overcommitted
from virton.ha.manager.view import LoadReport
from virton.ha.placement.load import ImbalanceMeasure, NodeStats, ResourceUsage
from virton.ha.states import SchedulerMode
from virton.simulation.commands import Figures
from virton.simulation.value import FiguresValue
from virton.simulation.world import World

_NOTHING: Mapping[str, float] = {}


class _NoFiguresError(Exception):
    """The figures do not tell what a resource uses."""


def load_report(world: World, figures: Figures, measure: ImbalanceMeasure) -> LoadReport:
    """Return the figures for the mode that the cluster uses, and how imbalance is measured."""
    if world.files.settings().scheduler.mode is SchedulerMode.STATIC:
        usage = usage_of(_all(world), figures, dynamic=False)
        return LoadReport(_static_nodes(world), usage, measure=measure)
    warnings: list[Event] = []
    nodes: dict[str, NodeStats] = {}
    try:
        # the reference reads the resources' figures twice, and warns each time
        _check_resources(world, figures, warnings.append)
        warnings += warnings
        nodes = _dynamic_nodes(world, figures, warnings.append)
    except _NoFiguresError:
        return LoadReport(warnings=tuple(warnings), usable=False)
    usage = usage_of(_all(world), figures, dynamic=True)
    return LoadReport(nodes, usage, tuple(warnings), measure)


def _static_nodes(world: World) -> dict[str, NodeStats]:
    """Return what the nodes have; with one that does not tell, the mode cannot be used."""
    hosts = world.hosts.values()
    return {
        host.name: NodeStats(host.cores, host.memory_bytes) for host in hosts if host.tells_size
    }


def usage_of(
    sids: Iterable[str], figures: Figures | FiguresValue, *, dynamic: bool
) -> dict[str, ResourceUsage]:
    """Return what resources may use, and do use where that counts; those not known are left out."""
    usage = {}
    for sid in sids:
        most = figures.static.get(sid, _NOTHING)
        cores, memory = most.get("maxcpu"), most.get("maxmem")
        if cores is None or memory is None:
            continue
        if not dynamic:
            usage[sid] = ResourceUsage(cores, int(memory), None, None)
            continue
        now = figures.dynamic.get(sid, _NOTHING)
        cpu, mem = now.get("cpu"), now.get("mem")
        if cpu is not None and mem is not None:
            usage[sid] = ResourceUsage(cores, int(memory), cpu, int(mem))
    return usage


def _all(world: World) -> list[str]:
    return sorted({*world.files.resources(), *world.running_guests()})


def _check_resources(world: World, figures: Figures, tell: Callable[[Event], None]) -> None:
    """Tell which resources use more than they may; raises _NoFiguresError for an unknown one."""
    for sid in sorted(world.files.resources()):
        most, now = figures.static.get(sid), figures.dynamic.get(sid)
        if most is None or now is None:
            raise _NoFiguresError(sid)
        for what in ("cpu", "mem"):
            if now.get(what, 0) > most.get(f"max{what}", 0):
                tell(Overcommitted(what, sid))


def _dynamic_nodes(
    world: World, figures: Figures, tell: Callable[[Event], None]
) -> dict[str, NodeStats]:
    """Sum up what runs on each node; raises _NoFiguresError where that is not known."""
    used = {name: {"cpu": 0.0, "mem": 0.0} for name in world.hosts}
    resources = world.files.resources()
    for sid in sorted(resources):
        node = resources[sid].node or ""
        host = world.hosts.get(node)
        if host is None or sid not in host.running:
            continue
        for what, there_is in (("cpu", host.cores), ("mem", host.memory_bytes)):
            if what not in figures.dynamic[sid]:
                raise _NoFiguresError(sid)
            used[node][what] += figures.dynamic[sid][what]
            if used[node][what] > there_is:
                tell(Overcommitted(what, node))
    for sid, node in sorted(world.running_guests().items()):
        if sid not in resources:
            for what, sum_ in used[node].items():
                used[node][what] = sum_ + figures.dynamic.get(sid, {}).get(what, 0.0)
    return {
        name: NodeStats(host.cores, host.memory_bytes, used[name]["cpu"], int(used[name]["mem"]))
        for name, host in world.hosts.items()
    }
