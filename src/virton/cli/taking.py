"""Take a capture of a live cluster: as whom it is asked, and what is wrong where that fails."""

import getpass
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from virton.cli.capture import PASSWORD, refusing
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of
from virton.cli.language import printable, sentences
from virton.cli.real_cluster import client_of
from virton.language.sentences import Sentences
from virton.proxmox import ApiError, ApiFailure, ApiToken
from virton.proxmox.credentials import TokenError
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
        refuse_failure(failure.error, asker)


@dataclass(frozen=True, slots=True)
class WayIn:
    """As whom to ask: with a token, or as a user with a password."""

    token: ApiToken | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    named_by: str = "--user"

    @property
    def option(self) -> str:
        """Return the option that names who asks."""
        return "--token" if self.token else self.named_by

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
                complain_of("cli.second_factor", WRONG_INPUT, user=self.user)
            code = _ask("code", user=self.user)
            return await api.log_in(self.user, self.password, now, code)


def way_in(user: str | None, token: str | None, *, chosen: bool) -> WayIn:
    """Return as whom to ask; a user goes before a token that was not chosen on the command line."""
    if user and token and chosen:
        complain_of("cli.not_both", WRONG_INPUT, option="--user", other="--token")
    if user:
        return person(user, "--user", PASSWORD)
    if not token:
        complain_of("cli.nobody_asks", WRONG_INPUT)
    with refusing(TokenError, option="--token"):
        return WayIn(ApiToken(token))


def person(user: str, option: str, variable: str) -> WayIn:
    """Return as whom to ask: a user whose password is a variable's, or asked for."""
    if "@" not in user.strip("@"):
        complain_of("cli.no_realm", WRONG_INPUT, user=user, option=option)
    password = os.environ.get(variable) or _ask("password", user=user, variable=variable)
    return WayIn(user=user, password=password, named_by=option)


def _ask(secret: str, **facts: str) -> str:
    """Ask for a secret without showing what is typed; where nobody types, read the next line."""
    if sys.stdin.isatty():
        try:
            given = getpass.getpass(f"{words_of(f'cli.ask.{secret}', **facts)}: ")
        except EOFError:
            given = ""
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    return given or complain_of(f"cli.not_given.{secret}", WRONG_INPUT, **facts)


async def take(client: "ProxmoxClient", asker: WayIn, *, anonymous: bool) -> bytes:
    """Capture a cluster, and close the connection."""
    from virton.proxmox import ClusterApi
    from virton.proxmox.capture import take_capture

    try:
        api = ClusterApi(client, await asker.credentials(client))
        return await take_capture(api, anonymous=anonymous)
    finally:
        await client.aclose()


def refuse_failure(error: ApiError, asker: WayIn, said: Sentences | None = None) -> NoReturn:
    """Say why the cluster did not do what was asked, by the option that it is about, and exit."""
    said = said or sentences()
    for name, words in sorted(error.fields.items()):
        option = f"--{name.replace('_', '-')}"
        complain(printable(f"{option}: {' '.join(words.split())}"), code=WRONG_INPUT)
    values = {"address": error.address or "", "user": asker.name, "option": asker.option}
    key = f"cli.refused.{error.code}"
    key = key if key in said.texts else "cli.refused.other"
    words = said.say(key, values | {"seconds": error.retry_after_s or 5})
    own = " ".join((error.message or "").split())
    advice = said.say("cli.refused.unknown", {}) if error.unknown else ""
    told = f"{words} ({own})" if own and error.code is not ErrorCode.AUTH else words
    if error.fingerprint:
        advice = said.say("cli.refused.pin", {"fingerprint": error.fingerprint})
    complain(printable(told), advice, WRONG_INPUT)
