"""Take a capture of a live cluster: as whom it is asked, and what is wrong where that fails."""

import getpass
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from virton.cli.capture import PASSWORD, refuse, refusing
from virton.cli.real_cluster import client_of
from virton.proxmox import ApiError, ApiFailure, ApiToken
from virton.proxmox.errors import ErrorCode
from virton.proxmox.second_factor import SecondFactorNeeded

# What speaks HTTP is loaded when a cluster is asked.
if TYPE_CHECKING:
    from virton.proxmox import Credentials, ProxmoxClient


def taken_from(
    addresses: list[str],
    fingerprints: list[str] | None,
    ca_file: Path | None,
    user: str | None,
    token: str | None,
    *,
    chosen: bool,
    anonymous: bool = False,
) -> bytes:
    """Capture the cluster at these addresses, or exit with what is wrong with which option."""
    import asyncio

    client = client_of(addresses, fingerprints or [], ca_file)
    asker = way_in(user, token, chosen=chosen)
    try:
        return asyncio.run(take(client, asker, anonymous=anonymous))
    except ApiFailure as failure:
        refuse(explained(failure.error, asker))


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

    async def credentials(self, client: "ProxmoxClient") -> "Credentials":
        """Return what to ask with; a second factor is asked for where there is one."""
        from virton.proxmox import ClusterApi

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
    with refusing(ValueError, option="--token"):
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


async def take(client: "ProxmoxClient", asker: WayIn, *, anonymous: bool) -> bytes:
    """Capture a cluster, and close the connection."""
    from virton.proxmox import ClusterApi
    from virton.proxmox.capture import take_capture

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
