"""`virton doctor`: look at everything that the console needs, and say what to do."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.data_folder import default_data
from virton.cli.examination import Finding, Grade, of_cluster, of_this_machine
from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.listening import checked_proxies
from virton.cli.real_cluster import CaFileOption, FingerprintOption, client_of
from virton.cli.settings_file import SettingsFile, settings_file
from virton.cli.terminal import terminal
from virton.cli.token_check import PATIENCE, checked_token
from virton.language.sentences import Sentences

MARKS = {Grade.GOOD: ("✓", "green"), Grade.CAREFUL: ("!", "yellow"), Grade.BAD: ("✗", "bold red")}


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
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    lang: LanguageOption = None,
) -> None:
    """Look at everything that the console needs: each line is a finding, with what to do."""
    folder = data or default_data()
    file, path = settings_file(config, Path.cwd(), folder)
    typed = {
        "proxmox": proxmox,
        "token": token,
        "fingerprints": fingerprint,
        "ca_file": ca_file and str(ca_file.absolute()),
    }
    findings = asyncio.run(examined(file.overruled_by(typed), path, folder))
    said = sentences(lang)
    if as_json:
        typer.echo(json.dumps([told(one, said) for one in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            terminal(soft_wrap=True).print(line(finding, said))
    if any(finding.grade is Grade.BAD for finding in findings):
        raise typer.Exit(1)


async def examined(chosen: SettingsFile, path: Path | None, folder: Path) -> list[Finding]:
    """Return every finding."""
    checked_proxies(chosen.trusted_proxies)
    findings = list(of_this_machine(chosen, path, folder))
    if not chosen.proxmox:
        if chosen.token:
            complain("--token goes with --proxmox URL", code=WRONG_INPUT)
        return [*findings, Finding(Grade.GOOD, "embedded")]
    ca_file = Path(chosen.ca_file) if chosen.ca_file else None
    client = client_of(chosen.proxmox, chosen.fingerprints, ca_file)
    client.timeouts = PATIENCE
    try:
        token = checked_token(chosen.token)
        return findings + [finding async for finding in of_cluster(client, token)]
    finally:
        await client.aclose()


def told(finding: Finding, said: Sentences) -> dict[str, object]:
    """Return a finding for machines."""
    words = said.say(f"doctor.{finding.key}", finding.values)
    return {"grade": finding.grade, "finding": finding.key, **finding.values, "words": words}


def line(finding: Finding, said: Sentences) -> Text:
    """Return a finding in one line, and what to do in the next."""
    mark, colour = MARKS[finding.grade]
    words = printable(said.say(f"doctor.{finding.key}", finding.values))
    text = Text.assemble((mark, colour), " ", words)
    advice = f"doctor.{finding.key}.do"
    if advice in said.texts:
        text.append(f"\n  {printable(said.say(advice, finding.values))}", "dim")
    return text
