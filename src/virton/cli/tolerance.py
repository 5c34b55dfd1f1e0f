"""`virton tolerance`: what a cluster bears, every node and pair and fault domain tried."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from virton.cli.asked import Asked, JsonOption
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of_failure
from virton.cli.faults import in_words
from virton.cli.forecast_page import STYLES
from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.option_groups import with_groups
from virton.cli.terminal import terminal
from virton.forecast.answer import Span
from virton.forecast.fates import Verdict
from virton.forecast.fit import Size, SizeError, fits
from virton.forecast.times import over, times_of
from virton.forecast.tolerance import Case, Row, Table
from virton.forecast.tolerance import tolerance as table_of
from virton.language.sentences import Sentences

NOT_BORNE = 3
Times = Mapping[Case, Span | None]
"""Between when everything runs again, by the fault."""


@with_groups
def tolerance(
    *,
    source: Asked,
    pairs: Annotated[bool, typer.Option("--pairs", help="Try every pair of nodes, too.")] = False,
    domains: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Fault domains, one a line: `rack A: node1, node2`; or JSON."
        ),
    ] = None,
    require: Annotated[
        int | None,
        typer.Option(min=1, max=2, help=f"Exit with {NOT_BORNE} unless so many nodes may be lost."),
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="How many more guests fit, as memory=8GiB,cores=4."),
    ] = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Try every node, and say what would come back, what would not, and why."""
    situation = source.situation()
    known = _domains(domains) if domains else {}
    if unknown := sorted({n for members in known.values() for n in members} - set(situation.nodes)):
        complain_of("cli.no_node", WRONG_INPUT, option="--domains", node=unknown[0])
    table = table_of(situation, pairs=pairs or require == 2, domains=known)
    times = {row.case: over(times_of(situation, row) or {}) for row in table.rows}
    size, count = _fit(fit), None
    if size is not None:
        count = fits(situation, size)
    borne = require is None or table.tolerates(require)
    if as_json:
        told = _json(table, times, require, borne, fit, count)
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        _print(terminal(), sentences(lang), table, times, fit, count)
    if not borne:
        raise typer.Exit(NOT_BORNE)


def _fit(words: str | None) -> Size | None:
    if words is None:
        return None
    try:
        return Size.parse(words)
    except SizeError as error:
        complain(f"--fit: {in_words(error)}", code=WRONG_INPUT)


def _domains(path: Path) -> dict[str, list[str]]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        facts = {"option": "--domains", "file": str(path), "why": words_of_failure(error)}
        complain_of("cli.unreadable", WRONG_INPUT, **facts)
    if text.lstrip().startswith("{"):
        try:
            told = json.loads(text)
        except ValueError:
            told = {"": None}
        if not all(isinstance(nodes, list) for nodes in told.values()):
            complain_of("cli.domains_no_lists", WRONG_INPUT, file=str(path))
        return {name: [str(node) for node in nodes] for name, nodes in told.items()}
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, colon, nodes = line.partition(":")
            if not colon:
                complain_of("cli.domains_no_colon", WRONG_INPUT, line=line.strip())
            found[name.strip()] = nodes.replace(",", " ").split()
    return found


def _json(
    table: Table,
    times: Times,
    require: int | None,
    borne: bool,
    fit: str | None,
    count: int | None,
) -> dict[str, Any]:
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


def _print(
    out: Console,
    said: Sentences,
    table: Table,
    times: Times,
    fit: str | None,
    count: int | None,
) -> None:
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
