"""The figures by which the scheduler's static and dynamic modes weigh nodes, of a situation."""

from collections.abc import Mapping

from virton.forecast.situation import Situation
from virton.ha.manager.view import LoadReport
from virton.ha.placement.load import NodeStats, ResourceUsage
from virton.ha.states import SchedulerMode
from virton.simulation.figures import usage_of


def load_report(situation: Situation, running: Mapping[str, str]) -> LoadReport:
    """Return the figures while guests run where `running` says."""
    mode = situation.settings.scheduler.mode
    if mode is SchedulerMode.BASIC:
        return LoadReport()
    dynamic = mode is SchedulerMode.DYNAMIC
    sids = sorted({*situation.resources, *situation.guests})
    usage = usage_of(sids, situation.figures, dynamic=dynamic)
    if dynamic and any(sid not in usage for sid in situation.resources):
        return LoadReport(usable=False)
    nodes = {n.name: NodeStats(n.cores, n.memory_bytes) for n in situation.nodes.values()}
    if dynamic:
        nodes = _measured(nodes, usage, running)
    return LoadReport(nodes, usage, measure=situation.dialect.measure)


def _measured(
    nodes: Mapping[str, NodeStats], usage: Mapping[str, ResourceUsage], running: Mapping[str, str]
) -> dict[str, NodeStats]:
    used = {name: [0.0, 0] for name in nodes}
    for sid in sorted(running):
        if sid in usage:
            figures, sums = usage[sid], used[running[sid]]
            sums[0] += figures.cpu or 0.0
            sums[1] += figures.mem or 0
    return {
        name: NodeStats(stats.maxcpu, stats.maxmem, used[name][0], int(used[name][1]))
        for name, stats in nodes.items()
    }
