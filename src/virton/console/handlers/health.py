"""Whether the console is there, and how fresh what it knows is: for whoever watches over it.

Nobody is logged in there, so that nothing is told but words and ages.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.state import Console, console_of

FRESH_S = 30.0
"""Data that is older is stale, whatever the interval at which the cluster is asked."""


async def alive(request: Request) -> Response:
    """Answer that the console runs."""
    return Answer({"status": "ok"})


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
