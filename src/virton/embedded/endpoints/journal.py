"""`/nodes/{node}/journal` and `/nodes/{node}/syslog`: what the daemons of a node have written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.parameters import NODE
from virton.embedded.errors import failed, invalid
from virton.embedded.journal import Entry, Wanted, cursor_of, number_at, rendered
from virton.embedded.registry import Counted, Endpoint, Need
from virton.embedded.schema import Param

Params = Mapping[str, Any]

_USUAL_LENGTH = 500


def journal(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Any]:
    """Tell a node's journal: the lines between the cursors of the first and of the last one."""
    node = params["node"]
    entries = cluster.journal.read(node, _wanted(params))
    if params.get("structured"):
        return _structured(cluster, node, entries, params)
    if not entries:
        start = params.get("startcursor")
        return [] if start is None else [start, start]
    lines = [rendered(node, entry, cluster.local_time) for entry in entries]
    return [cursor_of(node, entries[0]), *lines, cursor_of(node, entries[-1])]


def _wanted(params: Params) -> Wanted:
    priority = params.get("priority") or None
    low, _, high = (priority or "").rpartition("..")
    unit = params.get("unit")
    return Wanted(
        since=params.get("since"),
        until=params.get("until"),
        after=_number(params, "startcursor"),
        before=_number(params, "endcursor"),
        last=params.get("lastentries"),
        tags=params.get("service", unit and unit.removesuffix(".service")),
        priorities=priority and (int(low or 0), int(high)),
    )


def _number(params: Params, name: str) -> int | None:
    cursor = params.get(name)
    number = None if cursor is None else number_at(cursor)
    if cursor is not None and number is None:
        raise invalid({name: "not a cursor"})
    return number


def _structured(
    cluster: EmbeddedCluster, node: str, entries: list[Entry], params: Params
) -> list[dict[str, Any]]:
    """Return a journal's lines as records, with times in microseconds."""
    records: list[dict[str, Any]] = [{"ty": "host", "h": node}]
    if params.get("identifiers"):
        records.append({"ty": "identifiers", "ids": cluster.journal.tags(node)})
    if params.get("units"):
        names = [f"{tag}.service" for tag in cluster.journal.tags(node)]
        records.append({"ty": "units", "names": names})
    if entries:
        records.append({"ty": "cursor", "c": cursor_of(node, entries[0])})
        records += [_record(entry) for entry in entries]
    end = cursor_of(node, entries[-1]) if entries else params.get("startcursor")
    return records if end is None else [*records, {"ty": "cursor", "c": end}]


def _record(entry: Entry) -> dict[str, Any]:
    return {
        "t": entry.time * 1_000_000,
        "id": entry.tag,
        "pid": entry.pid,
        "p": entry.priority,
        "msg": entry.text,
    }


def syslog(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Counted:
    """Tell a node's journal line by line, each with its number."""
    node = params["node"]
    wanted = Wanted(
        since=_time(params.get("since")),
        until=_time(params.get("until")),
        tags=params.get("service"),
    )
    entries = cluster.journal.read(node, wanted)
    start = params.get("start", 0)
    shown = entries[start : start + params.get("limit", _USUAL_LENGTH)]
    lines = [
        {"n": number, "t": rendered(node, entry, cluster.local_time)}
        for number, entry in enumerate(shown, start=start + 1)
    ]
    return Counted(lines, len(entries))


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise failed(f"'{text}' is no time") from error


_SYSLOG = Need("/nodes/{node}", ("Sys.Syslog",))
_TIME = Param("integer", optional=True, minimum=0)
_CURSOR = Param(optional=True)
_DATE = Param(optional=True, pattern=r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?")
_COUNT = Param("integer", optional=True, minimum=0)
_NEWER_SWITCH = Param("boolean", optional=True, default=False, newer=True)
_GLOB = r"[A-Za-z0-9_.@:*?!\[\]/-]+"

ENDPOINTS = (
    Endpoint(
        "GET",
        "/nodes/{node}/journal",
        journal,
        _SYSLOG,
        {
            "node": NODE,
            "since": _TIME,
            "until": _TIME,
            "lastentries": _COUNT,
            "startcursor": _CURSOR,
            "endcursor": _CURSOR,
            **dict.fromkeys(("structured", "identifiers", "units", "kernel"), _NEWER_SWITCH),
            "priority": Param(optional=True, pattern=r"([0-7](\.\.[0-7])?)?", newer=True),
            "service": Param(optional=True, pattern=_GLOB, max_length=128, newer=True),
            "unit": Param(optional=True, pattern=r"[A-Za-z0-9_.@:-]+", max_length=256, newer=True),
        },
        proxied=True,
    ),
    Endpoint(
        "GET",
        "/nodes/{node}/syslog",
        syslog,
        _SYSLOG,
        {
            "node": NODE,
            "start": _COUNT,
            "limit": _COUNT,
            "since": _DATE,
            "until": _DATE,
            "service": Param(optional=True, max_length=128),
        },
        proxied=True,
    ),
)
