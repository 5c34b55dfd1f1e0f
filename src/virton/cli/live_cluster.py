"""The live cluster of which a verb asks: the one that is named, or the one that is configured."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from virton.cli.asked import TokenOption, UserOption
from virton.cli.capture import is_typed
from virton.cli.data_folder import default_data
from virton.cli.option_groups import MadeOf
from virton.cli.real_cluster import CaFileOption, FingerprintOption, client_of
from virton.cli.serve_options import HOST, PORT
from virton.language.sentences import Sentences

# What speaks HTTP, and what reads the settings file, is loaded when the cluster is asked.
if TYPE_CHECKING:
    from virton.cli.settings_file import SettingsFile
    from virton.proxmox import ClusterApi

Answer = TypeVar("Answer")

ConfigOption = Annotated[
    Path | None, typer.Option(help="TOML file with the settings of the console.")
]
DataOption = Annotated[
    Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
]
LiveOption = Annotated[
    list[str] | None,
    typer.Option("--proxmox", metavar="URL", help="Address of a node; once for each."),
]


@dataclass(frozen=True, slots=True)
class LiveCluster:
    """Where the cluster is, and as whom to ask it; `typed` is a token on the command line."""

    proxmox: list[str] | None
    user: str | None
    token: str | None
    typed: bool
    fingerprint: list[str] | None
    ca_file: Path | None
    config: Path | None
    data: Path | None

    def ask(self, said: Sentences, work: Callable[["ClusterApi"], Awaitable[Answer]]) -> Answer:
        """Return the answer to a question; exit with what stands in the way, in one line."""
        import asyncio
        import logging

        from virton.cli import taking
        from virton.proxmox import ApiFailure, ClusterApi

        # What a console writes into its log, a verb tells by itself where it matters.
        logging.getLogger("virton").addHandler(logging.NullHandler())
        chosen = self._chosen()
        ca_file = Path(chosen.ca_file) if chosen.ca_file else None
        client = client_of(chosen.proxmox, chosen.fingerprints, ca_file)
        asker = taking.way_in(self.user, chosen.token, chosen=self.typed)

        async def asked() -> Answer:
            try:
                return await work(ClusterApi(client, await asker.credentials(client)))
            finally:
                await client.aclose()

        try:
            return asyncio.run(asked())
        except ApiFailure as failure:
            taking.refuse_failure(failure.error, asker, said)

    def _chosen(self) -> "SettingsFile":
        """Return the settings: what was typed, else the file's, else the console on this machine."""
        from virton.cli.settings_file import SettingsFile, settings_file

        file = SettingsFile()
        if not self.proxmox:
            file, _ = settings_file(self.config, Path.cwd(), self.data or default_data())
        chosen = file.overruled_by(
            {
                "proxmox": self.proxmox,
                "token": self.token,
                "fingerprints": self.fingerprint,
                "ca_file": self.ca_file and str(self.ca_file.absolute()),
            }
        )
        if chosen.proxmox:
            return chosen
        host = HOST if chosen.host in (None, "0.0.0.0", "::") else chosen.host
        shown = f"[{host}]" if host and ":" in host else host
        here = f"http://{shown}:{PORT if chosen.port is None else chosen.port}"
        return chosen.model_copy(update={"proxmox": [here]})


def _live_cluster(
    context: typer.Context,
    proxmox: LiveOption = None,
    user: UserOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> LiveCluster:
    typed = is_typed(context, "token")
    return LiveCluster(proxmox, user, token, typed, fingerprint, ca_file, config, data)


Live = Annotated[LiveCluster, MadeOf(_live_cluster)]
