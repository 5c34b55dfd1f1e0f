"""Whether a real cluster takes the console's token: asked at the start, before anybody looks."""

import asyncio

from virton.cli.complaint import WRONG_INPUT, complain_of, words_of
from virton.console.watch.token import missing_privileges
from virton.proxmox import ApiFailure, ApiToken, ClusterApi, ProxmoxClient, Timeouts
from virton.proxmox.errors import ErrorCode
from virton.proxmox.plain_words import plain_words

PATIENCE = Timeouts(connect_s=3, read_s=5, whole_s=6)

Facts = tuple[tuple[str, str], ...]


def checked_token(token: str | None) -> str | None:
    """Return the token, if it is written like one."""
    try:
        return token and ApiToken(token).text
    except ValueError:
        complain_of("cli.no_token", WRONG_INPUT)


def token_facts(client: ProxmoxClient, token: str | None) -> Facts:
    """Ask with the token, over a connection that is closed after it; tell what is wrong with it."""
    if token is None:
        return ()
    client.timeouts = PATIENCE
    words = asyncio.run(_wrong_with(client, ApiToken(token)))
    return ((words_of("cli.start.careful"), words),) if words else ()


async def _wrong_with(client: ProxmoxClient, token: ApiToken) -> str | None:
    try:
        lacks = missing_privileges(await ClusterApi(client, token).permissions())
    except ApiFailure as failure:
        error = failure.error
        if error.code is ErrorCode.AUTH:
            return words_of("doctor.token.refused", token=token.name, detail=plain_words(error))
        return words_of("doctor.token.untried", token=token.name, detail=plain_words(error))
    finally:
        await client.aclose()
    if not lacks:
        return None
    return words_of("cli.start.token_lacks", token=token.name, lacks=lacks)
