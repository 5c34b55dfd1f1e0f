"""Which privileges a user or an API token has on a path."""

from collections.abc import Iterable, Mapping

from virton.embedded.access.names import ROOT, split_tokenid
from virton.embedded.access.privileges import PRIVILEGES
from virton.embedded.access.users import Grant, UserConfig

# A privilege that somebody has, and whether it holds below the path too.
Privileges = Mapping[str, bool]

_USUAL_PATHS = (
    "/",
    "/access",
    "/access/groups",
    "/nodes",
    "/pool",
    "/sdn",
    "/storage",
    "/vms",
)


def privileges(config: UserConfig, who: str, path: str) -> Privileges:
    """Return the privileges of a user or an API token on a path.

    A token with separate privileges has those that both it and its owner have.
    """
    if who == ROOT:
        return dict.fromkeys(PRIVILEGES, True)
    parts = split_tokenid(who)
    if parts is None:
        return _granted(config, who, path)
    token = config.token(who)
    if token is None:
        return {}
    owned = privileges(config, parts[0], path)
    if not token.separate:
        return owned
    own = _granted(config, who, path)
    return {name: own[name] and owned[name] for name in own.keys() & owned.keys()}


def effective_permissions(config: UserConfig, who: str) -> dict[str, dict[str, int]]:
    """Return path -> privilege -> whether it propagates, for every path that matters."""
    paths = {*_USUAL_PATHS, *(grant.path for grant in config.grants)}
    paths |= {f"/vms/{vmid}" for pool in config.pools.values() for vmid in pool.vmids}
    found = {path: privileges(config, who, path) for path in sorted(paths)}
    return {
        path: {name: int(has[name]) for name in sorted(has)} for path, has in found.items() if has
    }


def capabilities(config: UserConfig, who: str) -> dict[str, dict[str, int]]:
    """Return what a page may offer to somebody: area -> privilege -> 1, as a login tells it."""
    areas = {
        "dc": ("/", ("Sys.Audit", "Sys.Modify", "SDN.")),
        "vms": ("/vms", ("VM.", "Permissions.Modify")),
        "access": ("/access", ("User.", "Group.", "Permissions.Modify")),
        "storage": ("/storage", ("Datastore.", "Permissions.Modify")),
        "nodes": ("/nodes", ("Sys.", "Permissions.Modify")),
        "sdn": ("/sdn", ("SDN.", "Permissions.Modify")),
        "mapping": ("/mapping", ("Mapping.", "Permissions.Modify")),
    }
    paths = {"/", *_USUAL_PATHS, "/mapping", *(grant.path for grant in config.grants)}
    result: dict[str, dict[str, int]] = {}
    for area, (top, prefixes) in areas.items():
        below = [
            path for path in paths if path == top or (top != "/" and path.startswith(f"{top}/"))
        ]
        has = {name for path in below for name in privileges(config, who, path)}
        result[area] = {name: 1 for name in sorted(has) if name.startswith(prefixes)}
    return result


def _granted(config: UserConfig, who: str, path: str) -> Privileges:
    roles = _roles(config, who, path)
    roles = _with_pool_roles(config, who, path, roles)
    has: dict[str, bool] = {}
    for role, propagate in roles.items():
        for name in config.roles.get(role, ()):
            has[name] = has.get(name, False) or propagate
    return has


def _roles(config: UserConfig, who: str, path: str) -> dict[str, bool]:
    """Return role -> propagates: the entries nearest to the path replace those above it."""
    groups = {f"@{name}" for name in config.groups_of(who)}
    roles: dict[str, bool] = {}
    for at in _from_the_top(path):
        here = [g for g in config.grants if g.path == at and (g.propagate or at == path)]
        found = _by_role(here, {who}) or _by_role(here, groups)
        roles = found or roles
    return {"NoAccess": roles["NoAccess"]} if "NoAccess" in roles else roles


def _by_role(grants: Iterable[Grant], names: set[str]) -> dict[str, bool]:
    return {grant.role: grant.propagate for grant in sorted(grants) if grant.who in names}


def _with_pool_roles(
    config: UserConfig, who: str, path: str, roles: dict[str, bool]
) -> dict[str, bool]:
    pools = [name for name, pool in config.pools.items() if path in _members(pool.vmids)]
    granted = {role for name in sorted(pools) for role in _roles(config, who, f"/pool/{name}")}
    if "NoAccess" in roles or not granted:
        return roles
    if "NoAccess" in granted:
        return {"NoAccess": False}
    return {**dict.fromkeys(sorted(granted), False), **roles}


def _members(vmids: Iterable[int]) -> set[str]:
    return {f"/vms/{vmid}" for vmid in vmids}


def _from_the_top(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part]
    return ["/", *("/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1))]
