"""The cluster of which a verb asks: a captured one, or a live one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton.cli.capture import PASSWORD, is_typed
from virton.cli.complaint import (
    WRONG_INPUT,
    complain,
    complain_of,
    words_of,
    words_of_failure,
)
from virton.cli.faults import in_words
from virton.cli.option_groups import MadeOf
from virton.cli.real_cluster import CaFileOption, FingerprintOption

# The model of the HA stack is loaded where a question is asked of it: help needs none.
if TYPE_CHECKING:
    from virton.forecast.situation import Situation

CaptureArgument = Annotated[
    Path | None,
    typer.Argument(metavar="CAPTURE", help="File of `virton capture`, or a scenario file."),
]
ProxmoxOption = Annotated[
    list[str] | None,
    typer.Option(
        "--proxmox", metavar="URL", help="A live cluster instead: a node's address, each once."
    ),
]
UserOption = Annotated[
    str | None,
    typer.Option(
        metavar="USER@REALM",
        help=f"Who asks, as root@pam. The password is {PASSWORD}'s, or asked for.",
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        envvar="VIRTON_TOKEN", help="API token to ask with instead, user@realm!id=secret."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the cluster is to be read from; `chosen` is a token that was typed."""

    capture: Path | None
    proxmox: list[str] | None
    user: str | None
    token: str | None
    fingerprint: list[str] | None
    ca_file: Path | None
    chosen: bool

    def document(self) -> dict[str, Any]:
        """Return the capture; exit with what is wrong where there is none."""
        if (self.capture is None) is not bool(self.proxmox):
            complain_of("cli.capture_or_proxmox", WRONG_INPUT)
        if self.capture is None:
            return self._live()
        return _read(self.capture)

    def situation(self) -> "Situation":
        """Return the cluster as a question finds it."""
        from virton.forecast.situation import situation_of
        from virton.simulation.scenario import ScenarioError

        document = self.document()
        try:
            return situation_of(document)
        except ScenarioError as error:
            name = self.capture or words_of("cli.the_cluster")
            complain(f"{name}: {in_words(error)}", code=WRONG_INPUT)

    def _live(self) -> dict[str, Any]:
        # What speaks HTTP is loaded only where a live cluster is asked.
        from virton.cli.taking import taken_from

        taken = taken_from(
            self.proxmox or [],
            self.fingerprint,
            self.ca_file,
            self.user,
            self.token,
            chosen=self.chosen,
        )
        document: dict[str, Any] = json.loads(taken)
        return document


def _source(
    context: typer.Context,
    capture: CaptureArgument = None,
    proxmox: ProxmoxOption = None,
    user: UserOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
) -> Source:
    typed = is_typed(context, "token")
    return Source(capture, proxmox, user, token, fingerprint, ca_file, typed)


Asked = Annotated[Source, MadeOf(_source)]


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        why = words_of_failure(error)
        complain_of("cli.unreadable", WRONG_INPUT, option="CAPTURE", file=str(path), why=why)
    except ValueError:
        complain_of("cli.no_json", WRONG_INPUT, option="CAPTURE", file=str(path))
    if not isinstance(document, dict):
        complain_of("cli.no_object", WRONG_INPUT, option="CAPTURE", file=str(path))
    return document
