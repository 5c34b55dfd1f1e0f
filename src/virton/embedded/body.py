"""From an HTTP request to the parameters of a call: the query, and a form or a JSON body."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from virton.embedded.access.access import Credentials
from virton.embedded.errors import Refusal
from virton.strict_json import read_json

_LARGEST_BODY = 512 * 1024
_MOST_FIELDS = 1000
_TOKEN_SCHEME = "PVEAPIToken="  # noqa: S105
# Pages add it so that no cache answers; it is no parameter.
_CACHE_BREAKER = "_dc"
_COOKIE = "PVEAuthCookie"


def credentials_of(request: Request) -> Credentials:
    """Return what a request carries to say who makes it."""
    authorization = request.headers.get("authorization", "")
    is_token = authorization.startswith(_TOKEN_SCHEME)
    return Credentials(
        ticket=unquote(request.cookies.get(_COOKIE, "")) or None,
        write_guard=request.headers.get("csrfpreventiontoken"),
        api_token=authorization.removeprefix(_TOKEN_SCHEME) if is_token else None,
        address=request.client.host if request.client else "unknown",
    )


async def params_of(request: Request) -> dict[str, Any]:
    """Return the parameters of a request; the query goes before the body."""
    params: dict[str, Any] = {}
    if request.method in ("POST", "PUT"):
        body = await _limited_body(request)
        params = _decode(body, request.headers.get("content-type", ""))
    params |= _fields(request.scope["query_string"].decode())
    params.pop(_CACHE_BREAKER, None)
    return params


async def _limited_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request's body is too large")
    return body


def _decode(body: bytes, content_type: str) -> dict[str, Any]:
    if not body:
        return {}
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().lower() != "application/json":
            return _fields(text)
        data = read_json(text)
    except ValueError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request's body cannot be read") from error
    if not isinstance(data, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request's body must be a JSON object")
    return data


def _fields(text: str) -> dict[str, Any]:
    """Return the fields of a form; one that is given several times is a list."""
    fields: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request has too many parameters") from error
    for name, value in pairs:
        if name in fields:
            known = fields[name]
            fields[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            fields[name] = value
    return fields
