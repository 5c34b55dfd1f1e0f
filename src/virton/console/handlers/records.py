"""The history's records beside the list: lanes of states, availability, deeds, and exports."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from virton.console import deeds
from virton.console.answers import Answer, json_text
from virton.console.guard import Call
from virton.console.handlers.books import books_of, calling, looked_up
from virton.console.handlers.foretelling import seen
from virton.console.handlers.history import by_part, named, number_of, told, wanted_of
from virton.console.page.sight import kept_row_seen_by, may_see_guest
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, Standing
from virton.console.watch.chronicle import Books
from virton.keeping.audit_read import newest
from virton.keeping.history import Filter
from virton.keeping.moments import Course
from virton.keeping.once import Kept
from virton.language.sentences import Sentences
from virton.proxmox.past import as_it_stood
from virton.story.availability import Fared, Run, Span, fared
from virton.story.happenings import Kind

MOST_LANES = 80
MOST_DEEDS = 100
MOST_EXPORTED = 100_000
_AT_ONCE = 1000
_PREFIX = {"nodes/": "node", "resources/": "resource"}
_SHOWN = ("online", "lost", "ha_state", "node", "state", "down", "guest", "request_state", "name")


async def lanes(call: Call) -> Response:
    """Return what each node, and each resource that changed, showed within a time.

    Query: `since` and `until` (ms), `text` (part of a name: whether it changed or not).
    """
    books, asked = books_of(call, AUDIT), call.request.query_params
    since_ms, until_ms = _time(call)
    text = asked.get("text", "").casefold()
    seen_by = call.standing
    rows, more = await looked_up(lambda: _lanes(books, since_ms, until_ms, text, seen_by))
    unseen = await looked_up(lambda: _unseen(books, since_ms, until_ms))
    began = await looked_up(books.moments.began)
    return Answer({"lanes": rows, "more": more, "unseen": unseen, "began": began})


def _lanes(
    books: Books, since_ms: int, until_ms: int, text: str, standing: Standing
) -> tuple[list[Any], int]:
    changed = set(books.moments.changed(since_ms, until_ms))
    known = [name for name in books.moments.names() if name.startswith(tuple(_PREFIX))]
    wanted = [n for n in known if (text in n.casefold() if text else _is_shown(n, changed))]
    wanted.sort(key=_place)
    courses = books.moments.between(since_ms, until_ms, wanted[:MOST_LANES])
    rows = [
        _lane(
            name, [(at_ms, kept_row_seen_by(standing, name, row)) for at_ms, row in courses[name]]
        )
        for name in wanted[:MOST_LANES]
        if name in courses
    ]
    return rows, max(0, len(wanted) - MOST_LANES)


def _is_shown(name: str, changed: set[str]) -> bool:
    return name.startswith("nodes/") or name in changed


def _place(name: str) -> tuple[str, int, str]:
    part, _, whom = name.partition("/")
    number = whom.rpartition(":")[2]
    return part, int(number) if number.isdigit() else 0, whom


def _lane(name: str, course: Course) -> dict[str, Any]:
    part, _, whom = name.partition("/")
    steps: list[dict[str, Any]] = []
    for at_ms, row in course:
        shown = {key: row[key] for key in _SHOWN if row.get(key) is not None}
        if not steps or {k: v for k, v in steps[-1].items() if k != "at"} != shown:
            steps.append({"at": at_ms, **shown})
    return {"part": part.removesuffix("s"), "whom": whom, "steps": steps}


def _unseen(books: Books, since_ms: int, until_ms: int) -> list[Span]:
    """Return the times in which nobody watched, or the cluster could not be seen."""
    kinds = frozenset({Kind.CONSOLE_BLIND, Kind.CONSOLE_SEEING})
    inside = Filter(kinds=kinds, since_ms=since_ms, until_ms=until_ms)
    rows = books.history.find(inside, limit=_AT_ONCE).rows[::-1]
    before = books.history.find(Filter(kinds=kinds, until_ms=since_ms - 1), limit=1).rows
    found: list[Span] = []
    blind = since_ms if before and before[0].kind == Kind.CONSOLE_BLIND else None
    for row in rows:
        if row.kind == Kind.CONSOLE_BLIND:
            blind = row.from_ms if blind is None else blind
        elif blind is not None:
            found.append((max(blind, since_ms), min(row.to_ms, until_ms)))
            blind = None
    return found if blind is None else [*found, (max(blind, since_ms), until_ms)]


async def availability(call: Call) -> Response:
    """Return for how long each resource was up and down within a time (`since`, `until`, ms).

    Whether a guest ran that the user may not see is not told.
    """
    books = books_of(call, AUDIT)
    since_ms, until_ms = _time(call)
    chronicle = call.console.poller.chronicle
    now_s = (chronicle and chronicle.now_s) or call.console.clock.time()
    until_ms = min(until_ms, round(now_s * 1000))
    found = await looked_up(lambda: _availability(books, since_ms, until_ms))
    rows = [row for row in found if may_see_guest(call.standing, row["sid"])]
    return Answer({"rows": rows, "since": since_ms, "until": until_ms})


def _availability(books: Books, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
    unseen = _unseen(books, since_ms, until_ms)
    names = [name for name in books.moments.names() if name.startswith("resources/")]
    courses = books.moments.between(since_ms, until_ms, sorted(names, key=_place))
    found = [(name, course, fared(course, unseen, until_ms)) for name, course in courses.items()]
    return [_fares(name, course, how) for name, course, how in found if _was_there(how)]


def _was_there(how: Fared) -> bool:
    return any(ms for run, ms in how.ms.items() if run is not Run.GONE)


def _fares(name: str, course: Course, how: Fared) -> dict[str, Any]:
    called = next((row["name"] for _, row in reversed(course) if row.get("name")), None)
    return {
        "sid": name.partition("/")[2],
        "name": called,
        "share": how.availability,
        "outages": len(how.outages),
        "longest_ms": how.longest_ms,
        **{f"{run}_ms": how.ms[run] for run in Run if run is not Run.GONE},
    }


async def done_by_whom(call: Call) -> Response:
    """Return who did what through the console, newest first (`text`, `before`)."""
    books, asked = books_of(call, AUDIT), call.request.query_params
    before, folder = number_of(asked, "before"), call.console.settings.data
    text = asked.get("text", "")
    found = await looked_up(lambda: newest(folder, MOST_DEEDS, text, before))
    said = await calling(call, books, found.rows)
    return Answer({"rows": [deeds.told(row, said) for row in found.rows], "before": found.before})


async def export(call: Call) -> Response:
    """Return the happenings of a filter as a file: `format` is `csv`, `json` or `bundle`.

    A bundle is a capture of the cluster, as it stood at `at` (ms) where that is given, with its
    history: `virton forecast`, `why` and `simulate` open it.
    """
    books, asked = books_of(call, AUDIT), call.request.query_params
    form = asked.get("format", "")
    if form not in _TYPES:
        raise Refusal(400, "invalid", None, {"format": "not_a_value"})
    wanted = wanted_of(asked)
    rows = await looked_up(lambda: _all_of(books, wanted))
    said = await calling(call, books, [named(row) for row in rows])
    if form == "csv":
        content: bytes = _csv(rows, said).encode("utf-8-sig")
    else:
        document: Any = {"cluster": books.cluster, "happenings": [told(r, said) for r in rows]}
        if form == "bundle":
            at_ms = number_of(asked, "at")
            document = await past_capture(call, at_ms) | {"history": document}
        content = json_text(document).encode("ascii")
    headers = {"Content-Disposition": f'attachment; filename="{_name(call, books, form)}"'}
    return Response(content, media_type=_TYPES[form], headers=headers)


_TYPES = {"csv": "text/csv", "json": "application/json", "bundle": "application/json"}


async def past_capture(call: Call, at_ms: int | None) -> dict[str, Any]:
    """Return the cluster as a capture: as it is, or as it stood at a moment."""
    now = await seen(call)
    if at_ms is None:
        return now
    books = books_of(call, AUDIT)
    rows = by_part(await looked_up(lambda: books.moments.at(at_ms)))
    if not rows["nodes"]:
        raise Refusal(404, "no_moment", None, {"at": "not_a_value"})
    return as_it_stood(now, rows)


def _all_of(books: Books, wanted: Filter) -> list[Kept]:
    rows: list[Kept] = []
    after = None
    while len(rows) < MOST_EXPORTED:
        page = books.history.find(wanted, after=after, limit=_AT_ONCE)
        rows += page.rows
        if (after := page.after) is None:
            break
    return rows


def _csv(rows: Sequence[Kept], said: Sentences) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(said.say("history.csv", {}).split(","))
    for row in rows:
        one = told(row, said)
        cells = [one["number"], _iso(row.from_ms), _iso(row.to_ms), row.kind, row.whom]
        cells += [one["says"], one["because"] or "", said.say(_source(row), {})]
        writer.writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


def _source(row: Kept) -> str:
    return "history.told" if row.told else "history.observed"


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _name(call: Call, books: Books, form: str) -> str:
    cluster = re.sub(r"[^A-Za-z0-9._-]+", "-", books.cluster).strip("-.") or "cluster"
    taken = datetime.fromtimestamp(call.console.clock.time(), UTC)
    ending = {"csv": "history.csv", "json": "history.json", "bundle": "bundle.json"}[form]
    return f"{cluster}-{taken:%Y-%m-%d-%H%M}-{ending}"


def _time(call: Call) -> tuple[int, int]:
    asked: Mapping[str, str] = call.request.query_params
    found = {}
    for name in ("since", "until"):
        value = number_of(call.request.query_params, name)
        if value is None:
            raise Refusal(400, "invalid", None, {name: "required"})
        found[name] = value
    if found["since"] >= found["until"]:
        raise Refusal(
            400,
            "invalid",
            f"{asked['since']} is not before {asked['until']}",
            {"until": "not_a_value"},
        )
    return found["since"], found["until"]
