"""What happened: found again, told in the reader's language, and the page as it stood."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.datastructures import QueryParams
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call
from virton.console.problems import Refusal
from virton.console.standings import AUDIT
from virton.console.watch.chronicle import Books
from virton.ha.causes import CAUSES
from virton.keeping.database import HistoryError
from virton.keeping.history import Filter, Kept
from virton.language.sentences import LOCALES, Sentences
from virton.proxmox import ApiError, ApiFailure
from virton.proxmox.errors import ErrorCode

MOST_AT_ONCE = 200

Found = TypeVar("Found")


async def find(call: Call) -> Response:
    """Return a page of happenings, newest first.

    Query: `kind` and `whom` (repeatable), `text`, `since` and `until` (ms), `after` (from the page
    before), `limit`, `lang`.
    """
    books, asked = _books(call), call.request.query_params
    wanted = Filter(
        frozenset(asked.getlist("kind")),
        frozenset(asked.getlist("whom")),
        asked.get("text", ""),
        _number(asked, "since"),
        _number(asked, "until"),
    )
    limit = min(_number(asked, "limit") or 50, MOST_AT_ONCE)
    after = _after(asked)
    page = await _read(lambda: books.history.find(wanted, after=after, limit=limit))
    said = Sentences.of(_locale(call))
    rows = [told(row, said) for row in page.rows]
    following = None if page.after is None else f"{page.after[0]}.{page.after[1]}"
    return Answer({"rows": rows, "after": following, "cluster": _cluster(call)})


async def moment(call: Call) -> Response:
    """Return what nodes, resources and rules showed at a moment (`at`, ms)."""
    books = _books(call)
    at_ms = _number(call.request.query_params, "at")
    if at_ms is None:
        raise Refusal(400, "invalid", None, {"at": "required"})
    rows = await _read(lambda: books.moments.at(at_ms))
    return Answer({"at": at_ms, **_by_part(rows)})


def told(row: Kept, said: Sentences) -> dict[str, Any]:
    """Return a happening with its sentence and its cause's."""
    return {
        "number": row.number,
        "kind": row.kind,
        "whom": row.whom,
        "from": row.from_ms,
        "to": row.to_ms,
        "told": row.told,
        "facts": dict(row.facts),
        "says": said.happening(row.kind, row.whom, row.facts),
        "because": _because(row.because, said),
    }


def _because(because: Sequence[Any] | None, said: Sentences) -> str | None:
    if because is None or because[0] not in CAUSES:
        return None
    name, fields = because
    return said.say(f"cause.{name}", fields)


def _by_part(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    parts: dict[str, Any] = {"nodes": [], "resources": [], "rules": []}
    for name, row in sorted(rows.items()):
        part, _, _ = name.partition("/")
        if part in parts:
            parts[part].append(row)
        else:
            parts[part] = row
    return parts


def _books(call: Call) -> Books:
    """Return the books, for somebody who may see the cluster; raises Refusal and ApiFailure."""
    if AUDIT not in call.standing.privileges:
        words = f"Permission check failed (/, {AUDIT})"
        raise ApiFailure(ApiError(403, words, code=ErrorCode.FORBIDDEN))
    chronicle = call.console.poller.chronicle
    if chronicle is None:
        raise Refusal(404, "no_history")
    if chronicle.books is None:
        raise Refusal(503, "history", str(chronicle.trouble or "opening"))
    return chronicle.books


async def _read(read: Callable[[], Found]) -> Found:
    try:
        return await asyncio.to_thread(read)
    except HistoryError as error:
        raise Refusal(503, "history", error.detail) from None


def _number(asked: QueryParams, name: str) -> int | None:
    text = asked.get(name)
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise Refusal(400, "invalid", None, {name: "number"})
    return int(text)


def _after(asked: QueryParams) -> tuple[int, int] | None:
    text = asked.get("after")
    if not text:
        return None
    first, _, second = text.partition(".")
    if not (first.isdigit() and second.isdigit() and len(text) < 40 and text.isascii()):
        raise Refusal(400, "invalid", None, {"after": "number"})
    return int(first), int(second)


def _locale(call: Call) -> str:
    asked = call.request.query_params.get("lang") or call.request.cookies.get("virton_locale")
    return asked if asked in LOCALES else call.console.settings.language


def _cluster(call: Call) -> str | None:
    chronicle = call.console.poller.chronicle
    return None if chronicle is None else chronicle.cluster
