"""The table of what a cluster bears, for a terminal and as JSON."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from virton.cli.forecast_page import STYLES
from virton.cli.language import printable
from virton.forecast.answer import Span
from virton.forecast.fates import Verdict
from virton.forecast.tolerance import Case, Row, Table
from virton.language.sentences import Sentences

Times = Mapping[Case, Span | None]
"""Between when everything runs again, by the fault."""


def as_json(
    table: Table,
    times: Times,
    require: int | None,
    borne: bool,
    fit: str | None,
    count: int | None,
) -> dict[str, Any]:
    """Return the table, and what was asked beside."""
    told: dict[str, Any] = {
        "version": 1,
        "capture": table.base.fingerprint,
        "clock": "paced",
        "rows": [row.to_json() | {"after_s": times[row.case]} for row in table.rows],
    }
    if require is not None:
        told["required"] = {"nodes": require, "borne": borne}
    if fit is not None:
        told["fit"] = {"size": fit, "count": count}
    return told


def print_table(
    out: Console,
    said: Sentences,
    table: Table,
    times: Times,
    fit: str | None,
    count: int | None,
) -> None:
    """Print the table, and how many guests of the size fit."""

    def text(key: str, **fields: Any) -> str:
        return printable(said.say(f"forecast.{key}", fields))

    grid = Grid(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for column in ("lost", "worst", "counts", "after", "resets"):
        grid.add_column(text(f"column.{column}"), overflow="fold", no_wrap=column == "after")
    for row in table.rows:
        worst = text(f"verdict.{row.worst}") if row.safe is False else text("safe")
        style = STYLES[row.worst] if not row.safe else "green"
        if row.safe and row.worst is Verdict.SQUEEZED:
            worst, style = text("verdict.squeezed"), STYLES[Verdict.SQUEEZED]
        grid.add_row(
            _lost(row, text),
            Text(worst, style),
            _counts(row, text),
            _after(times[row.case], text),
            ", ".join(row.resets),
        )
    out.print(grid)
    if fit is not None:
        out.print(text("fit", size=fit, count=count))


def _lost(row: Row, text: Any) -> str:
    named = row.case.name
    if row.case.kind == "domain":
        named = f"{named} ({', '.join(row.case.nodes)})"
    return printable(named)


def _after(span: Span | None, text: Any) -> str:
    return "" if span is None else str(text("span", from_s=span[0], to_s=span[1]))


def _counts(row: Row, text: Any) -> str:
    parts = []
    for verdict, count in row.counts.items():
        if not count or verdict is Verdict.STAYS:
            continue
        bad = verdict in (Verdict.CANNOT_START, Verdict.NOT_PLACED)
        sids = [s for s, told in sorted(row.touched.items()) if told[0].verdict is verdict]
        named = f" ({', '.join(sids[:3])}{' …' if len(sids) > 3 else ''})" if bad else ""
        parts.append(f"{text(f'verdict.{verdict}')} {count}{named}")
    return ", ".join(parts)
