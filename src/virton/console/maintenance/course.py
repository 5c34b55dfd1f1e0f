"""What a maintenance does next: decided from what is kept and what is seen, and from nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from virton.console.maintenance.look import Look
from virton.console.maintenance.work import Asked, Phase, Stop, Way, Work
from virton.ha.states import NodeState, ServiceState

GRACE_S = 60.0
"""For so long the effect of something that was asked for is waited for before that is told."""

REBOOT_GRACE_S = 1800.0
"""A node that reboots waits until HA has moved everything off it."""

_SETTLED = (
    ServiceState.STARTED,
    ServiceState.STOPPED,
    ServiceState.FREEZE,
    ServiceState.ERROR,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition of the gate between two nodes, and who or what does not fulfil it."""

    kind: str
    ok: bool
    names: tuple[str, ...] = ()


def is_empty(work: Work, look: Look) -> bool:
    """Tell whether the node at hand may be worked on: nothing there, and nothing will come."""
    at_hand = work.phase is Phase.EMPTYING and look.node == work.stop.node
    return at_hand and look.nothing_there and keeps_out(work, look)


def keeps_out(work: Work, look: Look) -> bool:
    """Tell whether the HA stack puts nothing on the node as long as the work goes on."""
    match work.way:
        case Way.MODE | Way.COMMAND:
            return look.in_maintenance
        case Way.RULE:
            return rule_of(work) in look.rules
        case Way.GUESTS:
            return True
        case Way.REBOOT:
            return False


def rule_of(work: Work) -> str:
    """Return the name of the rule that keeps resources off the node at hand."""
    return f"maintenance-{work.stop.node}"


def decide(work: Work, look: Look, now: float) -> tuple[Work, Asked | None]:
    """Return the work as it stands now, and what is to be asked of the cluster next, if anything.

    Nothing is asked for while the effect of the last thing is waited for. What was sent is not sent
    again by itself; where we were killed over it, it is asked for anew once it has had time to come.
    """
    if not work.is_under_way or look.node != work.stop.node:
        return work, None
    work = _settled(work, look, now)
    if work.phase is Phase.RETURNING:
        work = replace(work, used_since=(work.used_since or now) if _is_free(look) else None)
    if work.phase is Phase.RETURNING and work.asked is None and _is_back(work, look, now):
        work = replace(work.told(look.at, "returned"), phase=Phase.GATE, trouble=None)
    if work.paused or work.asked is not None:
        return work, None
    return work, next(_wanted(work, look, now), None)


def _settled(work: Work, look: Look, now: float) -> Work:
    asked = work.asked
    if asked is None:
        return work
    if has_come(asked, look):
        work = replace(work, asked=None, trouble=None).told(
            look.at, f"came_{asked.what}", sid=asked.sid
        )
        if asked.what == "reboot":
            work = replace(work, phase=Phase.RETURNING)
        return work
    if asked.sid and look.is_busy(asked.sid):
        return replace(work, asked=replace(asked, at=now), trouble=None)
    grace_s = REBOOT_GRACE_S if asked.what == "reboot" else GRACE_S
    if now - asked.at < grace_s or work.trouble is not None:
        return work
    # a node that has rebooted before we looked again must not be rebooted once more
    if not asked.sent and asked.what != "reboot":
        return not_begun(work, asked).told(look.at, "unsure", sid=asked.sid)
    return replace(work, trouble={"code": "not_come", "what": asked.what, "sid": asked.sid})


def begun(work: Work, asked: Asked, at: float) -> Work:
    """Return the work as it is kept before something is asked for."""
    brought = dict(work.brought)
    if asked.what == "move":
        brought[asked.sid] = asked.node
    elif asked.what == "bring_back":
        brought.pop(asked.sid, None)
    told = work.told(at, asked.what, sid=asked.sid, who=work.who)
    return replace(told, asked=asked, brought=brought)


def not_begun(work: Work, asked: Asked) -> Work:
    """Return the work as if something had not been asked for."""
    brought = dict(work.brought)
    if asked.what == "move":
        brought.pop(asked.sid, None)
    elif asked.what == "bring_back":
        brought[asked.sid] = asked.target
    return replace(work, asked=None, brought=brought)


def has_come(asked: Asked, look: Look) -> bool:
    """Tell whether the effect of something that was asked for is there."""
    match asked.what:
        case "enter":
            return look.in_maintenance
        case "leave":
            return look.node_states.get(asked.node) == NodeState.ONLINE
        case "move" | "bring_back":
            return look.guests.get(asked.sid, (None, False))[0] == asked.target
        case "add_rule":
            return f"maintenance-{asked.node}" in look.rules
        case "drop_rule":
            return f"maintenance-{asked.node}" not in look.rules
        case "reboot":
            return not look.is_there
        case "set_noout":
            return look.noout is not False
        case "drop_noout":
            return not look.noout
        case _:
            return True


# what is to be done


def _wanted(work: Work, look: Look, now: float) -> Iterator[Asked]:
    if not look.is_there or not look.quorate:
        return
    if work.phase is Phase.EMPTYING:
        yield from _emptying(work, look, now)
    elif work.phase is Phase.RETURNING:
        yield from _returning(work, look, now)


def _emptying(work: Work, look: Look, now: float) -> Iterator[Asked]:
    node = work.stop.node
    if work.noout and look.noout is False:
        yield Asked("set_noout", node, now)
    match work.way:
        case Way.MODE if not look.in_maintenance:
            yield Asked("enter", node, now)
        case Way.RULE if rule_of(work) not in look.rules and work.stop.held:
            yield Asked("add_rule", node, now)
        case Way.GUESTS:
            yield from _moves(work, look, work.stop.moves, now)
        case _:
            pass
    if work.way is Way.COMMAND and not look.in_maintenance:
        return
    # the resources go first: where they go was announced for guests outside HA where they are
    if work.way is not Way.REBOOT and _leaving(look):
        return
    yield from _moves(work, look, work.stop.outside, now)
    if work.way is Way.REBOOT:
        yield Asked("reboot", node, now)


def _leaving(look: Look) -> bool:
    """Tell whether resources are still under way off the node."""
    moving = (ServiceState.MIGRATE, ServiceState.RELOCATE, ServiceState.REQUEST_STOP)
    here = (one for one in look.services.values() if one.node == look.node)
    return any(one.state in moving for one in here)


def _moves(work: Work, look: Look, goals: Mapping[str, str], now: float) -> Iterator[Asked]:
    """Yield the moves of who is still there; who was moved off once is not moved off again."""
    for sid, target in sorted(goals.items()):
        at, runs = look.guests.get(sid, (None, False))
        stays = at == work.stop.node and work.brought.get(sid) != at
        if stays and runs and look.online.get(target):
            yield Asked("move", work.stop.node, now, sid, target)


def _returning(work: Work, look: Look, now: float) -> Iterator[Asked]:
    node = work.stop.node
    if work.way is Way.MODE and look.in_maintenance:
        yield Asked("leave", node, now)
    if work.way is Way.RULE and rule_of(work) in look.rules:
        yield Asked("drop_rule", node, now)
    if not _is_free(look):
        return
    for sid, origin in sorted(work.brought.items()):
        at, runs = look.guests.get(sid, (None, False))
        if origin == node and runs and at not in (None, node) and not look.is_busy(sid):
            yield Asked("bring_back", node, now, sid, node)


def _is_free(look: Look) -> bool:
    """Tell whether the HA stack uses the node again."""
    return look.is_there and look.node_states.get(look.node) == NodeState.ONLINE


def _is_back(work: Work, look: Look, now: float) -> bool:
    """Tell whether the node is used again, and all are back that come back and still run.

    Whom the HA stack does not bring back for a reason that we do not see is let be after a while.
    """
    if not _is_free(look) or (work.way is Way.RULE and rule_of(work) in look.rules):
        return False
    if look.returning and now - (work.used_since or now) < GRACE_S:
        return False
    ours = [sid for sid, origin in work.brought.items() if origin == look.node]
    # one that is still on its way off, as the work was ended early, is not back
    return not any(_is_away(look, sid) or look.is_busy(sid) for sid in ours)


def _is_away(look: Look, sid: str) -> bool:
    """Tell whether a guest runs elsewhere."""
    node, runs = look.guests.get(sid, (None, False))
    return runs and node != look.node


# the gate


def facts(work: Work, look: Look) -> list[Fact]:
    """Return what must be so before the next node's turn, as far as a look can tell."""
    missing = sorted(node for node, online in look.online.items() if not online)
    not_online = sorted(
        n for n, state in look.node_states.items() if state != NodeState.ONLINE and n not in missing
    )
    moving = sorted(
        sid for sid, one in look.services.items() if one.state not in _SETTLED or one.target
    )
    known = set(work.errors)
    errors = sorted(
        sid
        for sid, one in look.services.items()
        if one.state == ServiceState.ERROR and sid not in known
    )
    return [
        Fact("quorum", look.quorate),
        Fact("nodes", not missing and not not_online, (*missing, *not_online)),
        Fact("recovered", not moving, tuple(moving)),
        Fact("errors", not errors, tuple(errors)),
    ]


def last_deed(work: Work, look: Look, now: float) -> Asked | None:
    """Return what is to be undone before the whole work may end."""
    if work.noout and look.noout and work.next_stop is None:
        return Asked("drop_noout", work.stop.node, now)
    return None


def passed(work: Work, at: float, stop: Stop | None) -> Work:
    """Return the work past its gate: at the next node, as it is planned by now, or ended."""
    if stop is None:
        return replace(work.told(at, "ended"), phase=Phase.ENDED, ended=at, trouble=None)
    stops = (*work.stops[: work.at + 1], stop, *work.stops[work.at + 2 :])
    on = replace(
        work,
        stops=stops,
        at=work.at + 1,
        phase=Phase.EMPTYING,
        passed=False,
        used_since=None,
        trouble=None,
    )
    return on.told(at, "began")
