"""Ask a question of a situation: play it, and tell what becomes of everything."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from virton.forecast.answer import (
    Answer,
    Assumption,
    Phase,
    ResourceAnswer,
    Span,
    node_answers,
)
from virton.forecast.bystanders import bystanders
from virton.forecast.collecting import rarely_collecting
from virton.forecast.courses import MOVES, Course, play
from virton.forecast.falling import outside
from virton.forecast.fates import Fate, How, Verdict, fates, fates_without_quorum, gathered
from virton.forecast.large import Quick, quick
from virton.forecast.phases import assignments
from virton.forecast.question import Question
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.staging import Phases, waiting
from virton.ha.events.cluster import FenceAcknowledged, NodeStateChanged, WatchdogPoweroff
from virton.ha.events.daemon import DaemonState
from virton.ha.events.resource import ResourceStateChanged
from virton.ha.states import CrmState, NodeState
from virton.simulation.timing import LOCK_LIFETIME_S, REBOOT_S

SLACK_S = 1
"""Seconds that a range is wider than what was played: real daemons do not tick in whole seconds."""

HOUR_S = 3600
"""Where balance is sought again and again, a course is followed for so long."""

FEW = 2
"""So many phases are played where each course is an hour."""

TO_AND_FRO = 3
"""A resource that is sent off so often is said to move to and fro."""


def ask(situation: Situation, question: Question) -> Answer:
    """Answer a question; raises QuestionError."""
    question.check(situation)
    with rarely_collecting():
        return _answered(situation, question)


def _answered(situation: Situation, question: Question) -> Answer:
    before = situation if situation.master is not None else at_rest(situation)[0]
    supposed = question.supposed(before)
    lost = question.struck()
    deeds = list(question.deeds())
    first_s = min((deed.at_s for deed in deeds), default=0)
    if (short := quick(supposed, question, deeds)) is not None:
        return _of_quick(before, supposed, short)
    until_s = HOUR_S if supposed.settings.scheduler.auto_rebalance else None
    played = assignments(supposed, lost)
    idle = bystanders(supposed, question)

    def course(phases: Phases, without_crm: frozenset[str]) -> Course:
        told = play(
            supposed, phases, deeds, first_s=first_s, until_s=until_s, without_crm=without_crm
        )
        # safe: while a master keeps its lock no other daemon gets it, and refused it tells nothing
        return course(phases, frozenset()) if without_crm and told.has_lost_master else told

    courses = [course(phases, idle) for phases in (played if until_s is None else played[:FEW])]
    answer = answer_of(before, supposed, courses, question.lost)
    if not any(how == "reboot" for how, _ in question.going_down):
        return answer
    takes = Assumption("reboot", {"seconds": REBOOT_S})
    return replace(answer, assumptions=(*answer.assumptions, takes))


def _of_quick(before: Situation, supposed: Situation, short: Quick) -> Answer:
    trial = short.trials[0]
    end = _End(short.fall.gone, short.fall.left, trial.running, endless=not trial.settled)
    return _folded(before, supposed, short.found, short.courses, end)


def answer_of(
    before: Situation, supposed: Situation, courses: Sequence[Course], dead: Iterable[str]
) -> Answer:
    """Fold courses that differ in phases alone into one answer."""
    gone = [frozenset(dead) | course.resets | course.fenced for course in courses]
    typical, endless = courses[0], not all(course.settled for course in courses)
    end = _End(gone[0], typical.online, typical.running, endless=endless)
    return replace(
        _folded(before, supposed, possible(before, courses, gone), courses, end),
        to_and_fro=to_and_fro(typical),
    )


@dataclass(frozen=True, slots=True)
class _End:
    """How it ends: which nodes are gone and which are there, and where guests run."""

    gone: frozenset[str]
    online: frozenset[str]
    running: Mapping[str, str]
    endless: bool


def _folded(
    before: Situation,
    supposed: Situation,
    found: Mapping[str, Sequence[Fate]],
    courses: Sequence[Course],
    end: _End,
) -> Answer:
    """Return the answer that fates, and courses for their times, make up."""
    return Answer(
        situation=supposed,
        quorate=all(course.quorate for course in courses),
        resets=tuple(sorted(frozenset[str]().union(*(c.resets for c in courses)))),
        resources={
            sid: ResourceAnswer(told[0], _when(sid, told, courses), tuple(told[1:]))
            for sid, told in found.items()
        },
        outside_ha=outside(before, end.gone),
        nodes=node_answers(before, end.online, end.running),
        phases=phases_of(courses),
        assumptions=assumptions(supposed),
        endless=end.endless,
    )


def possible(
    before: Situation, courses: Sequence[Course], gone: Sequence[frozenset[str]]
) -> dict[str, list[Fate]]:
    """Return each resource's fates over several courses, the first one's first."""
    return gathered(
        fates(before, course, lost) if course.quorate else fates_without_quorum(before, lost)
        for course, lost in zip(courses, gone, strict=True)
    )


def _when(sid: str, told: Sequence[Fate], courses: Sequence[Course]) -> Span | None:
    """Return between when a resource runs again; None where it never stopped or never does."""
    restless = (Verdict.BACK, Verdict.SQUEEZED, Verdict.MOVES)
    if not any(fate.verdict in restless or fate.how is How.STARTED for fate in told):
        return None
    spans = [span for course in courses if (span := course.ran_again(sid)) is not None]
    return hull(spans)


def hull(spans: Sequence[Span]) -> Span | None:
    """Return the range that holds all of these, a little wider."""
    if not spans:
        return None
    from_s, to_s = min(span[0] for span in spans), max(span[1] for span in spans)
    return max(0, from_s - SLACK_S), to_s + SLACK_S


def phases_of(courses: Sequence[Course]) -> tuple[Phase, ...]:
    """Return the steps that are taken in every course, each with its range."""
    told: dict[tuple[str, str | None], list[list[int]]] = {}
    for at, course in enumerate(courses):
        for what, node, time_s in _steps(course):
            times = told.setdefault((what, node), [[] for _ in courses])
            times[at].append(time_s)
    found = []
    for (what, node), times in told.items():
        if all(times):
            span = hull([(seen[0], seen[0]) for seen in times])
            found.append(Phase(what, span or (0, 0), node))
    return tuple(sorted(found, key=lambda phase: (phase.at_s, phase.what, phase.node or "")))


def _steps(course: Course) -> Iterable[tuple[str, str | None, int]]:
    for record in course.told:
        match record.event:
            case NodeStateChanged(node, NodeState.ONLINE, NodeState.UNKNOWN):
                yield "unknown", node, record.time_s
            case NodeStateChanged(node, _, NodeState.FENCE):
                yield "fence", node, record.time_s
            case NodeStateChanged(node, _, NodeState.MAINTENANCE):
                yield "maintenance", node, record.time_s
            case FenceAcknowledged(node):
                yield "fenced", node, record.time_s
            case WatchdogPoweroff(node):
                yield "reset", node, record.time_s
            case DaemonState(_, CrmState.MASTER):
                yield "master", None, record.time_s


def to_and_fro(course: Course) -> tuple[str, ...]:
    """Return the resources that are sent from node to node again and again."""
    counts: dict[str, int] = {}
    for record in course.told:
        event = record.event
        if isinstance(event, ResourceStateChanged) and event.to in MOVES:
            counts[event.sid] = counts.get(event.sid, 0) + 1
    return tuple(sorted(sid for sid, count in counts.items() if count >= TO_AND_FRO))


def assumptions(situation: Situation) -> tuple[Assumption, ...]:
    """Return what an answer about this cluster takes for granted."""
    found = [Assumption("phases_unknown"), Assumption("guests_start")]
    if situation.master is not None:
        found.append(Assumption("master", {"node": situation.master}))
    if not situation.is_proven:
        found.append(Assumption("unproven_version", {"version": situation.version}))
    if situation.device_votes:
        found.append(Assumption("qdevice_reachable", {"votes": situation.device_votes}))
    if waiting_there := sorted(waiting(situation)):
        told = {"names": waiting_there, "seconds": LOCK_LIFETIME_S}
        found.append(Assumption("lock_wait", told))
    found += [Assumption("remark", dict(remark)) for remark in situation.remarks]
    return tuple(found)
