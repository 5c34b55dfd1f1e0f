"""The one way from a request to its answer, for HTTP and for recorded calls alike."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.names import ROOT
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.errors import Refusal, failed, forbidden, invalid, not_implemented, not_kept
from virton.embedded.registry import Anyone, Counted, Endpoint, NeedOverUser, Permission, Registry
from virton.embedded.schema import Schema, check
from virton.embedded.store import StorageError
from virton.ha.dialect import Dialect

_NODE_UNREACHABLE = 595


@dataclass(frozen=True, slots=True)
class Request:
    """A call of the API: the path lies below `/api2/json`, the parameters are not checked yet."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with."""

    status: int
    data: Any = None
    message: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    retry_after_s: int | None = None
    total: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the answer's body."""
        body: dict[str, Any] = {"data": self.data}
        if self.total is not None:
            body["total"] = self.total
        if self.message is not None:
            body["message"] = f"{self.message}\n"
        if self.errors:
            body["errors"] = dict(self.errors)
        return body

    def to_ext_json(self) -> dict[str, Any]:
        """Return the answer's body as Proxmox's own page reads it: with its success or failure."""
        well = self.status < HTTPStatus.BAD_REQUEST
        body = {**self.to_json(), "success": int(well)}
        return body if well else {**body, "status": self.status}


def refused(refusal: Refusal) -> Answer:
    """Return the answer that a refusal becomes."""
    return Answer(refusal.status, None, refusal.message, refusal.fields, refusal.retry_after_s)


def dispatch(
    registry: Registry, cluster: EmbeddedCluster, caller: Caller, request: Request
) -> Answer:
    """Answer a call: its path, then the caller's permission, then its parameters, then the deed."""
    try:
        data = _perform(registry, cluster, caller, request)
    except Refusal as refusal:
        return refused(refusal)
    except StorageError as failure:
        return refused(not_kept(failure))
    if isinstance(data, Counted):
        return Answer(HTTPStatus.OK, data.data, total=data.total)
    return Answer(HTTPStatus.OK, data)


def _perform(registry: Registry, cluster: EmbeddedCluster, caller: Caller, request: Request) -> Any:
    found = registry.find(request.method, request.path)
    if found is None:
        raise not_implemented(request.method, request.path)
    endpoint, in_path = found
    if in_path.get("node") == "localhost":
        in_path["node"] = cluster.world.local_node
    params = _merged(in_path, request.params)
    if endpoint.no_token and caller.by_token:
        raise forbidden("an API token will not do here, a ticket is needed")
    require(cluster, caller, endpoint.permission, params)
    if endpoint.proxied:
        _require_reachable(cluster, in_path["node"])
    newest = cluster.dialect is Dialect.PERCENT
    known = endpoint.parameters if newest else _older(endpoint.parameters)
    values, errors = check(known, params, _kind(endpoint.parameters, params) if newest else None)
    if errors:
        raise invalid(errors)
    _require_no_null(endpoint, params)
    if endpoint.method == "GET" or endpoint.slow:
        return endpoint.handler(cluster, caller, values)
    # What a writer reads to change it must not be changed meanwhile. One that is slow sees to
    # that itself, since it may not hold up others for so long.
    with cluster.files.batch():
        return endpoint.handler(cluster, caller, values)


def _older(parameters: Schema) -> Schema:
    return {name: param for name, param in parameters.items() if not param.newer}


def _kind(parameters: Schema, params: Mapping[str, Any]) -> str | None:
    """Return the type that a call names, where that says which other parameters it may have."""
    typed = any(param.types for param in parameters.values())
    named = params.get("type")
    return named if typed and named in parameters["type"].enum else None


def _require_no_null(endpoint: Endpoint, params: Mapping[str, Any]) -> None:
    nulls = sorted(n for n in endpoint.settings & params.keys() if params[n] is None)
    if nulls:
        raise failed(f"option '{nulls[0]}' has no value: leave it out, or delete it")


def _merged(in_path: Mapping[str, str], params: Mapping[str, Any]) -> dict[str, Any]:
    twice = sorted(n for n in in_path.keys() & params.keys() if str(params[n]) != in_path[n])
    if twice:
        raise invalid(dict.fromkeys(twice, "the path and the parameters say different things"))
    return {**in_path, **params}


def require(
    cluster: EmbeddedCluster, caller: Caller, permission: Permission, params: Mapping[str, Any]
) -> None:
    """Raise a refusal unless the caller has a permission."""
    if permission is Anyone.WORLD:
        return
    name = caller.name
    if isinstance(permission, Anyone):
        return
    if isinstance(permission, NeedOverUser):
        _require_over_user(cluster, name, permission, str(params.get("userid")))
        return
    # What the path of a permission names may be missing still: parameters are checked later.
    named = defaultdict(str, {key: str(value) for key, value in params.items()})
    path = permission.path.format_map(named)
    has = cluster.access.privileges(name, path)
    lacking = [privilege for privilege in permission.privileges if privilege not in has]
    if permission.any_of and len(lacking) < len(permission.privileges):
        return
    if lacking:
        separator = "|" if permission.any_of else ", "
        raise forbidden(f"{path}, {separator.join(lacking)}")


def _require_over_user(
    cluster: EmbeddedCluster, name: str, permission: NeedOverUser, userid: str
) -> None:
    users = cluster.access.users
    if name in (userid, ROOT):
        return
    paths = ["/access/groups", *(f"/access/groups/{group}" for group in users.groups_of(userid))]
    has = {held for path in paths for held in cluster.access.privileges(name, path)}
    if userid not in users.users or has.isdisjoint(permission.privileges):
        raise forbidden(f"/access/groups, {'|'.join(permission.privileges)}")


def _require_reachable(cluster: EmbeddedCluster, node: str) -> None:
    online = cluster.world.members().get(node)
    if online is None:
        raise failed(f"hostname lookup '{node}' failed - there is no such node in the cluster")
    if online is False:
        raise Refusal(_NODE_UNREACHABLE, f"node '{node}' cannot be reached: No route to host")


def needs_login(endpoint: Endpoint | None) -> bool:
    """Tell whether a call must say who makes it; one of an unknown path must, too."""
    return endpoint is None or endpoint.permission is not Anyone.WORLD
