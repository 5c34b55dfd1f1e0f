"""`virton maintenance`: what the maintenance of nodes, one after the other, does; nothing is done."""

import json
from typing import Annotated

import typer

from virton.cli.asked import Asked, JsonOption
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.faults import in_words
from virton.cli.language import LanguageOption, sentences
from virton.cli.option_groups import with_groups
from virton.cli.terminal import terminal

NOT_BORNE = 3


@with_groups
def maintenance(
    *,
    source: Asked,
    node: Annotated[
        list[str] | None,
        typer.Option(metavar="NODE", help="A node to service; several in their order."),
    ] = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Plan the maintenance of nodes: who goes where, what cannot, what is borne meanwhile."""
    from virton.cli.maintenance_page import print_plan
    from virton.forecast.maintenance_asked import maintenance as asked
    from virton.forecast.question import QuestionError
    from virton.language.forecasts import told_maintenance

    situation = source.situation()
    try:
        plan = asked(situation, node or [])
    except QuestionError as error:
        complain(f"--node: {in_words(error)}", code=WRONG_INPUT)
    if as_json:
        typer.echo(json.dumps(plan, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        said = sentences(lang)
        print_plan(terminal(), said, told_maintenance(plan, said))
    if plan["bears"] is None:
        raise typer.Exit(NOT_BORNE)
