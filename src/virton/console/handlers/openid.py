"""Logging in at a provider of the cluster's (OpenID): sent there, and back with a code.

The cluster does it all: it makes the address, and exchanges the code for a ticket. The console sees to it
that who comes back is who was sent: else somebody could have another log in as himself.
"""

import hmac
from urllib.parse import parse_qs, urlsplit

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import address_of, keep_session, read_form
from virton.console.handlers.session import LONGEST_WAIT_S, require_no_wait
from virton.console.problems import Refusal
from virton.console.session_cookie import Session
from virton.console.state import Console, console_of
from virton.console.translate import Form
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.errors import ErrorCode
from virton.throttle import keys_of

COOKIE = "virton_openid"
WITHIN_S = 600


class Beginning(Form):
    """Where the user is known."""

    realm: str = Field(min_length=1, max_length=64)


class Return(Form):
    """What the provider has sent the user back with."""

    code: str = Field(min_length=1, max_length=4096, repr=False)
    state: str = Field(min_length=1, max_length=4096, repr=False)


async def begin(request: Request) -> Response:
    """Tell where to log in, and remember in the browser that it was sent there."""
    console = console_of(request)
    form = await read_form(request, Beginning)
    keys = keys_of(address_of(request), form.realm, longest_s=LONGEST_WAIT_S)[:1]
    require_no_wait(console, keys)
    url = await ClusterApi(console.client).openid_address(form.realm, _back(request))
    state = parse_qs(urlsplit(url).query).get("state", [""])[0]
    if urlsplit(url).scheme not in ("https", "http") or not state:
        raise Refusal(502, "protocol", "the cluster names no provider to log in at")
    answer = Answer({"url": url})
    answer.set_cookie(
        COOKIE,
        console.sessions.seal(state),
        max_age=WITHIN_S,
        path=f"{console.settings.prefix}/api/openid",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def end(request: Request) -> Response:
    """Open a session for who comes back from where they were sent."""
    console = console_of(request)
    form = await read_form(request, Return)
    request.state.params = {}  # of which the audit is told: a code is a secret, too
    keys = keys_of(address_of(request), "openid", longest_s=LONGEST_WAIT_S)[:1]
    require_no_wait(console, keys)
    begun = request.cookies.get(COOKIE, "")
    if not hmac.compare_digest(console.sessions.seal(form.state).encode(), begun.encode()):
        raise Refusal(403, "openid_state", "this login was not begun in this browser")
    console.throttle.attempt(*keys)
    request.state.user = "openid"  # whose code it is, the cluster alone can tell
    session = await _session(console, form, _back(request))
    console.throttle.succeeded(*keys)
    request.state.user = session.user
    standing = await console.sessions.standing(session)
    console.sessions.see(session, address_of(request))
    response = Answer(console.sessions.describe(session, standing))
    keep_session(request, response, session)
    response.delete_cookie(
        COOKIE, path=f"{console.settings.prefix}/api/openid", httponly=True, samesite="strict"
    )
    return response


async def _session(console: Console, form: Return, back: str) -> Session:
    try:
        return await console.sessions.open_by_code(form.code, form.state, back)
    except ApiFailure as failure:
        if failure.error.code is ErrorCode.AUTH:
            raise Refusal(401, "openid_refused", failure.error.message) from None
        raise


def _back(request: Request) -> str:
    """Return the address of the login page, as the browser knows it."""
    prefix = console_of(request).settings.prefix
    return f"{request.url.scheme}://{request.url.netloc}{prefix}/login"
