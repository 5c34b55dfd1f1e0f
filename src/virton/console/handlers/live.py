"""The page model, once or as a stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

import anyio
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, address_of
from virton.console.lender import is_old
from virton.console.page.assemble import Assembly, is_fresh, parts_told
from virton.console.page.changes import Beat
from virton.console.page.cluster import clock_told
from virton.console.page.model import PageModel
from virton.console.page.sight import seen_by
from virton.console.problems import Refusal, no_session, refused
from virton.console.security import is_allowed
from virton.console.state import Console, console_of
from virton.console.watch.frames import Frame, gzipped, plain

RECONNECT_MS = 250
RENEWAL_PAUSE_S = 300
"""How long a stream stays open whose ticket could not be renewed when it began."""


async def show_snapshot(call: Call) -> Response:
    """Return the page model; with `fresh=1`, of a round that begins now."""
    poller = call.console.poller
    if call.request.query_params.get("fresh") == "1":
        await poller.refresh_now()
    else:
        await poller.refresh()
    return Answer(seen_by(call.standing, latest(call.console)))


async def stream(call: Call) -> Response:
    """Send the page model, then its changes, and beats between."""
    leaving = anyio.Event()
    frames = events(call, leaving)
    packed = "gzip" in call.request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": "no-store"} | ({"Content-Encoding": "gzip"} if packed else {})
    return EventSourceResponse(
        gzipped(frames) if packed else plain(frames),
        # The beats are signs of life enough, and a ping of the library's would not be compressed.
        ping=0,
        headers=headers,
        shutdown_event=leaving,
        shutdown_grace_period=1,
    )


async def events(call: Call, leaving: anyio.Event) -> AsyncIterator[Frame]:
    """Yield the events of one viewer's stream, until the session ends or the server leaves."""
    poller, feed = call.console.poller, call.console.poller.feed
    shown: Shown | None = None
    beats = feed.beats
    opened = call.console.clock.monotonic()
    with poller.watching():
        await poller.refresh()
        while True:
            checked = _checked(call)
            if isinstance(checked, Frame):
                yield checked
                return
            call = checked
            if _wants_renewal(call, opened):
                yield Frame("renew", {}, RECONNECT_MS)
                return
            told = (feed.version, feed.beats)
            frame = _news(call, shown) or (_beat(call) if beats != feed.beats else None)
            shown, beats = Shown(feed.version, call.standing.sight), told[1]
            if frame is not None:
                yield frame
            # What was told while we were sending must not wait for the next stir.
            if told == (feed.version, feed.beats):
                await _first_of(feed.stirred(), leaving.wait())
            if leaving.is_set():
                return


@dataclass(frozen=True, slots=True)
class Shown:
    """What a viewer has been shown: which version, and with which sight."""

    version: int
    sight: object


def _news(call: Call, shown: Shown | None) -> Frame | None:
    """Return what is new to a viewer: the changes, or the whole where those would not do."""
    console, standing = call.console, call.standing
    feed = console.poller.feed
    if shown == Shown(feed.version, standing.sight):
        return None
    if shown is not None and shown.sight == standing.sight:
        change = console.views.change(standing, feed, shown.version, console.clock.time())
        if change is not None:
            return change
    return console.views.whole(standing, latest(console), feed.version)


async def _first_of(*waits: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _wants_renewal(call: Call, opened: float) -> bool:
    """Tell whether to end the stream, so that the browser comes back and gets a new ticket."""
    clock = call.console.clock
    old = is_old(call.session.ticket, clock.time())
    return old and clock.monotonic() - opened >= RENEWAL_PAUSE_S


def _checked(call: Call) -> Call | Frame:
    """Return the call with what is known of its session by now, or the stream's end."""
    settings = console_of(call.request).settings
    if not is_allowed(address_of(call.request), settings.allowed):
        return Frame("session", json.loads(bytes(refused(no_session()).body)))
    try:
        standing = call.console.sessions.last_standing(call.session)
    except Refusal as refusal:
        return Frame("session", json.loads(bytes(refused(refusal).body)))
    return Call(call.request, call.console, call.session, standing)


def latest(console: Console) -> PageModel:
    """Return the newest page model, told now."""
    now, readings = console.clock.time(), console.poller.readings
    page = console.poller.feed.page or Assembly().page_model(readings, now)
    fresh = {"fresh": is_fresh(readings, now), "parts": parts_told(readings, now)}
    return page.model_copy(update={"now": now, **fresh})


def _beat(call: Call) -> Frame:
    console = call.console
    now, readings = console.clock.time(), console.poller.readings
    beat = Beat(
        now=now,
        fresh=is_fresh(readings, now),
        clock=clock_told(readings, now),
        parts=parts_told(readings, now),
    )
    return console.views.beat(call.standing, beat, console.poller.feed.version)
