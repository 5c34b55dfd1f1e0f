"""`/access/groups`: users who share access control entries."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.names import is_group
from virton.embedded.access.users import Group
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.parameters import COMMENT
from virton.embedded.errors import failed, invalid
from virton.embedded.registry import Anyone, Endpoint, Need
from virton.embedded.schema import Param

Params = Mapping[str, Any]
Entry = dict[str, Any]

_SEE = frozenset({"Group.Allocate", "Sys.Audit", "User.Modify"})


def index(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> list[Entry]:
    """List the groups that the caller may see."""
    return [
        {"groupid": name, "users": ",".join(sorted(group.members)), **_comment(group)}
        for name, group in sorted(cluster.access.users.groups.items())
        if not _SEE.isdisjoint(cluster.access.privileges(caller.name, f"/access/groups/{name}"))
    ]


def _comment(group: Group) -> Entry:
    return {"comment": group.comment} if group.comment else {}


def _group(cluster: EmbeddedCluster, name: str) -> Group:
    found = cluster.access.users.groups.get(name)
    if found is None:
        raise failed(f"group '{name}' does not exist")
    return found


def read(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell of one group."""
    group = _group(cluster, params["groupid"])
    return {"members": sorted(group.members), **_comment(group)}


def create(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Add a group."""
    name = params["groupid"]
    if not is_group(name):
        raise invalid({"groupid": "not a valid group name"})
    with cluster.change():
        if name in cluster.access.users.groups:
            raise failed(f"group '{name}' already exists")
        _save(cluster, name, Group(comment=params.get("comment", "")))


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Describe a group anew."""
    with cluster.change():
        group = _group(cluster, params["groupid"])
        _save(cluster, params["groupid"], replace(group, comment=params.get("comment", "")))


def _save(cluster: EmbeddedCluster, name: str, group: Group) -> None:
    users = cluster.access.users
    cluster.access.save(replace(users, groups={**users.groups, name: group}))


def delete(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Remove a group, with what was granted to it."""
    name = params["groupid"]
    with cluster.change():
        _group(cluster, name)
        users = cluster.access.users
        groups = {key: group for key, group in users.groups.items() if key != name}
        grants = frozenset(grant for grant in users.grants if grant.who != f"@{name}")
        cluster.access.save(replace(users, groups=groups, grants=grants))


_PATH = "/access/groups"
_GROUP = {"groupid": Param(max_length=255)}
_CHANGE = {**_GROUP, "comment": COMMENT}
_SEEN = Need(_PATH, ("Sys.Audit", "Group.Allocate"), any_of=True)
_OWNED = Need(_PATH, ("Group.Allocate",))

ENDPOINTS = (
    Endpoint("GET", _PATH, index, Anyone.LOGGED_IN),
    Endpoint("POST", _PATH, create, _OWNED, _CHANGE),
    Endpoint("GET", f"{_PATH}/{{groupid}}", read, _SEEN, _GROUP),
    Endpoint("PUT", f"{_PATH}/{{groupid}}", update, _OWNED, _CHANGE),
    Endpoint("DELETE", f"{_PATH}/{{groupid}}", delete, _OWNED, _GROUP),
)
