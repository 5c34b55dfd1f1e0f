"""A node's journal, as far as the HA stack wrote it, line by line from a cursor on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from virton.proxmox.api import ClusterApi
from virton.proxmox.values import integer, text
from virton.story.journal import JournalLine

DAEMONS = "pve-ha-?rm"
STRUCTURED_SINCE = (9, 2, 4)

_LINE = re.compile(r"(\w{3} [ \d]\d \d{2}:\d{2}:\d{2}) \S+ ([\w.@-]+)\[\d+\]: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pages:
    """Lines of a node's journal, and the cursor behind which more will follow."""

    lines: tuple[JournalLine, ...]
    cursor: str | None


async def read_journal(
    api: ClusterApi,
    node: str,
    *,
    cursor: str | None,
    since_s: int,
    structured: bool,
    ahead_s: int = 0,
) -> Pages:
    """Read what CRM and LRM of a node wrote since a cursor, or since a time; raises ApiFailure.

    `ahead_s` is by how much the node's local time is ahead of UTC: older versions tell that one.
    """
    params: dict[str, Any] = {"startcursor": cursor} if cursor else {"since": since_s}
    if structured:
        params |= {"structured": 1, "service": DAEMONS}
    answer = await api.read(f"/nodes/{node}/journal", _listed, **params)
    pages = _structured(node, answer) if structured else _plain(node, answer, since_s, ahead_s)
    return pages if pages.cursor else Pages(pages.lines, cursor)


def _listed(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError(f"a list was expected, not {type(data).__name__}")
    return data


def _structured(node: str, answer: list[Any]) -> Pages:
    lines, cursor = [], None
    for row in answer:
        if not isinstance(row, Mapping):
            continue
        if row.get("ty") == "cursor":
            cursor = text(row.get("c"))
        elif (at_us := integer(row.get("t"))) is not None:
            unit, said = text(row.get("id")) or "", text(row.get("msg")) or ""
            lines.append(JournalLine(at_us / 1_000_000, node, unit, said))
    return Pages(tuple(lines), cursor)


def _plain(node: str, answer: list[Any], since_s: int, ahead_s: int) -> Pages:
    """Read lines as `journalctl` shows them: the first and the last are cursors."""
    if len(answer) < 2:
        return Pages((), None)
    lines = [_line(node, str(row), since_s, ahead_s) for row in answer[1:-1]]
    return Pages(tuple(line for line in lines if line is not None), str(answer[-1]))


def _line(node: str, row: str, since_s: int, ahead_s: int) -> JournalLine | None:
    match = _LINE.fullmatch(row)
    if match is None:
        return None
    told, unit, said = match.groups()
    return JournalLine(_time(told, since_s, ahead_s), node, unit, said)


def _time(told: str, since_s: int, ahead_s: int) -> float:
    """Read `Nov 26 19:05:32`, which keeps the year to itself: it is the first that fits."""
    zone_s = timedelta(seconds=ahead_s)
    first = datetime.fromtimestamp(since_s, UTC) + zone_s - timedelta(days=1)
    for year in (first.year, first.year + 1, first.year + 2, first.year + 3, first.year + 4):
        try:
            at = datetime.strptime(f"{year} {told}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            continue
        if at >= first:
            return (at - zone_s).timestamp()
    return float(since_s)
