"""The plan of a maintenance as it is handed out: steps, order, and other ways than the mode."""

from collections.abc import Sequence
from typing import Any

from virton.forecast.maintenance_plan import plan
from virton.forecast.maintenance_ways import ways
from virton.forecast.question import QuestionError
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation


def maintenance(
    situation: Situation,
    nodes: Sequence[str],
    *,
    timed: bool = True,
) -> dict[str, Any]:
    """Return the plan for these nodes in this order, each step with its ways; raises QuestionError."""
    if isinstance(nodes, str) or not all(isinstance(node, str) for node in nodes):
        raise QuestionError("nodes: must be a list of texts")
    found = plan(situation, nodes, timed=timed)
    told, at = found.to_json(), at_rest(situation)[0]
    for step, row in zip(found.steps, told["steps"], strict=True):
        row["ways"] = {str(way): made.to_json() for way, made in ways(at, step).items()}
    return told
