"""Every path of the JSON API passes here: session, CSRF token, errors, renewed cookie."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.page.sight import sees_all_guests
from virton.console.problems import Refusal, failed, refused
from virton.console.session_cookie import COOKIE, Session
from virton.console.standings import GUEST_AUDIT, Standing, missing
from virton.console.state import Console, console_of
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.credentials import TICKET_LIFE_S
from virton.proxmox.errors import ErrorCode
from virton.rare_log import RareLog
from virton.strict_json import read_json as parsed

Form = TypeVar("Form", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]
LONGEST_BODY = 1 << 20
_BY_ITSELF = (
    "/api/snapshot",
    "/api/stream",
    "/api/forecast/table",
    "/api/forecast/fence-clock",
    "/api/history/latest",
    "/api/lab",
    "/api/maintenance",
    "/api/plans",
    "/api/drill",
)
"""What an open page reads although nobody touches it."""
log = RareLog(logging.getLogger(__name__))


@dataclass(frozen=True, slots=True)
class Call:
    """A request of somebody who is logged in."""

    request: Request
    console: Console
    session: Session
    standing: Standing

    @property
    def api(self) -> ClusterApi:
        """Return the cluster as this user may use it."""
        return ClusterApi(self.console.client, self.session.ticket)

    def require(self, privilege: str, path: str = "/") -> None:
        """Refuse whoever lacks a privilege on a path, as the cluster would; raises ApiFailure."""
        if privilege not in self.standing.permissions.on(path):
            raise ApiFailure(missing(privilege, path))

    def require_all_guests(self) -> None:
        """Refuse whoever may not see every guest, whatever guests there will be; raises ApiFailure."""
        if not sees_all_guests(self.standing.permissions):
            raise ApiFailure(missing(GUEST_AUDIT, "/vms"))

    async def form(self, form: type[Form]) -> Form:
        """Read the body."""
        return await read_form(self.request, form)


def answered(handler: Callable[[Request], Awaitable[Response]]) -> Endpoint:
    """Turn a handler's refusals and failures into answers."""

    async def endpoint(request: Request) -> Response:
        response = await answer(request)
        console_of(request).auditor.note(request, response.status_code)
        return response

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            _note(request, refusal.status, str(refusal))
            return refused(refusal)
        except ApiFailure as failure:
            return _failed(request, failure)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody will read
        except Exception:
            log.exception(f"{request.method} {_shape(request)} failed")
            _note(request, 500, "a mistake of the console's")
            return refused(Refusal(500, "internal", "the console made a mistake; see its log"))

    return endpoint


def _failed(request: Request, failure: ApiFailure) -> Response:
    response = failed(failure.error)
    # What a cluster says of a login may tell what was typed.
    is_login = request.url.path.startswith(("/api/login", "/api/openid"))
    _note(request, response.status_code, failure.error.code if is_login else failure.error.words)
    return response


def _note(request: Request, status: int, why: str) -> None:
    by_itself = request.method == "GET" and request.url.path in _BY_ITSELF
    console_of(request).failures.note(request, status, why, by_itself=by_itself)


def address_of(request: Request) -> str:
    """Return from which address somebody asks."""
    return request.client.host if request.client else "unknown"


def _shape(request: Request) -> str:
    """Return the beginning of a path, of which there are few: one can be asked for any."""
    return "/".join(request.url.path.split("/")[:3])[:80]


def reading(handler: Callable[[Call], Awaitable[Response]]) -> Endpoint:
    """Serve a read to whoever is logged in."""
    return answered(lambda request: _serve(request, handler, writing=False))


def writing(handler: Callable[[Call], Awaitable[Response]]) -> Endpoint:
    """Serve a write that the session's own page has sent; then have the cluster asked at once."""

    async def endpoint(request: Request) -> Response:
        try:
            response = await _serve(request, handler, writing=True)
        except ApiFailure as failure:
            if not failure.error.unknown:
                raise
            # Whether it was done, the page's next look shows.
            response = _failed(request, failure)
        if response.background is None:
            response.background = BackgroundTask(console_of(request).poller.poll_once)
        return response

    return answered(endpoint)


async def _serve(
    request: Request, handler: Callable[[Call], Awaitable[Response]], *, writing: bool
) -> Response:
    console = console_of(request)
    before = console.sessions.read(request.cookies.get(COOKIE))
    request.state.user = before.user
    if writing and not console.sessions.csrf_matches(before, request.headers.get("x-csrf-token")):
        raise Refusal(403, "csrf", "the request does not come from the console's page")
    if writing or request.url.path not in _BY_ITSELF:
        console.sessions.touch(before)
    session = await console.sessions.renewed(before)
    standing = await console.sessions.standing(session)
    console.sessions.see(session, address_of(request))
    try:
        response = await handler(Call(request, console, session, standing))
    except ApiFailure as failure:
        if failure.error.code is ErrorCode.AUTH:
            console.sessions.doubt(session)
            console.poller.feed.beat()
        raise
    if session != before:
        keep_session(request, response, session)
    return response


def keep_session(request: Request, response: Response, session: Session) -> None:
    """Give the browser the session's cookie."""
    response.set_cookie(
        COOKIE,
        console_of(request).sessions.cookie(session),
        max_age=TICKET_LIFE_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def drop_session(response: Response) -> None:
    """Take the session's cookie from the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


async def read_form(request: Request, form: type[Form]) -> Form:
    """Read a JSON body; refuse any other, and name the fields that are wrong."""
    try:
        return form.model_validate(await read_json(request))
    except ValidationError as failure:
        raise Refusal(400, "invalid", None, _wrong_fields(failure)) from None


def _wrong_fields(failure: ValidationError) -> dict[str, str]:
    """Return by field a word that the page has a sentence for."""
    return {
        str(error["loc"][0]) if error["loc"] else "": (
            "required" if error["type"] in ("missing", "string_too_short") else "not_a_value"
        )
        for error in failure.errors(include_url=False, include_input=False)
    }


async def read_json(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object."""
    # A form on another site can send neither this content type nor our header without asking.
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refusal(415, "invalid", "the body must be application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Refusal(413, "invalid", "the body is too long")
    try:
        document = parsed(body)
    except ValueError:
        raise Refusal(400, "invalid", "the body is not JSON") from None
    if not isinstance(document, dict):
        raise Refusal(400, "invalid", "the body is not a JSON object")
    request.state.params = document
    return document


def done(data: Any = None) -> Response:
    """Answer that it is done."""
    return Answer({} if data is None else data)
