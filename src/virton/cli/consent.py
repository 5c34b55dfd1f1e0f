"""What may be done without asking, as verbs that change something are told it."""

from dataclasses import dataclass
from typing import Annotated

import typer

from virton.cli.option_groups import MadeOf

YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Save without asking, where nothing is borne less well.")
]
AcceptOption = Annotated[
    bool,
    typer.Option(
        "--accept-worse", help="Save without asking, though less would come back after a failure."
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Tell the effect alone; save nothing.")
]


@dataclass(frozen=True, slots=True)
class Consent:
    """What may be done without asking."""

    yes: bool
    accept_worse: bool
    dry_run: bool


def _consent(
    yes: YesOption = False, accept_worse: AcceptOption = False, dry_run: DryRunOption = False
) -> Consent:
    return Consent(yes, accept_worse, dry_run)


Consented = Annotated[Consent, MadeOf(_consent)]
