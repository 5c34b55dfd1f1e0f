"""Resources that wait for a node, cannot start or gave up, once the stack has done all it does: why."""

from collections.abc import Iterator
from typing import Any

from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.ha.model import ServiceStatus
from virton.ha.states import RequestState, ServiceState

Json = dict[str, Any]
_FOR_A_NODE = (ServiceState.RECOVERY, ServiceState.FENCE)


def waiting(situation: Situation) -> Json:
    """Return the reason of each resource that is to run and will not by itself, by resource."""
    _, trial = at_rest(situation)
    return dict(_reasons(situation, trial))


def _reasons(situation: Situation, trial: Trial) -> Iterator[tuple[str, Json]]:
    for sid, status in sorted(trial.statuses.items()):
        config = situation.resources.get(sid)
        if config is not None and config.state is RequestState.STARTED:
            told = _reason(sid, status, trial)
            if told is not None:
                yield sid, told


def _reason(sid: str, status: ServiceStatus, trial: Trial) -> Json | None:
    if status.state in _FOR_A_NODE:
        explained = trial.why(sid)
        objections = explained.objections.items() if explained else ()
        return {"kind": "no_node", "objections": {node: one.to_json() for node, one in objections}}
    if status.state is ServiceState.ERROR:
        return {"kind": "failed", "nodes": sorted({*status.failed_nodes, status.node})}
    missing = trial.missing.get(sid, ()) if sid not in trial.running else ()
    return {"kind": "missing", "node": status.node, "names": list(missing)} if missing else None
