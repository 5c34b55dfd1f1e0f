"""`virton export`: write what is configured as the file that `plan` and `apply` read."""

from pathlib import Path
from typing import Annotated

import typer

from virton.cli.asked import CaptureArgument, ProxmoxOption, TokenOption, UserOption
from virton.cli.complaint import complain
from virton.cli.desired_file import desired_in, text_in
from virton.cli.exit_codes import OneForErrors, errors_exit_with_one
from virton.cli.language import LanguageOption
from virton.cli.plan_source import PlanDataOption, plan_source
from virton.cli.real_cluster import CaFileOption, FingerprintOption
from virton.plans.export import export as exported

COMMAND = OneForErrors


def export(
    context: typer.Context,
    capture: CaptureArgument = None,
    proxmox: ProxmoxOption = None,
    user: UserOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    data: PlanDataOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File to write. One that exists is brought up to date: its comments, its order, "
            "its groups and objectives stay.",
        ),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Write resources, rules, fault domains and HA settings as YAML."""
    with errors_exit_with_one():
        source = plan_source(context, data, capture, proxmox, user, token, fingerprint, ca_file)
        before = None
        if out is not None and out.exists():
            desired_in(out, lang)
            before = text_in(out)
        text = exported(source.configured, before)
        if out is None:
            typer.echo(text, nl=False)
            return
        try:
            out.write_text(text, "utf-8")
        except OSError as failure:
            complain(f"--out: {failure.strerror or failure}")
