"""All findings of `virton doctor`, looked at and printed."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from virton.cli.complaint import WRONG_INPUT, complain_of
from virton.cli.examination import Finding, Grade, of_cluster, of_this_machine
from virton.cli.language import printable
from virton.cli.listening import checked_proxies
from virton.cli.outside import of_outside
from virton.cli.real_cluster import client_of
from virton.cli.settings_file import SettingsFile, settings_file
from virton.cli.terminal import terminal
from virton.cli.token_check import PATIENCE, checked_token
from virton.language.sentences import Sentences

MARKS = {Grade.GOOD: ("✓", "green"), Grade.CAREFUL: ("!", "yellow"), Grade.BAD: ("✗", "bold red")}


def diagnose(
    config: Path | None,
    folder: Path,
    typed: Mapping[str, Any],
    said: Sentences,
    *,
    as_json: bool,
    outside: str | None = None,
) -> bool:
    """Print every finding; tell whether none of them is bad."""
    file, path = settings_file(config, Path.cwd(), folder)
    findings = asyncio.run(examined(file.overruled_by(typed), path, folder, outside))
    if as_json:
        typer.echo(json.dumps([told(one, said) for one in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            terminal(soft_wrap=True).print(line(finding, said))
    return all(finding.grade is not Grade.BAD for finding in findings)


async def examined(
    chosen: SettingsFile, path: Path | None, folder: Path, outside: str | None = None
) -> list[Finding]:
    """Return every finding; `outside` is the address at which people open the console."""
    checked_proxies(chosen.trusted_proxies)
    findings = list(of_this_machine(chosen, path, folder))
    if outside is not None:
        findings += [finding async for finding in of_outside(outside)]
    if not chosen.proxmox:
        if chosen.token:
            complain_of("cli.needs_proxmox", WRONG_INPUT, option="--token")
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
