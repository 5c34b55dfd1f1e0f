"""`/access/users`: users, their passwords and their API tokens."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.credentials import hashed
from virton.embedded.access.names import ROOT
from virton.embedded.access.users import Token, User, UserConfig
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.access.login import REALMS
from virton.embedded.endpoints.parameters import PASSWORD
from virton.embedded.errors import failed, forbidden, invalid
from virton.embedded.registry import Anyone, Endpoint, Need
from virton.embedded.schema import Param
from virton.ha.config.properties import split_list

Params = Mapping[str, Any]
Entry = dict[str, Any]

_TEXTS = ("firstname", "lastname", "email", "comment", "keys")


def index(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List the users; without a privilege, only oneself."""
    all_of_them = _may_manage(cluster, caller, "User.Modify", "Sys.Audit")
    users = sorted(cluster.access.users.users.items())
    return [
        {
            "userid": userid,
            **_to_json(user),
            "realm-type": userid.rpartition("@")[2],
            **(_belongings(cluster, userid, user) if params.get("full") else {}),
        }
        for userid, user in users
        if (all_of_them or userid == caller.name)
        and user.enabled == params.get("enabled", user.enabled)
    ]


def _belongings(cluster: EmbeddedCluster, userid: str, user: User) -> Entry:
    """Return the groups that a user is in, and the user's API tokens."""
    return {
        "groups": ",".join(cluster.access.users.groups_of(userid)),
        "tokens": [
            {"tokenid": name, **_token_json(token)} for name, token in sorted(user.tokens.items())
        ],
    }


def _to_json(user: User) -> Entry:
    texts = {name: getattr(user, name) for name in _TEXTS}
    told = {name: text for name, text in texts.items() if text}
    return {"enable": int(user.enabled), "expire": user.expire, **told}


def _may_manage(cluster: EmbeddedCluster, caller: Caller, *privileges: str) -> bool:
    has = cluster.access.privileges(caller.name, "/access/groups")
    return any(name in has for name in privileges)


def _user(cluster: EmbeddedCluster, userid: str) -> User:
    user = cluster.access.users.users.get(userid)
    if user is None:
        raise failed(f"no such user ('{userid}')")
    return user


def read(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Tell of one user."""
    userid = params["userid"]
    if userid != caller.name and not _may_manage(cluster, caller, "User.Modify", "Sys.Audit"):
        raise forbidden("/access/groups, User.Modify|Sys.Audit")
    user = _user(cluster, userid)
    tokens = {name: _token_json(token) for name, token in sorted(user.tokens.items())}
    groups = cluster.access.users.groups_of(userid)
    return {**_to_json(user), "groups": groups, "tokens": tokens}


def create(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Add a user."""
    userid = params["userid"]
    if userid.rpartition("@")[2] not in REALMS:
        raise invalid({"userid": "there is no such realm"})
    password_hash = hashed(params["password"]) if "password" in params else None
    with cluster.change():
        if userid in cluster.access.users.users:
            raise failed(f"create user failed: user '{userid}' already exists")
        users = cluster.access.users.with_user(userid, _changed(User(), params))
        cluster.access.save(_in_groups(users, userid, params))
        if password_hash is not None:
            cluster.access.set_password_hash(userid, password_hash)


def _changed(user: User, params: Params) -> User:
    texts = {name: params[name] for name in _TEXTS if name in params}
    enabled, expire = params.get("enable", user.enabled), params.get("expire", user.expire)
    return replace(user, enabled=enabled, expire=expire, **texts)


def _in_groups(users: UserConfig, userid: str, params: Params) -> UserConfig:
    """Return the users with one in the groups given; with `append` the user stays in others."""
    if "groups" not in params:
        return users
    wanted = set(split_list(params["groups"]))
    for name in sorted(wanted - users.groups.keys()):
        raise failed(f"no such group '{name}'")
    groups = {}
    for name, group in users.groups.items():
        stays = name in wanted or (params.get("append") and userid in group.members)
        others = group.members - {userid}
        groups[name] = replace(group, members=others | {userid} if stays else others)
    return replace(users, groups=groups)


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Change a user."""
    userid = params["userid"]
    with cluster.change():
        user = _changed(_user(cluster, userid), params)
        users = cluster.access.users.with_user(userid, user)
        cluster.access.save(_in_groups(users, userid, params))


def delete(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Remove a user with all tokens and permissions."""
    userid = params["userid"]
    if userid == ROOT:
        raise failed(f"user '{ROOT}' cannot be removed")
    _user(cluster, userid)
    with cluster.change():
        cluster.access.save(cluster.access.users.without_user(userid))
        cluster.access.forget(userid)


def change_password(cluster: EmbeddedCluster, caller: Caller, params: Params) -> None:
    """Set one's own password or, with `User.Modify`, somebody else's but root's."""
    userid = params["userid"]
    _user(cluster, userid)
    others = userid != ROOT and _may_manage(cluster, caller, "User.Modify")
    if caller.name not in (userid, ROOT) and not others:
        raise forbidden("/access/groups, User.Modify")
    password_hash = hashed(params["password"])
    with cluster.change():
        _user(cluster, userid)
        cluster.access.set_password_hash(userid, password_hash)


def _require_own(cluster: EmbeddedCluster, caller: Caller, userid: str) -> None:
    if userid != caller.name and not _may_manage(cluster, caller, "User.Modify"):
        raise forbidden("/access/groups, User.Modify")
    if userid == ROOT and caller.name != ROOT:
        raise forbidden(f"only {ROOT} manages its API tokens")


def _token_json(token: Token) -> Entry:
    entry: Entry = {"expire": token.expire, "privsep": int(token.separate)}
    return {**entry, "comment": token.comment} if token.comment else entry


def list_tokens(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List a user's API tokens."""
    _require_own(cluster, caller, params["userid"])
    tokens = _user(cluster, params["userid"]).tokens
    return [{"tokenid": name, **_token_json(token)} for name, token in sorted(tokens.items())]


def read_token(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Tell of one API token."""
    _require_own(cluster, caller, params["userid"])
    return _token_json(_token(cluster, params))


def _token(cluster: EmbeddedCluster, params: Params) -> Token:
    token = _user(cluster, params["userid"]).tokens.get(params["tokenid"])
    if token is None:
        raise failed(f"no such token '{params['tokenid']}' for user '{params['userid']}'")
    return token


def create_token(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Add an API token and tell its secret, this once."""
    userid, name = params["userid"], params["tokenid"]
    _require_own(cluster, caller, userid)
    user = _user(cluster, userid)
    if name in user.tokens:
        raise invalid({"tokenid": "Token already exists."})
    token = Token(params.get("privsep", True), params.get("expire", 0), params.get("comment", ""))
    with cluster.change():
        tokens = {**user.tokens, name: token}
        cluster.access.save(cluster.access.users.with_user(userid, replace(user, tokens=tokens)))
        secret = cluster.access.new_token_secret(f"{userid}!{name}")
    return {"full-tokenid": f"{userid}!{name}", "info": _token_json(token), "value": secret}


def delete_token(cluster: EmbeddedCluster, caller: Caller, params: Params) -> None:
    """Remove an API token."""
    userid, name = params["userid"], params["tokenid"]
    _require_own(cluster, caller, userid)
    _token(cluster, params)
    tokenid = f"{userid}!{name}"
    users = cluster.access.users
    user = users.users[userid]
    tokens = {key: token for key, token in user.tokens.items() if key != name}
    grants = frozenset(grant for grant in users.grants if grant.who != tokenid)
    with cluster.change():
        kept = replace(users, grants=grants).with_user(userid, replace(user, tokens=tokens))
        cluster.access.save(kept)
        cluster.access.forget(tokenid)


_MANAGE = Need("/access/groups", ("User.Modify",))
_USER = {"userid": Param(format="pve-userid", max_length=64)}
_SWITCH = Param("boolean", optional=True)
_SETTINGS = {
    **_USER,
    "enable": Param("boolean", optional=True, default=True),
    "expire": Param("integer", optional=True, minimum=0),
    **{name: Param(optional=True, max_length=1024) for name in _TEXTS},
    "groups": Param(optional=True),
    "keys": Param(optional=True, pattern=r"[0-9a-zA-Z!=]{0,4096}"),
}
_TOKEN = {**_USER, "tokenid": Param(format="pve-tokenid")}
_PATH = "/access/users"
_TOKENS = f"{_PATH}/{{userid}}/token"

ENDPOINTS = (
    Endpoint("GET", _PATH, index, Anyone.LOGGED_IN, {"enabled": _SWITCH, "full": _SWITCH}),
    Endpoint(
        "POST",
        _PATH,
        create,
        _MANAGE,
        {**_SETTINGS, "password": replace(PASSWORD, optional=True)},
        slow=True,
    ),
    Endpoint("GET", f"{_PATH}/{{userid}}", read, Anyone.LOGGED_IN, _USER),
    Endpoint("PUT", f"{_PATH}/{{userid}}", update, _MANAGE, {**_SETTINGS, "append": _SWITCH}),
    Endpoint("DELETE", f"{_PATH}/{{userid}}", delete, _MANAGE, _USER),
    Endpoint(
        "PUT",
        "/access/password",
        change_password,
        Anyone.LOGGED_IN,
        {
            **_USER,
            "password": PASSWORD,
            "confirmation-password": replace(PASSWORD, optional=True),
        },
        slow=True,
        no_token=True,
    ),
    Endpoint("GET", _TOKENS, list_tokens, Anyone.LOGGED_IN, _USER),
    Endpoint("GET", f"{_TOKENS}/{{tokenid}}", read_token, Anyone.LOGGED_IN, _TOKEN),
    Endpoint(
        "POST",
        f"{_TOKENS}/{{tokenid}}",
        create_token,
        Anyone.LOGGED_IN,
        {
            **_TOKEN,
            "privsep": Param("boolean", optional=True, default=True),
            "expire": Param("integer", optional=True, minimum=0),
            "comment": Param(optional=True),
        },
        no_token=True,
    ),
    Endpoint("DELETE", f"{_TOKENS}/{{tokenid}}", delete_token, Anyone.LOGGED_IN, _TOKEN),
)
