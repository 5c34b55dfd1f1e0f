"""`virton doctor`: look at everything that the console needs, and say what to do."""

from pathlib import Path
from typing import Annotated

import typer

from virton.cli.data_folder import default_data
from virton.cli.language import LanguageOption, sentences
from virton.cli.real_cluster import CaFileOption, FingerprintOption


def doctor(
    config: Annotated[Path | None, typer.Option(help="The settings file to look at.")] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
    ] = None,
    proxmox: Annotated[
        list[str] | None,
        typer.Option("--proxmox", metavar="URL", help="Address of a node; once for each."),
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="VIRTON_TOKEN", help="API token, user@realm!id=secret.")
    ] = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    outside: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The address at which people open the console: what stands between is looked at.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    lang: LanguageOption = None,
) -> None:
    """Look at everything that the console needs: each line is a finding, with what to do."""
    # All that is looked at is loaded only now: the help of the verbs comes without it.
    from virton.cli.diagnosis import diagnose

    typed = {
        "proxmox": proxmox,
        "token": token,
        "fingerprints": fingerprint,
        "ca_file": ca_file and str(ca_file.absolute()),
    }
    said, folder = sentences(lang), data or default_data()
    if not diagnose(config, folder, typed, said, as_json=as_json, outside=outside):
        raise typer.Exit(1)
