"""What happened: found again, told in the reader's language, and the page as it stood."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call
from virton.console.handlers.books import books_of, looked_up, sentences_of
from virton.console.problems import Refusal
from virton.console.standings import AUDIT
from virton.ha.causes import CAUSES
from virton.keeping.history import Filter, Kept
from virton.language.sentences import Sentences

MOST_AT_ONCE = 200
_MOST_DIGITS = 16


async def find(call: Call) -> Response:
    """Return a page of happenings, newest first.

    Query: `kind` and `whom` (repeatable), `text`, `since` and `until` (ms), `after` (from the page
    before), `limit`, `lang`.
    """
    books, asked = books_of(call, AUDIT), call.request.query_params
    wanted = Filter(
        frozenset(asked.getlist("kind")),
        frozenset(asked.getlist("whom")),
        asked.get("text", ""),
        _number(asked, "since"),
        _number(asked, "until"),
    )
    limit = min(_number(asked, "limit") or 50, MOST_AT_ONCE)
    after = _after(asked)
    page = await looked_up(lambda: books.history.find(wanted, after=after, limit=limit))
    said = sentences_of(call)
    rows = [told(row, said) for row in page.rows]
    following = None if page.after is None else f"{page.after[0]}.{page.after[1]}"
    return Answer({"rows": rows, "after": following, "cluster": books.cluster})


async def moment(call: Call) -> Response:
    """Return what nodes, resources and rules showed at a moment (`at`, ms)."""
    books = books_of(call, AUDIT)
    at_ms = _number(call.request.query_params, "at")
    if at_ms is None:
        raise Refusal(400, "invalid", None, {"at": "required"})
    rows = await looked_up(lambda: books.moments.at(at_ms))
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


def _number(asked: QueryParams, name: str) -> int | None:
    text = asked.get(name)
    if text is None or text == "":
        return None
    if not _is_number(text):
        raise Refusal(400, "invalid", None, {name: "number"})
    return int(text)


def _after(asked: QueryParams) -> tuple[int, int] | None:
    text = asked.get("after")
    if not text:
        return None
    first, _, second = text.partition(".")
    if not (_is_number(first) and _is_number(second)):
        raise Refusal(400, "invalid", None, {"after": "number"})
    return int(first), int(second)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
