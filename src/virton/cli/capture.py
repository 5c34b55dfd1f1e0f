"""`virton capture`: write a cluster into a file that `simulate` and `forecast` open."""

import asyncio
import contextlib
import getpass
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.real_cluster import CaFileOption, FingerprintOption, client_of
from virton.proxmox import (
    ApiError,
    ApiFailure,
    ApiToken,
    ClusterApi,
    Credentials,
    ProxmoxClient,
)
from virton.proxmox.capture import take_capture
from virton.proxmox.errors import ErrorCode
from virton.proxmox.second_factor import SecondFactorNeeded

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
    target = _target(out)
    client = client_of(proxmox, fingerprint or [], ca_file)
    asker = way_in(user, token, chosen=is_typed(context, "token"))
    try:
        taken = asyncio.run(take(client, asker, anonymous=anonymize))
    except ApiFailure as failure:
        refuse(explained(failure.error, asker))
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
def _refusing(*kinds: type[Exception], option: str) -> Iterator[None]:
    try:
        yield
    except kinds as failure:
        words = failure.strerror if isinstance(failure, OSError) else None
        refuse(f"{option}: {words or failure}")


# whom to ask, and as whom


@dataclass(frozen=True, slots=True)
class WayIn:
    """As whom to ask: with a token, or as a user with a password."""

    token: ApiToken | None = None
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def option(self) -> str:
        """Return the option that names who asks."""
        return "--token" if self.token else "--user"

    @property
    def name(self) -> str:
        """Return who asks."""
        return self.token.name if self.token else self.user

    async def credentials(self, client: ProxmoxClient) -> Credentials:
        """Return what to ask with; a second factor is asked for where there is one."""
        if self.token:
            return self.token
        api, now = ClusterApi(client), int(time.time())
        try:
            return await api.log_in(self.user, self.password, now)
        except SecondFactorNeeded as needed:
            if not needed.can_be_typed:
                refuse(f"--user: the second factor of {self.user} is no code; ask with --token")
            missing = f"--user: {self.user} has a second factor, and its code was not given"
            code = _ask(f"Code of the second factor of {self.user}", missing)
            return await api.log_in(self.user, self.password, now, code)


def way_in(user: str | None, token: str | None, *, chosen: bool) -> WayIn:
    """Return as whom to ask; a user goes before a token that was not chosen on the command line."""
    if user and token and chosen:
        refuse("give either --user or --token, not both")
    if user:
        if "@" not in user.strip("@"):
            refuse(f"--user: {user!r} lacks its realm, as in root@pam")
        missing = f"no password: set {PASSWORD}, or ask with --token"
        return WayIn(user=user, password=_password(user, missing))
    if not token:
        refuse("give --user root@pam, or --token user@realm!id=secret")
    with _refusing(ValueError, option="--token"):
        return WayIn(ApiToken(token))


def _password(user: str, missing: str) -> str:
    return os.environ.get(PASSWORD) or _ask(f"Password of {user}", missing)


def _ask(question: str, missing: str) -> str:
    """Ask for a secret without showing what is typed; where nobody types, read the next line."""
    if sys.stdin.isatty():
        try:
            given = getpass.getpass(f"{question}: ")
        except EOFError:
            given = ""
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    return given or refuse(missing)


async def take(client: ProxmoxClient, asker: WayIn, *, anonymous: bool) -> bytes:
    """Capture a cluster, and close the connection."""
    try:
        api = ClusterApi(client, await asker.credentials(client))
        return await take_capture(api, anonymous=anonymous)
    finally:
        await client.aclose()


def explained(error: ApiError, asker: WayIn) -> str:
    """Return why a cluster could not be captured, and which option to look at."""
    words = error.words
    match error.code:
        case ErrorCode.TLS:
            shown = f": compare it and pin it: {error.fingerprint}" if error.fingerprint else ""
            return f"--fingerprint: {error.address} is not trusted ({words}){shown}"
        case ErrorCode.AUTH:
            return f"{asker.option}: {asker.name} is not let in: {words}"
        case ErrorCode.THROTTLED:
            return f"{asker.option}: too many attempts, wait {error.retry_after_s or 'a few'} s"
        case ErrorCode.FORBIDDEN:
            return f"{asker.option}: {asker.name} may not read all that is needed: {words}"
        case _ if error.status is None:
            return f"--proxmox: {error.address} cannot be asked ({error.code}): {words}"
        case _:
            return f"--proxmox: the cluster answered {error.status}: {words}"


# the file


def _target(out: str) -> Path | None:
    """Return the file to write, if it can be; None for the standard output."""
    if out == STDOUT:
        return None
    path = Path(out).resolve()
    if path.is_dir():
        refuse(f"--out: {out} is a folder")
    if not path.parent.is_dir():
        refuse(f"--out: there is no folder {path.parent}")
    return path


def _write(target: Path | None, taken: bytes) -> None:
    """Write the whole file or none: a capture that was there before stays until the end."""
    if target is None:
        typer.echo(taken, nl=False)
        return
    with _refusing(OSError, option="--out"):
        if target.exists() and not target.is_file():
            target.write_bytes(taken)
            return
        part = target.with_name(f"{target.name}.part")
        part.write_bytes(taken)
        part.replace(target)
