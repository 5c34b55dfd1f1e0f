"""`virton tolerance`: what a cluster bears, every node and pair and fault domain tried."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton.cli.asked import Asked, JsonOption
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of_failure
from virton.cli.faults import in_words
from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.option_groups import with_groups
from virton.cli.terminal import terminal

# The model of the HA stack is loaded where a question is asked of it: help needs none.
if TYPE_CHECKING:
    from virton.forecast.fit import Size
    from virton.forecast.situation import Situation

NOT_BORNE = 3


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
    advise: Annotated[
        bool,
        typer.Option(
            "--advise", help="Say what mends the losses that are not borne, the cheapest way."
        ),
    ] = False,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Try every node, and say what would come back, what would not, and why."""
    from virton.cli import tolerance_page as page
    from virton.forecast.fit import fits
    from virton.forecast.times import over, times_of
    from virton.forecast.tolerance import tolerance as table_of

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
    lacking, advice = False, None
    if advise:
        lacking, advice = _advised(situation, known, pairs=pairs or require == 2)
    if as_json:
        told = page.as_json(table, times, require, borne, fit, count)
        told |= {"advice": advice} if advise else {}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        page.print_table(terminal(), sentences(lang), table, times, fit, count)
        if lacking:
            from virton.language import plans

            line = plans.told_advice(advice, sentences(lang))
            terminal(soft_wrap=True).print(printable(line))
    if not borne:
        raise typer.Exit(NOT_BORNE)


def _advised(
    situation: "Situation", domains: dict[str, list[str]], *, pairs: bool
) -> tuple[bool, dict[str, Any] | None]:
    """Tell whether a loss of nodes is not borne, and what mends that, if anything does."""
    from virton.plans.advising import advise
    from virton.plans.objectives import Objective
    from virton.plans.verifying import verify

    after = ("node", *(("pair",) if pairs else ()), *(("domain",) if domains else ()))
    wanted = Objective("tolerance", "tolerates", after=after)
    [found] = verify(situation, [wanted], domains)
    if found.broken is None:
        return False, None
    advice = advise(situation, wanted, found.broken, (), domains)
    return True, None if advice is None else advice.to_json()


def _fit(words: str | None) -> "Size | None":
    from virton.forecast.fit import Size, SizeError

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
