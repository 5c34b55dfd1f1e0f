"""`/metrics` for Prometheus, behind a token of its own."""

import asyncio
import hmac
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from virton.console.handlers.live import latest
from virton.console.metrics import CONTENT_TYPE, Fares, exposition
from virton.console.state import Console, console_of
from virton.keeping.database import HistoryError


async def show(request: Request) -> Response:
    """Return the metrics to who knows the token; without a token set there are none."""
    console = console_of(request)
    token = console.settings.metrics_token
    if token is None:
        return PlainTextResponse("metrics_token is not set\n", 404)
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.encode()):
        return PlainTextResponse("wrong token\n", 401, {"WWW-Authenticate": "Bearer"})
    await console.poller.refresh()
    # the table is changed by this thread, so it is looked at in this thread
    tolerates = console.forecasts.table.tolerates
    fares = await asyncio.to_thread(_fares, console, tolerates)
    return Response(exposition(latest(console), fares, console.since), media_type=CONTENT_TYPE)


def _fares(console: Console, tolerates: int | None) -> Fares:
    hits, misses = console.forecasts.fares()
    return replace(_of_books(console), tolerates=tolerates, hits=hits, misses=misses)


def _of_books(console: Console) -> Fares:
    chronicle = console.poller.chronicle
    if chronicle is None:
        return Fares()
    if chronicle.books is None or not chronicle.is_writing:
        return Fares(writable=False)
    outbox = chronicle.books.outbox
    try:
        return Fares(outbox.counts(), len(outbox.open_incidents()))
    except HistoryError:
        return Fares(writable=False)
