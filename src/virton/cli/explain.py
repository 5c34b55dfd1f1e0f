"""`virton explain`: where a resource is, why there and not elsewhere, and how it got there."""

from typing import Annotated

import typer

from virton.cli.complaint import WRONG_INPUT, complain_of
from virton.cli.language import LanguageOption, sentences
from virton.cli.scenario_file import ScenarioArgument, opened, playable
from virton.cli.terminal import terminal


def explain(
    file: ScenarioArgument,
    resource: Annotated[str, typer.Option(metavar="SID", help="The resource, as vm:100.")],
    at: Annotated[
        int | None, typer.Option(min=0, metavar="SECOND", help="When; else at the end.")
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Tell where a resource of a scenario is, why there and on no other node, and since when."""
    from virton.cli.explain_page import Page
    from virton.forecast.account import NoSuchResourceError, account

    scenario = opened(file)
    try:
        with playable(file):
            found = account(scenario, resource, at)
    except NoSuchResourceError as error:
        facts = {"option": "--resource", "sid": resource, "known": str(error)}
        complain_of("cli.no_resource", WRONG_INPUT, **facts)
    Page(terminal(), sentences(lang), found).print()
