"""`virton why`: why a resource is where it is, what would be otherwise, and what helps."""

import json
from typing import Annotated

import typer

from virton.cli.asked import Asked, JsonOption
from virton.cli.complaint import WRONG_INPUT, complain_of
from virton.cli.language import LanguageOption, sentences
from virton.cli.option_groups import with_groups
from virton.cli.terminal import terminal


@with_groups
def why(
    *,
    sid: Annotated[str, typer.Argument(metavar="SID", help="The resource, as vm:100.")],
    source: Asked,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Tell why a resource is where it is, why not elsewhere, and what would have to change."""
    from virton.cli.why_page import Page
    from virton.forecast.reasons import NoSuchResourceError, reasons

    situation = source.situation()
    try:
        found = reasons(situation, sid)
    except NoSuchResourceError as error:
        complain_of("cli.no_resource", WRONG_INPUT, option="SID", sid=sid, known=str(error))
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1, sort_keys=True))
    else:
        Page(terminal(), sentences(lang), found).print()
