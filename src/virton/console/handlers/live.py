"""The Snapshot, once or as a stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from virton.console.answers import Answer, json_text
from virton.console.guard import Call
from virton.console.lender import RENEW_AFTER_S
from virton.console.problems import Refusal, refused
from virton.console.snapshot import Snapshot, assemble
from virton.console.state import Console
from virton.console.viewer import beat_seen_by, seen_by

RECONNECT_MS = 250
RENEWAL_PAUSE_S = 300
"""How long a stream stays open whose ticket could not be renewed when it began."""


async def show_snapshot(call: Call) -> Response:
    """Return the Snapshot; with `fresh=1`, of a round that begins now."""
    poller = call.console.poller
    if call.request.query_params.get("fresh") == "1":
        await poller.refresh_now()
    else:
        await poller.refresh()
    return Answer(seen_by(call.standing, _latest(call.console)))


async def stream(call: Call) -> Response:
    """Send the Snapshot whenever it says anything new, and beats between."""
    leaving = anyio.Event()
    return EventSourceResponse(
        events(call, leaving),
        ping=15,
        headers={"Cache-Control": "no-store"},
        shutdown_event=leaving,
        shutdown_grace_period=1,
    )


async def events(call: Call, leaving: anyio.Event) -> AsyncIterator[ServerSentEvent]:
    """Yield the events of one viewer's stream, until the session ends or the server leaves."""
    poller, feed = call.console.poller, call.console.poller.feed
    shown: object = None
    beats = feed.beats
    opened = call.console.clock.time()
    with poller.watching():
        await poller.refresh()
        while True:
            checked = _checked(call)
            if isinstance(checked, ServerSentEvent):
                yield checked
                return
            call = checked
            if _wants_renewal(call, opened):
                yield ServerSentEvent("{}", event="renew", retry=RECONNECT_MS)
                return
            told = (feed.version, feed.beats)
            if shown != (feed.version, call.standing.sight):
                shown = (feed.version, call.standing.sight)
                yield ServerSentEvent(_text(call), event="snapshot")
            elif beats != feed.beats:
                yield _event("beat", _beat(call))
            beats = told[1]
            # What was told while we were sending must not wait for the next stir.
            if told == (feed.version, feed.beats):
                await _first_of(feed.stirred(), leaving.wait())
            if leaving.is_set():
                return


async def _first_of(*waits: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _wants_renewal(call: Call, opened: float) -> bool:
    """Tell whether to end the stream, so that the browser comes back and gets a new ticket."""
    now = call.console.clock.time()
    old = now - call.session.ticket.issued >= RENEW_AFTER_S
    return old and now - opened >= RENEWAL_PAUSE_S


def _checked(call: Call) -> Call | ServerSentEvent:
    """Return the call with what is known of its session by now, or the stream's end."""
    try:
        standing = call.console.sessions.last_standing(call.session)
    except Refusal as refusal:
        return _event("session", json.loads(bytes(refused(refusal).body)))
    return Call(call.request, call.console, call.session, standing)


def _latest(console: Console) -> Snapshot:
    now = console.clock.time()
    snapshot = console.poller.feed.snapshot or assemble(console.poller.readings, now)
    return snapshot | {"now": now}


def _text(call: Call) -> str:
    console = call.console
    return console.views.text(call.standing, _latest(console), console.poller.feed.version)


def _beat(call: Call) -> Snapshot:
    now = call.console.clock.time()
    return beat_seen_by(call.standing, {"now": now, "parts": _ages(call.console, now)})


def _ages(console: Console, now: float) -> dict[str, Snapshot]:
    fresh = console.poller.readings.freshness(now)
    return {
        name: part | {"age_s": None if part["at"] is None else max(0.0, now - part["at"])}
        for name, part in fresh.items()
    }


def _event(name: str, data: Snapshot) -> ServerSentEvent:
    return ServerSentEvent(json_text(data), event=name)
