"""When everything runs again after the loss of a node: the times of a table's rows."""

from virton.forecast.answer import Span
from virton.forecast.ask import ask
from virton.forecast.question import Loss, Question
from virton.forecast.score import Times
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Row


def times_of(situation: Situation, row: Row) -> Times | None:
    """Return when each resource runs again that a node's loss touches.

    None for other rows: a course of each pair would cost too much.
    """
    if row.case.kind != "node" or not row.quorate:
        return None
    question = Question(tuple(Loss(node) for node in row.case.nodes))
    told = ask(situation, question).resources
    return {sid: row.after_s for sid, row in told.items() if row.after_s is not None}


def over(times: Times) -> Span | None:
    """Return between when everything runs again that comes back; None: nothing does."""
    if not times:
        return None
    return min(span[0] for span in times.values()), max(span[1] for span in times.values())
