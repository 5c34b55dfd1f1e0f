"""`virton capture`: write a cluster into a file that `simulate` and `forecast` open."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of_failure
from virton.cli.faults import in_words
from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.real_cluster import CaFileOption, FingerprintOption

PASSWORD = "VIRTON_PASSWORD"  # noqa: S105  (where the password stands, not the password)
STDOUT = "-"


def capture(
    context: typer.Context,
    proxmox: Annotated[
        list[str],
        typer.Option(
            "--proxmox",
            metavar="URL",
            help="Address of a node of the Proxmox VE cluster; once for each node.",
        ),
    ],
    out: Annotated[
        str, typer.Option(metavar="FILE", help="File to write; - for the standard output.")
    ],
    user: Annotated[
        str | None,
        typer.Option(
            metavar="USER@REALM",
            help=f"Who asks, as root@pam. The password is {PASSWORD}'s, or asked for.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="VIRTON_TOKEN", help="API token to ask with instead, user@realm!id=secret."
        ),
    ] = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    anonymize: Annotated[
        bool,
        typer.Option(
            "--anonymize",
            help="Call nodes, guests, rules and groups by numbers, and leave out free texts.",
        ),
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Capture a cluster into one file, which is played on from where the cluster stands.

    Asking needs Sys.Audit on / and VM.Audit on /vms. No secrets are captured.
    """
    from virton.cli.taking import taken_from

    target, chosen = _target(out), is_typed(context, "token")
    taken = taken_from(
        proxmox, fingerprint, ca_file, user, token, chosen=chosen, anonymous=anonymize
    )
    _write(target, taken)
    remarked, said = json.loads(taken)["about"]["remarks"], sentences(lang)
    for remark in remarked:
        text = said.say(f"capture.remark.{remark['remark']}", remark)
        typer.echo(f"virton: {printable(text)}", err=True)


def is_typed(context: typer.Context, option: str) -> bool:
    """Tell whether an option was typed, not found in the environment."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def refuse(problem: str) -> NoReturn:
    """Say in one line what stands in the way; exit with 2."""
    complain(" ".join(problem.split()), code=WRONG_INPUT)


@contextlib.contextmanager
def refusing(*kinds: type[Exception], option: str) -> Iterator[None]:
    """Say of these failures which option they come of; exit with 2."""
    try:
        yield
    except kinds as failure:
        if isinstance(failure, OSError):
            refuse(f"{option}: {words_of_failure(failure)}")
        refuse(f"{option}: {in_words(failure)}")


# the file


def _target(out: str) -> Path | None:
    """Return the file to write, if it can be; None for the standard output."""
    if out == STDOUT:
        return None
    path = Path(out).resolve()
    if path.is_dir():
        complain_of("cli.is_folder", WRONG_INPUT, option="--out", folder=out)
    if not path.parent.is_dir():
        complain_of("cli.no_folder", WRONG_INPUT, option="--out", folder=str(path.parent))
    return path


def _write(target: Path | None, taken: bytes) -> None:
    """Write the whole file or none: a capture that was there before stays until the end."""
    if target is None:
        typer.echo(taken, nl=False)
        return
    with refusing(OSError, option="--out"):
        if target.exists() and not target.is_file():
            target.write_bytes(taken)
            return
        part = target.with_name(f"{target.name}.part")
        part.write_bytes(taken)
        part.replace(target)
