"""What happened: found again, told in the reader's language, and the page as it stood."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call
from virton.console.handlers.books import books_of, calling, looked_up
from virton.console.page.sight import kept_row_seen_by
from virton.console.problems import Refusal
from virton.console.standings import AUDIT
from virton.ha.causes import CAUSES
from virton.keeping.history import Filter, History
from virton.keeping.once import Kept
from virton.language.sentences import Sentences
from virton.story.chains import FURTHEST_MS, LED_TO, REASONS, chain_of

MOST_AT_ONCE = 200
MOST_REASONS = 2000
_MOST_DIGITS = 16


async def find(call: Call) -> Response:
    """Return a page of happenings, newest first.

    Query: `kind` and `whom` (repeatable), `text`, `since` and `until` (ms), `after` (from the page
    before), `limit`, `lang`.
    """
    books, asked = books_of(call, AUDIT), call.request.query_params
    wanted, after = wanted_of(asked), _after(asked)
    limit = min(number_of(asked, "limit") or 50, MOST_AT_ONCE)
    page = await looked_up(lambda: books.history.find(wanted, after=after, limit=limit))
    before = await looked_up(lambda: _reasons(books.history, page.rows))
    said = await calling(call, books, [named(row) for row in page.rows])
    rows = [told(row, said, chain_of(row, before)) for row in page.rows]
    # of what happened at once, what brought the others about was first
    rows.sort(key=lambda row: (-row["to"], -len(row["chain"])))
    following = None if page.after is None else f"{page.after[0]}.{page.after[1]}"
    return Answer({"rows": rows, "after": following, "cluster": books.cluster})


def wanted_of(asked: QueryParams) -> Filter:
    """Return which happenings are asked for; raises Refusal."""
    return Filter(
        frozenset(asked.getlist("kind")),
        frozenset(asked.getlist("whom")),
        asked.get("text", ""),
        number_of(asked, "since"),
        number_of(asked, "until"),
    )


def _reasons(history: History, rows: Sequence[Kept]) -> Sequence[Kept]:
    """Return what may have led to these rows, in the order of time."""
    kinds = frozenset(str(kind) for kind in REASONS)
    found: dict[int, Kept] = {}
    for since_ms, until_ms in _windows(rows):
        wanted = Filter(kinds=kinds, since_ms=since_ms, until_ms=until_ms)
        found |= {one.number: one for one in history.find(wanted, limit=MOST_REASONS).rows}
    return sorted(found.values(), key=lambda one: (one.to_ms, one.number))


def _windows(rows: Sequence[Kept]) -> list[tuple[int, int]]:
    """Return the times in which reasons may lie, as one where they meet.

    They are before each row; but what was seen late, after an absence, was so before.
    """
    found: list[tuple[int, int]] = []
    for to_ms in sorted(row.to_ms for row in rows if row.because or row.kind in LED_TO):
        since_ms, until_ms = to_ms - FURTHEST_MS, to_ms + FURTHEST_MS
        if found and since_ms <= found[-1][1]:
            found[-1] = (found[-1][0], until_ms)
        else:
            found.append((since_ms, until_ms))
    return found


async def latest(call: Call) -> Response:
    """Return the last change of each node, resource and rule."""
    books = books_of(call, AUDIT)
    rows = await looked_up(books.history.latest)
    said = await calling(call, books, [named(row) for row in rows])
    return Answer(
        {
            row.whom: {
                "kind": row.kind,
                "at": row.to_ms,
                "says": said.happening(row.kind, row.whom, row.facts),
            }
            for row in rows
            if row.whom
        }
    )


async def moment(call: Call) -> Response:
    """Return what nodes, resources and rules showed at a moment (`at`, ms)."""
    books = books_of(call, AUDIT)
    at_ms = number_of(call.request.query_params, "at")
    if at_ms is None:
        raise Refusal(400, "invalid", None, {"at": "required"})
    kept = await looked_up(lambda: books.moments.at(at_ms))
    rows = {name: kept_row_seen_by(call.standing, name, row) for name, row in kept.items()}
    return Answer({"at": at_ms, **by_part(rows)})


def named(row: Kept) -> tuple[Any, ...]:
    """Return what of a happening may name resources."""
    return row.whom, dict(row.facts), row.because


def told(row: Kept, said: Sentences, chain: Sequence[Kept] = ()) -> dict[str, Any]:
    """Return a happening with its sentence and its cause's, and the chain that led to it."""
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
        "chain": [_step(one) for one in chain],
    }


def _step(one: Kept) -> dict[str, Any]:
    return {"kind": one.kind, "whom": one.whom, "at": one.to_ms, "who": one.facts.get("who")}


def _because(because: Sequence[Any] | None, said: Sentences) -> str | None:
    if because is None or because[0] not in CAUSES:
        return None
    name, fields = because
    if name == "commanded":
        # the command itself is told where it was taken, and leads here
        return said.say("history.commanded", {})
    return said.say(f"cause.{name}", fields)


def by_part(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rows of a moment by what they are of."""
    parts: dict[str, Any] = {"nodes": [], "resources": [], "rules": []}
    for name, row in sorted(rows.items()):
        part, _, _ = name.partition("/")
        if part in parts:
            parts[part].append(row)
        else:
            parts[part] = row
    return parts


def number_of(asked: QueryParams, name: str) -> int | None:
    """Return a number of the query; None where there is none; raises Refusal."""
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
