"""The cluster that a plan is made for: a captured one, a live one, or the one of virton.toml."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer

from virton.cli.asked import Source
from virton.cli.capture import is_typed
from virton.cli.complaint import complain
from virton.cli.data_folder import default_data
from virton.damage import DamagedError
from virton.forecast.situation import Situation, situation_of
from virton.plans.configured import configured
from virton.plans.domains import DomainsFile
from virton.plans.entries import Configured
from virton.simulation.scenario import ScenarioError

PlanDataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="VIRTON_DATA",
        metavar="DIR",
        help="Data folder: the console's, where its fault domains are, and where applies are kept.",
    ),
]


@dataclass(frozen=True)
class PlanSource:
    """A cluster as a plan finds it; without a capture or an address, virton.toml names it."""

    source: Source
    data: Path
    domains: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The capture."""
        return self.source.document()

    @cached_property
    def situation(self) -> Situation:
        """The cluster as questions are asked of it."""
        try:
            return situation_of(self.document)
        except ScenarioError as error:
            complain(f"{self.source.capture or 'the cluster'}: {error}")

    @cached_property
    def configured(self) -> Configured:
        """What is configured."""
        return configured(self.situation, self.document, self.domains)


def plan_source(
    context: typer.Context,
    data: Path | None,
    capture: Path | None,
    proxmox: list[str] | None,
    user: str | None,
    token: str | None,
    fingerprint: list[str] | None,
    ca_file: Path | None,
) -> PlanSource:
    """Return where the cluster is to be read from, and its fault domains."""
    folder = data or default_data()
    chosen = is_typed(context, "token")
    if capture is None and not proxmox:
        # What reads the settings file is loaded only where it is read.
        from virton.cli.settings_file import settings_file

        file, _ = settings_file(None, Path.cwd(), folder)
        proxmox, token = file.proxmox, token or (None if user else file.token)
        fingerprint = fingerprint or file.fingerprints
        ca_file = ca_file or (Path(file.ca_file) if file.ca_file else None)
    try:
        known = DomainsFile(folder).named() if capture is None or data is not None else {}
    except DamagedError as damaged:
        complain(str(damaged))
    source = Source(capture, proxmox, user, token, fingerprint, ca_file, chosen)
    return PlanSource(source, folder, known)
