"""Whether the console is there, and how fresh what it knows is: for whoever watches over it.

Nobody is logged in there, so that nothing is told but words and ages.
"""

from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.state import Console, console_of

FRESH_S = 30.0
"""Data that is older is stale, whatever the interval at which the cluster is asked."""


async def alive(request: Request) -> Response:
    """Answer that the console runs; with `seen=1` also how it sees who asks, with `beats=2` bit by bit."""
    if request.query_params.get("beats"):
        return EventSourceResponse(_beats(console_of(request)), ping=0)
    seen = {"seen": _seen(request)} if request.query_params.get("seen") else {}
    return Answer({"status": "ok"} | seen)


async def _beats(console: Console) -> AsyncIterator[dict[str, str]]:
    """Yield two events a second apart: a proxy that holds them back brings both at once."""
    yield {"event": "beat", "data": "1"}
    await console.clock.sleep(1)
    yield {"event": "beat", "data": "2"}


def _seen(request: Request) -> dict[str, Any]:
    """Return from where and how a request seems to come, and whether a proxy's word was not taken."""
    who = request.client.host if request.client else None
    whom = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",")]
    how = request.headers.get("x-forwarded-proto", request.url.scheme)
    for_somebody = whom != [""]
    unlisted = (for_somebody and who not in whom) or how != request.url.scheme
    seen = {"scheme": request.url.scheme, "address": who, "forwarded_for": for_somebody}
    return seen | {"unlisted": unlisted}


async def ready(request: Request) -> Response:
    """Tell whether the console can serve, and apart from that how fresh its data is.

    With `cluster=1` stale data counts: the answer is 503 then, for a monitor of the whole.
    """
    cluster = _cluster(console_of(request))
    counts = request.query_params.get("cluster") == "1"
    status = 503 if counts and cluster["status"] not in ("fresh", "unwatched") else 200
    return Answer({"status": "ok", "cluster": cluster}, status)


def _cluster(console: Console) -> dict[str, Any]:
    """Return how fresh the oldest part of the page is; without a watcher, nothing may be asked."""
    now, parts = console.clock.time(), console.poller.readings.parts
    told = [part.at for part in parts.values() if part.at is not None]
    errors = sorted({str(part.error.code) for part in parts.values() if part.error is not None})
    age_s = round(now - min(told), 1) if len(told) == len(parts) else None
    if age_s is not None and age_s <= FRESH_S and not errors:
        word = "fresh"
    elif not errors and not console.poller.is_wanted:
        word = "unwatched"
    else:
        word = "stale"
    return {"status": word, "age_s": age_s, "errors": errors}
