"""The embedded cluster over HTTP: the Proxmox VE API below `/api2/json`, and the lab's switches.

`/api2/extjs` answers the same in the form that Proxmox's own page expects.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from http import HTTPStatus
from ipaddress import ip_address

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from virton.embedded.access.access import Caller
from virton.embedded.body import credentials_of, params_of
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Answer, Request, dispatch, needs_login, refused
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.errors import Refusal, not_kept
from virton.embedded.hashing import HashingDoor
from virton.embedded.lab import change_lab, lab_json
from virton.embedded.registry import Registry
from virton.embedded.store import StorageError
from virton.rare_log import RareLog

_LOG = RareLog(logging.getLogger(__name__))
_LONGEST_REASON = 1000
_HEADERS = {"cache-control": "max-age=0, no-store", "x-content-type-options": "nosniff"}


def create_app(cluster: EmbeddedCluster, registry: Registry = REGISTRY) -> Starlette:
    """Return the ASGI application that serves a cluster."""
    api = _Api(cluster, registry)
    ext = _ExtApi(api)
    lab = _LabSwitches(cluster)
    return Starlette(
        routes=[
            Route("/api2/json", api),
            Route("/api2/json/{path:path}", api),
            Route("/api2/extjs", ext),
            Route("/api2/extjs/{path:path}", ext),
            Route("/lab", lab),
        ]
    )


class _Api:
    """Answers calls of the API."""

    def __init__(self, cluster: EmbeddedCluster, registry: Registry) -> None:
        self._cluster = cluster
        self._registry = registry
        self._hashing = HashingDoor()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _answered(self._respond, HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: HttpRequest) -> Response:
        return answer_response(await self.answer(request))

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer a call; raises the refusal of one that cannot be made at all."""
        path = f"/{request.path_params.get('path', '')}"
        found = self._registry.find(request.method, path)
        endpoint = found[0] if found else None
        self._note_address(request)
        given = credentials_of(request)
        caller = Caller(None, given.address)
        if needs_login(endpoint):
            caller = self._cluster.access.identify(given, request.method)
        call = Request(request.method, path, await params_of(request))
        if endpoint is not None and endpoint.slow:
            work = partial(dispatch, self._registry, self._cluster, caller, call)
            return await self._hashing.run(caller.address, work)
        return dispatch(self._registry, self._cluster, caller, call)

    def _note_address(self, request: HttpRequest) -> None:
        """Give the nodes the address by which this client came: it answers, whichever they are."""
        host, _ = request.scope.get("server") or ("", None)
        self._cluster.address = _address(host) or self._cluster.address


@lru_cache(maxsize=16)  # few are ever asked at, each time again
def _address(host: str) -> str | None:
    """Return an address as it is usually written, None for a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


class _ExtApi:
    """Answers the same calls in the form of Proxmox's own page: a refusal is told in the body."""

    def __init__(self, api: _Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _answered(self._respond, HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: HttpRequest) -> Response:
        # Without a login the status itself must say so: the page asks for one then.
        answer = await self._api.answer(request)
        return json_response(HTTPStatus.OK, answer.to_ext_json())


class _LabSwitches:
    """Shows and throws the switches of the simulated world, for administrators."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self._cluster = cluster

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _answered(self._answer, HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: HttpRequest) -> Response:
        caller = self._cluster.access.identify(credentials_of(request), request.method)
        if request.method == "POST":
            change_lab(self._cluster, caller, await params_of(request))
        elif request.method != "GET":
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, f"Method '{request.method}' not implemented")
        return json_response(HTTPStatus.OK, lab_json(self._cluster, caller))


async def _answered(
    answer: Callable[[HttpRequest], Awaitable[Response]], request: HttpRequest
) -> Response:
    """Return an answer in any case: a fault of ours, too, must be one that a client can read."""
    try:
        return await answer(request)
    except Refusal as refusal:
        return answer_response(refused(refusal))
    except StorageError as failure:
        return answer_response(refused(not_kept(failure)))
    except ClientDisconnect:
        return Response(status_code=400)  # which nobody will read
    except Exception:
        _LOG.exception(f"{request.method} {_shape(request.url.path)} failed")
        message = "internal error"
        return answer_response(Answer(HTTPStatus.INTERNAL_SERVER_ERROR, message=message))


def _shape(path: str) -> str:
    """Return the beginning of a path, of which there are few: one can be asked for any."""
    return "/".join(path.split("/")[:5])[:80]


def json_response(status: int, data: object) -> Response:
    """Return a JSON response that nobody keeps."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    headers = {**_HEADERS, "content-type": "application/json;charset=UTF-8"}
    return Response(body, status_code=status, headers=headers)


def _reason(message: str) -> bytes:
    """Return a message's first line for the status line, where Proxmox VE's clients look for it."""
    line = message.strip().partition("\n")[0]
    printable = "".join(character for character in line if character.isprintable())
    return printable[:_LONGEST_REASON].strip().encode()


def answer_response(answer: Answer) -> Response:
    """Return a call's answer as an HTTP response."""
    response = json_response(answer.status, answer.to_json())
    if answer.message:
        response.raw_headers.append((b"x-reason", _reason(answer.message)))
    if answer.retry_after_s is not None:
        response.headers["retry-after"] = str(answer.retry_after_s)
    return response
