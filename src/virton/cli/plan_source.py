"""The cluster that a plan is made for: a captured one, a live one, or the one of virton.toml."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton.cli.asked import CaptureArgument, ProxmoxOption, Source, TokenOption, UserOption
from virton.cli.capture import is_typed
from virton.cli.complaint import complain, words_of
from virton.cli.data_folder import default_data
from virton.cli.faults import in_words
from virton.cli.option_groups import MadeOf
from virton.cli.real_cluster import CaFileOption, FingerprintOption
from virton.damage import DamagedError
from virton.plans.domains import DomainsFile, Named

# The model of the HA stack is loaded where a question is asked of it: help needs none.
if TYPE_CHECKING:
    from virton.forecast.situation import Situation
    from virton.plans.entries import Configured

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
    """A cluster as a plan finds it; without a capture or an address, virton.toml names it.

    `domains` are its fault domains; None: of a capture nothing is known of them.
    """

    source: Source
    data: Path
    domains: Named | None = None

    @cached_property
    def document(self) -> dict[str, Any]:
        """The capture."""
        return self.source.document()

    @cached_property
    def situation(self) -> "Situation":
        """The cluster as questions are asked of it."""
        from virton.forecast.situation import situation_of
        from virton.simulation.scenario import ScenarioError

        try:
            return situation_of(self.document)
        except ScenarioError as error:
            name = self.source.capture or words_of("cli.the_cluster")
            complain(f"{name}: {in_words(error)}")

    @cached_property
    def configured(self) -> "Configured":
        """What is configured."""
        from virton.plans.configured import configured

        return configured(self.situation, self.document, self.domains)


@dataclass(frozen=True)
class PlanAsked:
    """Where a plan's cluster is to be read from, as it was typed; `typed` is a token that was."""

    capture: Path | None
    proxmox: list[str] | None
    user: str | None
    token: str | None
    typed: bool
    fingerprint: list[str] | None
    ca_file: Path | None
    data: Path | None

    def source(self) -> PlanSource:
        """Return the cluster, and its fault domains; exit with what is wrong with the settings."""
        folder = self.data or default_data()
        source = self._chosen(folder)
        try:
            is_live = self.capture is None or self.data is not None
            known = DomainsFile(folder).named() if is_live else None
        except DamagedError as damaged:
            complain(in_words(damaged), in_words(damaged.advice))
        return PlanSource(source, folder, known)

    def _chosen(self, folder: Path) -> Source:
        """Return what was typed, else what virton.toml says."""
        proxmox, token = self.proxmox, self.token
        fingerprint, ca_file = self.fingerprint, self.ca_file
        if self.capture is None and not proxmox:
            # What reads the settings file is loaded only where it is read.
            from virton.cli.settings_file import settings_file

            file, _ = settings_file(None, Path.cwd(), folder)
            proxmox, token = file.proxmox, token or (None if self.user else file.token)
            fingerprint = fingerprint or file.fingerprints
            ca_file = ca_file or (Path(file.ca_file) if file.ca_file else None)
        return Source(self.capture, proxmox, self.user, token, fingerprint, ca_file, self.typed)


def _any_cluster(
    context: typer.Context,
    capture: CaptureArgument = None,
    proxmox: ProxmoxOption = None,
    user: UserOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    data: PlanDataOption = None,
) -> PlanAsked:
    typed = is_typed(context, "token")
    return PlanAsked(capture, proxmox, user, token, typed, fingerprint, ca_file, data)


def _live_cluster(
    context: typer.Context,
    proxmox: ProxmoxOption = None,
    user: UserOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    data: PlanDataOption = None,
) -> PlanAsked:
    return _any_cluster(context, None, proxmox, user, token, fingerprint, ca_file, data)


AnyCluster = Annotated[PlanAsked, MadeOf(_any_cluster)]
LiveCluster = Annotated[PlanAsked, MadeOf(_live_cluster)]
