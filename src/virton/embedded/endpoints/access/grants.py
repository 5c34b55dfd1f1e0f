"""`/access/roles` and `/access/acl`: roles, and who has which role where."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.names import is_group, normalize_path
from virton.embedded.access.privileges import BUILT_IN_ROLES
from virton.embedded.access.users import Grant, UserConfig
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.errors import failed, forbidden, invalid
from virton.embedded.registry import Anyone, Endpoint, Need
from virton.embedded.schema import Param
from virton.ha.config.properties import split_list

Params = Mapping[str, Any]
Entry = dict[str, Any]


def list_roles(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """List the roles with their privileges."""
    return [
        {
            "roleid": name,
            "privs": ",".join(sorted(privileges)),
            "special": int(name in BUILT_IN_ROLES),
        }
        for name, privileges in sorted(cluster.access.users.roles.items())
    ]


def read_role(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> dict[str, int]:
    """Tell the privileges of a role."""
    privileges = cluster.access.users.roles.get(params["roleid"])
    if privileges is None:
        raise failed(f"role '{params['roleid']}' does not exist")
    return dict.fromkeys(sorted(privileges), 1)


def create_role(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Add a role."""
    name = params["roleid"]
    users = cluster.access.users
    if name in users.roles:
        raise failed(f"role '{name}' already exists")
    if not is_group(name):
        raise invalid({"roleid": "not a valid role name"})
    privileges = frozenset(split_list(params.get("privs", "")))
    with cluster.change():
        cluster.access.save(replace(users, roles={**users.roles, name: privileges}))


def delete_role(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Remove a role that is not built in, and every entry that grants it."""
    name = params["roleid"]
    users = cluster.access.users
    if name in BUILT_IN_ROLES:
        raise failed(f"auto-generated role '{name}' cannot be deleted")
    if name not in users.roles:
        raise failed(f"role '{name}' does not exist")
    roles = {key: privileges for key, privileges in users.roles.items() if key != name}
    grants = frozenset(grant for grant in users.grants if grant.role != name)
    with cluster.change():
        cluster.access.save(replace(users, roles=roles, grants=grants))


def list_grants(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> list[Entry]:
    """List the access control entries that the caller may see."""
    entries = []
    for grant in sorted(cluster.access.users.grants):
        has = cluster.access.privileges(caller.name, grant.path)
        if "Permissions.Modify" in has or "Sys.Audit" in cluster.access.privileges(
            caller.name, "/access"
        ):
            entries.append(_to_json(grant))
    return entries


def _to_json(grant: Grant) -> Entry:
    kind = "group" if grant.who.startswith("@") else "token" if "!" in grant.who else "user"
    return {
        "path": grant.path,
        "ugid": grant.who.removeprefix("@"),
        "type": kind,
        "roleid": grant.role,
        "propagate": int(grant.propagate),
    }


def change_grants(cluster: EmbeddedCluster, caller: Caller, params: Params) -> None:
    """Grant roles to users, groups and tokens on a path, or take them away."""
    path = normalize_path(params["path"])
    if path is None:
        raise invalid({"path": "not a valid path"})
    if "Permissions.Modify" not in cluster.access.privileges(caller.name, path):
        raise forbidden(f"{path}, Permissions.Modify")
    with cluster.change():
        users = cluster.access.users
        named = [
            Grant(path, who, role, params.get("propagate", True))
            for role in _known_roles(users, params["roles"])
            for who in _known_names(users, params)
        ]
        keys = {(grant.path, grant.who, grant.role) for grant in named}
        kept = {grant for grant in users.grants if (grant.path, grant.who, grant.role) not in keys}
        added = () if params.get("delete") else named
        cluster.access.save(replace(users, grants=frozenset({*kept, *added})))


def _known_roles(users: UserConfig, text: str) -> list[str]:
    roles = split_list(text)
    for role in roles:
        if role not in users.roles:
            raise failed(f"role '{role}' does not exist")
    return roles


def _known_names(users: UserConfig, params: Params) -> list[str]:
    names = {kind: split_list(params.get(kind, "")) for kind in ("users", "groups", "tokens")}
    if not any(names.values()):
        raise invalid({"users": "either 'users', 'groups' or 'tokens' is required"})
    for userid in names["users"]:
        if userid not in users.users:
            raise failed(f"no such user ('{userid}')")
    for group in names["groups"]:
        if group not in users.groups:
            raise failed(f"no such group '{group}'")
    for tokenid in names["tokens"]:
        if users.token(tokenid) is None:
            raise failed(f"no such token '{tokenid}'")
    return [*names["users"], *(f"@{group}" for group in names["groups"]), *names["tokens"]]


_MANAGE = Need("/access", ("Sys.Modify",))
_ROLE = {"roleid": Param()}
_PRIVILEGES = Param(optional=True, format="pve-priv-list")

ENDPOINTS = (
    Endpoint("GET", "/access/roles", list_roles, Anyone.LOGGED_IN),
    Endpoint("POST", "/access/roles", create_role, _MANAGE, {**_ROLE, "privs": _PRIVILEGES}),
    Endpoint("GET", "/access/roles/{roleid}", read_role, Anyone.LOGGED_IN, _ROLE),
    Endpoint("DELETE", "/access/roles/{roleid}", delete_role, _MANAGE, _ROLE),
    Endpoint("GET", "/access/acl", list_grants, Anyone.LOGGED_IN),
    Endpoint(
        "PUT",
        "/access/acl",
        change_grants,
        Anyone.LOGGED_IN,
        {
            "path": Param(),
            "roles": Param(),
            "users": Param(optional=True, format="pve-userid-list"),
            "groups": Param(optional=True),
            "tokens": Param(optional=True),
            "propagate": Param("boolean", optional=True, default=True),
            "delete": Param("boolean", optional=True),
        },
    ),
)
