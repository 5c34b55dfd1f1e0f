"""What a drill may expect of a fault, by the model."""

from typing import Any

from virton.forecast.answer import Answer
from virton.forecast.ask import ask
from virton.forecast.fates import RUNS_AGAIN
from virton.forecast.question import Loss, Question
from virton.forecast.situation import Situation, situation_of
from virton.plans.drill import Fault
from virton.plans.drilling import Foreseen

PATIENCE_S = 180
"""For so long beyond what was foreseen it is looked on."""


def forecast(situation: Situation, fault: Fault) -> Answer:
    """Return what a fault will do to a cluster."""
    return ask(situation, Question((Loss(fault.node, cut=fault.how == "cut"),)))


def foreseen(document: dict[str, Any], fault: Fault) -> Foreseen:
    """Return which resources of the node are expected back, and how long it is looked on at most."""
    situation = situation_of(document)
    answer = forecast(situation, fault)
    lost = {sid for sid, node in situation.running.items() if node == fault.node}
    back = {
        sid: row.fate.node or ""
        for sid, row in answer.resources.items()
        if sid in lost and row.fate.verdict in RUNS_AGAIN
    }
    spans = [row.after_s[1] for row in answer.resources.values() if row.after_s is not None]
    return back, max(spans, default=120) + PATIENCE_S


async def foresee(document: dict[str, Any], fault: Fault) -> Foreseen:
    """Foresee in this process, for who has nothing else to do meanwhile."""
    return foreseen(document, fault)
