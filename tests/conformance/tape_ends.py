"""How a tape's answers stand before the next deed: held against how the courses say that they stand."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.conformance.tape import Poll
from virton.forecast.courses import Course

SETTLED_S = 20.0
"""For so long an answer must say otherwise than every course until it counts: some are told late."""

SHORTEST_S = 2 * SETTLED_S
"""Of shorter stretches nothing is said: they may end in the middle of anything."""

MANAGER = "/cluster/ha/status/manager_status"
CURRENT = "/cluster/ha/status/current"
MEMBERS = "/cluster/status"
GUESTS = "/cluster/resources"
_TYPES = {"qemu": "vm", "lxc": "ct"}

Told = Mapping[str, Any]
Shown = Callable[[Poll], Told]


def ends(
    polls: Sequence[Poll], length_s: float, courses: Sequence[Course], struck: Collection[str]
) -> Iterator[str]:
    """Yield what every answer of the last seconds says otherwise than all courses.

    When the LRM of a node that was `struck`, or reset itself, has its lock again is not told.
    """
    last = [poll for poll in polls if polls and poll.to_s >= polls[-1].to_s - SETTLED_S]
    if length_s < SHORTEST_S or len(last) < 3:
        return
    yield from _differing("online", last, _members, [_online(c) for c in courses])
    yield from _differing("quorum", last, _quorum, [{"quorate": c.quorate} for c in courses])
    away = frozenset(struck).union(*(c.resets | c.fenced for c in courses))
    yield from _differing("the LRM", last, _lrms, [_lrms_of(c, away) for c in courses])
    yield from _differing("runs on", last, _running, [_runs_of(c) for c in courses])
    yield from _differing("the page's state", last, _states, [_states_of(c) for c in courses])


def _differing(
    what: str, polls: Iterable[Poll], shown: Shown, said: Sequence[Told]
) -> Iterator[str]:
    seen = [shown(poll) for poll in polls]
    known = set.intersection(*(set(one) for one in (*seen, *said)))
    for name in sorted(known):
        possible = [one[name] for one in said]
        if not any(one[name] in possible for one in seen):
            yield f"{name}: {what} {seen[-1][name]}, said was {sorted(set(map(str, possible)))}"


# what the answers show


def _rows(poll: Poll, path: str, *types: str) -> list[Told]:
    return [row for row in poll.answers.get(path) or () if row.get("type") in types]


def _members(poll: Poll) -> Told:
    return {row["name"]: bool(row.get("online")) for row in _rows(poll, MEMBERS, "node")}


def _quorum(poll: Poll) -> Told:
    rows = _rows(poll, MEMBERS, "cluster")
    return {"quorate": bool(rows[0].get("quorate"))} if rows else {}


def _lrms(poll: Poll) -> Told:
    there, told = _members(poll), (poll.answers.get(MANAGER) or {}).get("lrm_status") or {}
    return {n: (lrm["state"], lrm["mode"]) for n, lrm in told.items() if there.get(n)}


def _running(poll: Poll) -> Told:
    """Return where the guests run that are on nodes which are there; of others nothing is known."""
    there = _members(poll)
    return {
        f"{_TYPES[row['type']]}:{row['vmid']}": row["node"] if row["status"] == "running" else None
        for row in _rows(poll, GUESTS, *_TYPES)
        if there.get(row["node"])
    }


def _states(poll: Poll) -> Told:
    return {row["sid"]: row.get("crm_state") for row in _rows(poll, CURRENT, "service")}


# what a course says


def _online(course: Course) -> Told:
    return {node: node in course.online for node in course.situation.nodes}


def _lrms_of(course: Course, away: Collection[str]) -> Told:
    """Return how the LRMs stand of nodes that were there all the time."""
    there = course.situation.online.difference(away)
    return {n: (str(lrm.state), str(lrm.mode)) for n, lrm in course.lrms.items() if n in there}


def _runs_of(course: Course) -> Told:
    return {
        sid: course.running.get(sid)
        for sid, status in course.statuses.items()
        if status.node in course.situation.online
    }


def _states_of(course: Course) -> Told:
    return {sid: str(status.state) for sid, status in course.statuses.items()}
