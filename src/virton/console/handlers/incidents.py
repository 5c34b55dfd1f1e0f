"""Incidents: what is open, what was told to whom, and what people do about it."""

from typing import Any

from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, read_json
from virton.console.handlers.books import books_of, calling, looked_up
from virton.console.page.sight import sees_all_guests
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE
from virton.keeping.history import History
from virton.keeping.outbox import Delivery, KeptIncident, Outbox, State
from virton.language.sentences import Sentences
from virton.notify.answers import read_said
from virton.notify.incidents import Incident
from virton.notify.notifier import most_attempts
from virton.notify.writing import as_kept, read_incident, read_message

LONGEST_SILENCE_MIN = 7 * 24 * 60


async def find(call: Call) -> Response:
    """Return the newest incidents with what was told of them, newest first."""
    outbox = _outbox(call, AUDIT)
    books = books_of(call, AUDIT)
    kept = await looked_up(
        lambda: [(one, outbox.of_incident(one.number)) for one in outbox.recent()]
    )
    found = await looked_up(lambda: _as_kept(books.history, [one for one, _ in kept]))
    said = await calling(call, books, [one.body for one, _ in kept])
    wholly = sees_all_guests(call.standing.permissions)
    rows = [
        _incident(one, incident, deliveries, said, wholly)
        for incident, (one, deliveries) in zip(found, kept, strict=True)
    ]
    telling = call.console.telling
    names = [] if telling is None else [one.name for one in telling.book.recipients]
    return Answer({"rows": rows, "recipients": names})


async def acknowledge(call: Call) -> Response:
    """Note that the user takes care of an incident."""
    outbox, number = _outbox(call, CONSOLE), await _known(call)
    await looked_up(lambda: outbox.acknowledge(number, call.session.user))
    return Answer({"ok": True})


async def silence(call: Call) -> Response:
    """Let nothing be told of an incident for so many `minutes`."""
    outbox, number = _outbox(call, CONSOLE), await _known(call)
    minutes = (await read_json(call.request)).get("minutes")
    # JSON's true is an int to Python
    if type(minutes) is not int or not 1 <= minutes <= LONGEST_SILENCE_MIN:
        raise Refusal(400, "invalid", None, {"minutes": "number"})
    until_ms = round(call.console.clock.time() * 1000) + minutes * 60_000
    await looked_up(lambda: outbox.silence(number, until_ms))
    return Answer({"ok": True, "until": until_ms})


async def try_out(call: Call) -> Response:
    """Send a test message to a `recipient`."""
    _outbox(call, CONSOLE)
    telling = call.console.telling
    name = (await read_json(call.request)).get("recipient")
    notifier = None if telling is None else telling.notifier
    if notifier is None or not isinstance(name, str):
        raise Refusal(400, "invalid", None, {"recipient": "unknown"})
    now_s = call.console.clock.time()
    if not await looked_up(lambda: notifier.try_out(name, now_s)):
        raise Refusal(400, "invalid", None, {"recipient": "unknown"})
    return Answer({"ok": True})


def _as_kept(history: History, kept: list[KeptIncident]) -> list[Incident]:
    """Return incidents with their happenings as the history tells them by now."""
    found = [read_incident(one.body) for one in kept]
    rows = history.numbered(one.number for incident in found for one in incident.happenings)
    return [as_kept(incident, rows) for incident in found]


def _incident(
    kept: KeptIncident, incident: Incident, told: list[Delivery], said: Sentences, wholly: bool
) -> dict[str, Any]:
    first = incident.happenings[0]
    nodes = first.facts.get("nodes")
    return {
        "number": kept.number,
        "key": kept.key,
        "says": said.happening(first.kind, first.whom, first.facts),
        "weight": incident.weight.name.lower(),
        "began": kept.began_ms,
        "ended": None if incident.ended_s is None else round(incident.ended_s * 1000),
        "nodes": list(nodes) if isinstance(nodes, tuple) else [],
        "affected": sorted(incident.affected),
        "waiting": sorted(incident.waiting),
        "acknowledged_by": kept.acknowledged_by,
        "silenced_until": kept.silenced_until_ms,
        "steps": [
            {"at": round(one.to_s * 1000), "says": said.happening(one.kind, one.whom, one.facts)}
            for one in incident.happenings
        ],
        "deliveries": [delivery_told(one, said, wholly) for one in told],
    }


def delivery_told(one: Delivery, said: Sentences, wholly: bool) -> dict[str, Any]:
    """Return a message, with what became of it in words.

    Its subject names guests: it is told only to who may see all of them (`wholly`).
    """
    return {
        "recipient": one.recipient,
        "phase": one.phase,
        "state": one.state,
        "reason": one.reason,
        "why": said.say(f"delivery.{one.reason if one.state == 'not_sent' else one.state}", {}),
        "subject": read_message(one.message).subject if wholly else "",
        "attempts": one.attempts,
        "most": most_attempts(),
        "next": one.next_ms if one.state is State.QUEUED and one.attempts else None,
        "made": one.made_ms,
        "answer": _answer(one, said),
    }


def _answer(one: Delivery, said: Sentences) -> str:
    """Return in words what the last attempt came to."""
    known = read_said(one.said)
    return one.said if known is None else said.say(f"answer.{known[0]}", known[1])


def _outbox(call: Call, privilege: str) -> Outbox:
    return books_of(call, privilege).outbox


async def _known(call: Call) -> int:
    text = str(call.request.path_params["number"])
    outbox = _outbox(call, AUDIT)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
    if await looked_up(lambda: outbox.incident(number)) is None:
        raise Refusal(404, "not_found")
    return number
