"""The second person whom the console's settings want (`four_eyes`): who agrees logs in here."""

from pathlib import Path
from typing import Annotated

import typer

from virton.cli import taking
from virton.cli.complaint import complain
from virton.cli.language import Language
from virton.cli.live_plan import Session, confirmed, text
from virton.cli.plan_source import PlanSource

PASSWORD = "VIRTON_SECOND_PASSWORD"  # noqa: S105 - where it is, not what it is
CONSOLE = "Sys.Console"

SecondOption = Annotated[
    str | None,
    typer.Option(
        "--second",
        metavar="USER@REALM",
        help="Who agrees where the settings want four eyes; logs in here, or by VIRTON_SECOND_PASSWORD.",
    ),
]


def agrees_first(source: PlanSource, second: str | None, lang: Language | None) -> bool:
    """Tell whether somebody has to agree; end where the settings want that and nobody is named."""
    # What reads the settings file is loaded only where it is read.
    from virton.cli.settings_file import settings_file

    file, path = settings_file(None, Path.cwd(), source.data)
    if file.four_eyes and second is None:
        complain(text(lang, "second.needed", file=str(path)), text(lang, "second.how"))
    return second is not None


async def agreed(
    session: Session, source: PlanSource, second: str | None, lang: Language | None, *, yes: bool
) -> None:
    """Have the first one say yes, then the second one log in; end where that is the same person."""
    from virton.proxmox import ApiFailure, ClusterApi

    confirmed(lang, "sure", yes=yes)
    if not agrees_first(source, second, lang) or second is None:
        return
    if second == session.user:
        complain(text(lang, "second.same", user=second))
    asker = taking.person(second, "--second", PASSWORD)
    client = session.desk.api.client
    try:
        held = await ClusterApi(client, await asker.credentials(client)).permissions()
    except ApiFailure as failure:
        taking.refuse_failure(failure.error, asker)
    if CONSOLE not in held.on("/"):
        complain(text(lang, "second.may_not", user=second, privilege=CONSOLE))
