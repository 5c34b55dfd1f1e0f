"""What a load could not do, as events."""

from collections.abc import Callable, Iterable

from virton.ha.events import Event
from virton.ha.events.cluster import SchedulerFallback
from virton.ha.events.resource import NotCounted, NotScored, StartNotScored
from virton.ha.placement.load import Problem, ProblemKind

Report = Callable[[Event], None]


def report(problems: Iterable[Problem], tell: Report) -> None:
    """Tell the problems of a load, in their order."""
    for problem in problems:
        event = _event(problem)
        if event is not None:
            tell(event)


def _event(problem: Problem) -> Event | None:
    sid = problem.sid
    match problem.kind:
        case ProblemKind.MODE_UNUSABLE:
            return SchedulerFallback()
        case ProblemKind.MOVES_NOT_SCORED:
            return NotScored(sid)
        case ProblemKind.NOT_COUNTED if sid is not None:
            return NotCounted(sid)
        case ProblemKind.START_NOT_SCORED if sid is not None:
            return StartNotScored(sid)
        case _:
            return None
