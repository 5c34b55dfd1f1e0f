"""Logging in and out with the cluster's own credentials."""

import math
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import (
    Call,
    address_of,
    done,
    drop_session,
    keep_session,
    read_form,
)
from virton.console.problems import Refusal
from virton.console.session_cookie import COOKIE, Session
from virton.console.state import Console, console_of
from virton.console.translate import LoginForm
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.errors import ErrorCode
from virton.proxmox.second_factor import SecondFactorNeeded, SecondFactorRefused
from virton.throttle import Key, keys_of

LONGEST_WAIT_S = 300.0


async def log_in(request: Request) -> Response:
    """Open a session."""
    console = console_of(request)
    form = await read_form(request, LoginForm)
    address = address_of(request)
    # The cluster is asked for nothing, not even for its realms, by who has to wait.
    require_no_wait(console, keys_of(address, form.username, longest_s=LONGEST_WAIT_S)[:1])
    user = await _user(console, form)
    request.state.user = user
    keys = keys_of(address, user, longest_s=LONGEST_WAIT_S)
    require_no_wait(console, keys)
    console.throttle.attempt(*keys)
    session = await _open(console, user, form, keys)
    console.throttle.succeeded(*keys)
    standing = await console.sessions.standing(session)
    console.sessions.see(session, address_of(request))
    response = Answer(console.sessions.describe(session, standing))
    keep_session(request, response, session)
    return response


def require_no_wait(console: Console, keys: tuple[Key, ...]) -> None:
    """Refuse who has to wait after logins that failed."""
    wait_s = console.throttle.wait_s(*keys)
    if wait_s > 0:
        raise Refusal(429, "throttled", retry_after_s=math.ceil(wait_s))


async def _user(console: Console, form: LoginForm) -> str:
    """Return the whole name of who logs in; refuse where a password is of no use."""
    try:
        realms = {realm.realm: realm for realm in await ClusterApi(console.client).realms()}
    except ApiFailure as failure:
        if failure.error.status is None:
            raise
        # A cluster that tells no realms judges the login all the same.
        return form.user({form.username.rpartition("@")[2]})
    user = form.user(realms)
    realm = realms.get(user.rpartition("@")[2])
    if realm is not None and not realm.takes_password:
        raise Refusal(400, "openid", None, {"realm": "openid"})
    return user


async def _open(console: Console, user: str, form: LoginForm, keys: tuple[Key, ...]) -> Session:
    try:
        return await console.sessions.open(user, form.password, form.otp)
    except SecondFactorNeeded as needed:
        console.throttle.pardon(*keys)
        kinds = sorted(needed.kinds)
        if not needed.can_be_typed:
            raise Refusal(401, "second_factor_kind", kinds=kinds) from None
        raise Refusal(401, "second_factor", None, {"otp": "required"}, kinds=kinds) from None
    except SecondFactorRefused as refused:
        raise Refusal(401, "second_factor", refused.error.message, {"otp": "wrong"}) from None
    except ApiFailure as failure:
        if failure.error.code is not ErrorCode.AUTH:
            console.throttle.pardon(*keys)
        if failure.error.status == 503:
            again_s = failure.error.retry_after_s
            raise Refusal(503, "busy", retry_after_s=again_s) from None
        raise


async def log_out(request: Request) -> Response:
    """End the session, if there is one; its own page must ask for it."""
    console = console_of(request)
    session = console.sessions.read(request.cookies.get(COOKIE))
    request.state.user = session.user
    if not console.sessions.csrf_matches(session, request.headers.get("x-csrf-token")):
        raise Refusal(403, "csrf", "the request does not come from the console's page")
    console.sessions.end(session)
    response = done()
    drop_session(response)
    return response


async def show_session(call: Call) -> Response:
    """Tell who is logged in, and what they may do."""
    return done(call.console.sessions.describe(call.session, call.standing))


async def list_realms(request: Request) -> Response:
    """List where users can be looked up."""
    realms = await ClusterApi(console_of(request).client).realms()
    return Answer([asdict(realm) | {"password": realm.takes_password} for realm in realms])
