"""Forecast every deed of a tape from the reading before it, and compare with what came."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from tests.conformance.tape import Deed, Poll, Tape
from tests.conformance.tape_ends import CURRENT, MANAGER, MEMBERS, ends
from tests.forecast.seen import situation_from_answers
from virton.forecast.ask import hull, phases_of
from virton.forecast.changes import Change, changed
from virton.forecast.courses import Course, play
from virton.forecast.courses import Deed as Command
from virton.forecast.phases import assignments
from virton.forecast.situation import Situation
from virton.forecast.staging import timing_of
from virton.ha.model import ServiceStatus

TOGETHER_S = 3.0
"""Deeds that follow each other this closely are forecast together."""

UNREADABLE_S = 8.0
"""A cluster that has not answered for so long cannot be read."""

EARLY_S, LATE_S = 2.0, 10.0
"""By how much corosync's time may differ from what is computed, and be seen late."""

NEXT_LOOK_S = 2.5
"""A change may be seen as late as by the second poll after it."""

_MOVING = ("migrate", "relocate", "request_start", "request_start_balance", "request_stop", "fence")


@dataclass(frozen=True, slots=True)
class Group:
    """Deeds that were done together, and until when they can be held against what came."""

    deeds: tuple[Deed, ...]
    until_s: float

    @property
    def at_s(self) -> float:
        """When the first was done."""
        return self.deeds[0].at_s


@dataclass(frozen=True, slots=True)
class Said:
    """What was forecast of a group from the reading before it: `courses` of what is `supposed`."""

    group: Group
    situation: Situation
    supposed: Situation
    commands: Sequence[Command]
    courses: Sequence[Course]


@dataclass(frozen=True, slots=True)
class Checked:
    """A group's forecast: what differs, and how wide the ranges of guests are."""

    differences: tuple[str, ...]
    widths: tuple[int, ...]


def forecast_difference(tape: Tape) -> str | None:
    """Return what of a tape's course was not forecast, None if all of it was."""
    found = (told for said in said_of(tape) for told in compared(said, tape).differences)
    return "; ".join(islice(found, 5)) or None


def groups(tape: Tape) -> Iterator[Group]:
    """Yield the deeds by the people at the tape, those done at once together."""
    bundles: list[list[Deed]] = []
    for deed in (deed for deed in tape.deeds if deed.by is None):
        if bundles and (_at_once(bundles[-1], deed) or not _readable(tape, deed.at_s)):
            bundles[-1].append(deed)
        else:
            bundles.append([deed])
    ends = [*(bundle[0].at_s for bundle in bundles[1:]), tape.polls[-1].to_s]
    for bundle, end_s in zip(bundles, ends, strict=True):
        yield Group(tuple(bundle), end_s)


def _named(group: Group, situation: Situation) -> frozenset[str]:
    """Return the nodes that deeds name."""
    words = {word for deed in group.deeds for word in deed.what.replace(":", " ").split()}
    return frozenset(words & situation.nodes.keys())


def _at_once(bundle: Sequence[Deed], deed: Deed) -> bool:
    """Tell whether a deed belongs to those before: done at once, or the end of their reboot."""
    reboots = any(_reboots(earlier.what, deed.what.split()) for earlier in bundle)
    return reboots or deed.at_s - bundle[-1].at_s <= TOGETHER_S


def _reboots(what: str, later: Sequence[str]) -> bool:
    match later:
        case ["power", node, "on"]:
            return re.search(r"\breboot\b", what) is not None and node in what.split()
        case _:
            return False


def _readable(tape: Tape, at_s: float) -> bool:
    """Tell whether the cluster answered with quorum shortly before; else its answers are old."""
    polls = [p for p in tape.polls if at_s - UNREADABLE_S <= p.to_s <= at_s]
    return any(poll.answers.get(MANAGER) and _quorate(poll) for poll in polls[-2:])


def _quorate(poll: Poll) -> bool:
    rows = poll.answers.get(MEMBERS) or []
    return all(row.get("quorate", 1) for row in rows if row.get("type") == "cluster")


def said_of(tape: Tape) -> Iterator[Said]:
    """Forecast each group of deeds that can be, and of which the tape shows how it ended."""
    for group in groups(tape):
        situation = situation_before(tape, group.at_s)
        if situation is None or _last_poll(tape, group) is None:
            continue
        supposed, commands, struck = _supposed(tape, group, situation)
        if supposed is None:
            continue
        courses = [
            play(supposed, phases, commands, until_s=_until_s(group))
            for phases in assignments(supposed, struck)
        ]
        yield Said(group, situation, supposed, commands, courses)


def _until_s(group: Group) -> int:
    return int(group.until_s - group.at_s)


def compared(said: Said, tape: Tape) -> Checked:
    """Compare what was said with what a tape shows."""
    group, courses = said.group, said.courses
    last = _last_poll(tape, group)
    if last is None:
        return Checked((), ())
    named = _named(group, said.situation)
    return Checked(
        tuple(
            f"{group.at_s:.0f} s {told}"
            for told in (
                *_states(courses, last),
                *ends(_polls(tape, group), _until_s(group), courses, named),
                *_offline_times(tape, group, said.supposed, said.commands),
                *_node_times(tape, group, courses),
                *_start_times(tape, group, courses),
            )
        ),
        tuple(_widths(courses)),
    )


# the reading before


def situation_before(tape: Tape, at_s: float) -> Situation | None:
    """Return the cluster as the last answers before a second show it."""
    answers = dict(tape.at_start)
    polls = [poll for poll in tape.polls if poll.to_s <= at_s]
    for poll in polls:
        answers |= poll.answers
    if not polls:
        return None
    return situation_from_answers(answers)


# what was done


def _supposed(
    tape: Tape, group: Group, situation: Situation
) -> tuple[Situation | None, list[Command], frozenset[str]]:
    commands: list[Command] = []
    struck: set[str] = set()
    made = replace(situation, failing=_failing(tape, group))
    for deed in group.deeds:
        after_s = int(deed.at_s - group.at_s)
        if deed.status is not None and deed.status != 200:
            continue
        match deed.what.split():
            case ["power", node, "on"] if any(
                _reboots(d.what, deed.what.split()) for d in group.deeds
            ):
                pass  # the model's node comes back by itself
            case ["network" | "power" as what, node, "off" | "on" as how]:
                commands.append(Command(after_s, f"{what} {node} {how}"))
                struck.add(node)
            case ["ha-manager", "crm-command", *words]:
                commands.append(Command(after_s, _crm_command(words, made)))
            case ["POST", path, *values] if (found := _motion(path, values)) is not None:
                commands.append(Command(after_s, found))
            case ["POST" | "PUT" | "DELETE" as verb, path, *values] if path.startswith(
                "/cluster/ha/r"
            ):
                made = changed(made, _change(verb, path, values))
            case ["systemctl", "restart", "pve-ha-lrm", "on", node]:
                commands.append(Command(after_s, f"restart-lrm {node}"))
            case _ if (found := _reboot(deed.what, situation)) is not None:
                commands.append(Command(after_s, found))
            case _:
                return None, [], frozenset()
    return made, commands, frozenset(struck)


def _crm_command(words: Sequence[str], situation: Situation) -> str:
    match words:
        case ["node-maintenance", "enable" | "disable" as how, node]:
            return f"crm {node} {how}-node-maintenance"
        case ["migrate" | "relocate" as how, sid, node]:
            return f"service {sid} {how} {node}"
        case ["stop", sid, timeout]:
            return f"service {sid} stop {timeout}"
        case _:
            return f"crm {min(situation.online)} {' '.join(words)}"


def _motion(path: str, values: Sequence[str]) -> str | None:
    match = re.fullmatch(r"/cluster/ha/resources/([^/]+)/(migrate|relocate)", path)
    if match is None:
        return None
    node = dict(value.partition("=")[::2] for value in values)["node"]
    return f"service {match[1]} {match[2]} {node}"


def _change(verb: str, path: str, values: Sequence[str]) -> Change:
    parts = path.strip("/").split("/")
    name = parts[3] if len(parts) > 3 else ""
    words = {"POST": "add", "PUT": "set", "DELETE": "remove"}[verb]
    return Change.parse(words, " ".join([name, *values]))


def _reboot(what: str, situation: Situation) -> str | None:
    match = re.search(r"\b(reboot|shutdown)\b", what)
    node = next((name for name in situation.nodes if re.search(rf"\b{name}\b", what)), None)
    return f"{match[1]} {node}" if match and node else None


def _failing(tape: Tape, group: Group) -> frozenset[str]:
    """Return the guests whose starts fail meanwhile: a fact of the world, as the deeds are."""
    said = (
        re.search(r"unable to start service (\S+)", line.text)
        for line in tape.journal
        if group.at_s <= line.at_s < group.until_s
    )
    return frozenset(found[1].rstrip("'") for found in said if found)


# what came


def _last_poll(tape: Tape, group: Group) -> Poll | None:
    polls = [p for p in tape.polls if group.at_s < p.from_s and p.to_s <= group.until_s]
    whole = [poll for poll in polls if poll.answers.get(MANAGER) and poll.answers.get(CURRENT)]
    return whole[-1] if whole else None


def _states(courses: Sequence[Course], last: Poll) -> Iterator[str]:
    """Yield the resources that end otherwise than any course said."""
    shown = {row["sid"]: row for row in last.answers[CURRENT] if row.get("type") == "service"}
    services = last.answers[MANAGER]["manager_status"].get("service_status", {})
    for sid, told in sorted(services.items()):
        said = {_brief(c.statuses[sid]) for c in courses if sid in c.statuses}
        seen = (told["state"], told["node"])
        if not said or not any(_alike(seen, one) for one in said):
            yield f"{sid} is {seen}, said was {sorted(said)}"
        elif (row := shown.get(sid)) is not None and row.get("node") != told["node"]:
            yield f"{sid} is shown on {row.get('node')}, but is on {told['node']}"
    for sid in sorted({sid for c in courses for sid in c.statuses} - services.keys()):
        yield f"{sid} is not there any more"


def _brief(status: ServiceStatus) -> tuple[str, str]:
    return str(status.state), status.node


def _alike(seen: tuple[str, str], said: tuple[str, str]) -> bool:
    return seen == said or (seen[0] in _MOVING and said[0] in _MOVING and seen[1] == said[1])


def _node_times(tape: Tape, group: Group, courses: Sequence[Course]) -> Iterator[str]:
    """Yield the changes of nodes that came at another time than was said."""
    said = {(p.what, p.node): p.at_s for p in phases_of(courses)}
    length_s = group.until_s - group.at_s
    for (what, node), (from_s, to_s) in sorted(said.items(), key=str):
        if what in ("unknown", "fence", "maintenance") and node is not None:
            seen = _seen_as(tape, group, node, what)
        elif what == "reset":
            seen = _reset(tape, group, node)
        else:
            continue
        if seen is None:
            # a fence may be over before the next poll
            if to_s + NEXT_LOOK_S < length_s and what != "fence":
                yield f"{node}: {what} was said for {from_s}-{to_s} s, but never came"
        elif not (seen[0] <= to_s + 1 and from_s <= seen[1] + 1):
            yield f"{node}: {what} came at {seen[1]:.1f} s, said was {from_s}-{to_s} s"
    for node in sorted({name for name, _ in _shown_nodes(tape, group)}):
        for what in ("unknown", "fence"):
            seen = _seen_as(tape, group, node, what)
            if seen is not None and not _ever(courses, what, node):
                yield f"{node}: {what} came at {seen[1]:.1f} s and was never said"


def _ever(courses: Sequence[Course], what: str, node: str) -> bool:
    return any((p.what, p.node) == (what, node) for c in courses for p in phases_of([c]))


def _shown_nodes(tape: Tape, group: Group) -> Iterator[tuple[str, str]]:
    for poll in _polls(tape, group):
        yield from poll.answers[MANAGER]["manager_status"].get("node_status", {}).items()


def _polls(tape: Tape, group: Group) -> list[Poll]:
    return [
        poll
        for poll in tape.polls
        if poll.to_s > group.at_s and poll.from_s < group.until_s and poll.answers.get(MANAGER)
    ]


def _seen_as(tape: Tape, group: Group, node: str, state: str) -> tuple[float, float] | None:
    """Return between when a node came to be shown in a state; None if it never was, or was before."""
    before_s, was = group.at_s, True
    for poll in _polls(tape, group):
        shown = poll.answers[MANAGER]["manager_status"].get("node_status", {}).get(node)
        if shown == state:
            if was and before_s == group.at_s and poll.from_s - group.at_s < TOGETHER_S:
                return None
            return before_s - group.at_s, poll.to_s - group.at_s
        before_s = poll.from_s
    return None


def _offline_times(
    tape: Tape, group: Group, situation: Situation, commands: Sequence[Command]
) -> Iterator[str]:
    """Yield the nodes that left the membership at another time than corosync takes."""
    loss_s, polls = timing_of(situation).loss_s, _polls(tape, group)
    cut = {c.command.split()[1] for c in commands if c.command.endswith(" off")}
    if cut >= situation.online:
        return  # nobody is left to tell of it
    for command in commands:
        words = command.command.split()
        if words[0] not in ("network", "power") or words[-1] != "off":
            continue
        seen = [p for p in polls if (row := _member(p, words[1])) is not None and not row["online"]]
        before = [p for p in polls if not seen or p.from_s < seen[0].from_s]
        gone_s = command.at_s + loss_s
        if not seen and polls and polls[-1].from_s - group.at_s > gone_s + LATE_S:
            yield f"{words[1]}: was said to leave after {gone_s} s, and never left"
        if not seen:
            continue
        from_s = before[-1].from_s - group.at_s if before else 0.0
        if not (from_s <= gone_s + EARLY_S and gone_s - EARLY_S <= seen[0].to_s - group.at_s):
            yield f"{words[1]}: left at {seen[0].to_s - group.at_s:.1f} s, said was {gone_s} s"


def _member(poll: Poll, node: str) -> Mapping[str, Any] | None:
    rows = poll.answers.get(MEMBERS) or ()
    return next((r for r in rows if r.get("type") == "node" and r.get("name") == node), None)


def _reset(tape: Tape, group: Group, node: str | None) -> tuple[float, float] | None:
    resets = [d for d in tape.deeds if d.by and group.at_s <= d.at_s < group.until_s]
    named = [d.at_s - group.at_s for d in resets if node in d.what.split()]
    return (named[0], named[0]) if named else None


def _start_times(tape: Tape, group: Group, courses: Sequence[Course]) -> Iterator[str]:
    """Yield the guests that were started at another time than was said.

    How long a node takes to boot is nobody's business but its own.
    """
    if any("reboot" in deed.what for deed in group.deeds):
        return
    for sid in sorted({sid for course in courses for sid in course.statuses}):
        span = hull([found for c in courses if (found := c.ran_again(sid)) is not None])
        came_s = _started(tape, group, sid)
        if span is None or came_s is None or _on_returned(sid, courses):
            continue
        if not span[0] - 1 <= came_s <= span[1] + 1:
            yield f"{sid}: started at {came_s:.1f} s, said was {span[0]}-{span[1]} s"


def _on_returned(sid: str, courses: Sequence[Course]) -> bool:
    """Tell whether a guest ends on a node that was away: when its LRM gets its lock is not told."""
    online = courses[0].situation.online
    return any(c.statuses[sid].node not in online for c in courses if sid in c.statuses)


def _started(tape: Tape, group: Group, sid: str) -> float | None:
    times = [
        line.at_s - group.at_s
        for line in tape.journal
        if group.at_s <= line.at_s < group.until_s and line.text == f"service status {sid} started"
    ]
    return times[-1] if times else None


def _widths(courses: Sequence[Course]) -> Iterator[int]:
    for sid in sorted(courses[0].statuses):
        span = hull([found for c in courses if (found := c.ran_again(sid)) is not None])
        if span is not None:
            yield span[1] - span[0]
