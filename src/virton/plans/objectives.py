"""What must always be true of a cluster, tried against every fault that is to be borne."""

from virton.forecast.ask import ask
from virton.forecast.fates import Verdict
from virton.forecast.question import Loss, Question
from virton.forecast.situation import Situation

RUNS_AGAIN = (Verdict.BACK, Verdict.SQUEEZED)


def slowest_return(base: Situation, sid: str, after: str) -> int | None:
    """Return the seconds after which a resource runs again at the latest; None: it does not.

    Only faults that take the node on which it runs matter: `after` one node is lost, or a pair.
    """
    config = base.resources.get(sid)
    node = config.node if config is not None else None
    if node is None or node not in base.online:
        return None
    others = sorted(base.online - {node})
    lost = [(node,)] if after == "node" else [(node, other) for other in others]
    slowest = 0
    for nodes in lost:
        row = ask(base, Question(tuple(Loss(name) for name in nodes))).resources.get(sid)
        if row is None or row.after_s is None:
            return None
        if any(fate.verdict not in RUNS_AGAIN for fate in (row.fate, *row.others)):
            return None
        slowest = max(slowest, row.after_s[1])
    return slowest
