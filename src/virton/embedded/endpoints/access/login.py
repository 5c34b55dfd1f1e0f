"""`/access`: logging in, realms, and what somebody may do."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.names import is_userid, normalize_path, split_tokenid
from virton.embedded.access.permissions import capabilities, effective_permissions
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.errors import Refusal, forbidden, invalid, unauthorized
from virton.embedded.registry import Anyone, Endpoint
from virton.embedded.schema import Param
from virton.ha.config.properties import split_list

Params = Mapping[str, Any]
Entry = dict[str, Any]

REALMS = {
    "pam": "Linux PAM standard authentication",
    "pve": "Proxmox VE authentication server",
}


def login_page(_cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> None:
    """Answer nothing: there is no page here."""


def log_in(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Give a ticket for a password, or for a ticket that still holds.

    Where the user has a second factor, a password gives a challenge, and its answer the ticket.
    """
    userid = params["username"]
    if "realm" in params:
        userid = f"{userid}@{params['realm']}"
    try:
        asked = _still_asked(cluster, caller, userid, params)
    except Refusal as refusal:
        _tell_failure(cluster, f"authentication failure for user '{userid}': {refusal.message}")
        raise
    if "path" in params:
        _require_privileges(cluster, userid, params["path"], params["privs"])
    entry: Entry = {"username": userid}
    if asked is not None:
        ticket, guard = cluster.access.new_challenge(userid, asked)
        entry |= {"ticket": ticket, "CSRFPreventionToken": guard, "NeedTFA": 1}
    elif "path" not in params:
        ticket, guard = cluster.access.new_ticket(userid)
        entry |= {"ticket": ticket, "CSRFPreventionToken": guard}
    if "Sys.Audit" in cluster.access.privileges(userid, "/"):
        entry["clustername"] = cluster.name
    if asked is None:
        entry["cap"] = capabilities(cluster.access.users, userid)
        _write_log(cluster, f"successful auth for user '{userid}'", 6)
    return entry


def _tell_failure(cluster: EmbeddedCluster, message: str) -> None:
    """Tell of a failed login; of very many, only how many there were."""
    held_back = cluster.access.failures_told.take()
    if held_back is not None:
        more = f" ({held_back} more failed before)" if held_back else ""
        _write_log(cluster, f"{message}{more}", 3)


def _write_log(cluster: EmbeddedCluster, message: str, priority: int) -> None:
    cluster.log.add(cluster.world.local_node, "pvedaemon", message, priority=priority)


def _still_asked(
    cluster: EmbeddedCluster, caller: Caller, userid: str, params: Params
) -> str | None:
    """Verify what is given; return the challenge that is left, if any."""
    given, challenge, otp = params["password"], params.get("tfa-challenge"), params.get("otp")
    if challenge is None:
        asked = cluster.access.log_in(userid, given, caller.address, otp)
    elif otp is None:
        cluster.access.answer_challenge(userid, challenge, given)
        asked = None
    else:
        raise unauthorized("authentication failure")
    if asked is not None and "path" in params:
        raise unauthorized("authentication failure")
    return asked


def _require_privileges(cluster: EmbeddedCluster, userid: str, path: str, names: str) -> None:
    normal = normalize_path(path)
    wanted = set(split_list(names))
    if normal is None or not wanted or wanted - set(cluster.access.privileges(userid, normal)):
        raise unauthorized("authentication failure")


def realms(_cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """List the realms, for the login page."""
    return [{"realm": name, "type": name, "comment": text} for name, text in REALMS.items()]


def permissions(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Tell what somebody may do: their own permissions, or with `Sys.Audit` anybody's."""
    who = params.get("userid", caller.name)
    if not is_userid(who) and split_tokenid(who) is None:
        raise invalid({"userid": "neither a user nor an API token"})
    if who != caller.name and not who.startswith(f"{caller.name}!"):
        has = cluster.access.privileges(caller.name, "/access")
        if "Sys.Audit" not in has:
            raise forbidden("/access, Sys.Audit")
    found = effective_permissions(cluster.access.users, who)
    if "path" not in params:
        return found
    path = normalize_path(params["path"])
    if path is None:
        raise invalid({"path": "not a valid path"})
    has = cluster.access.privileges(who, path)
    return {path: {name: int(has[name]) for name in sorted(has)}}


_LOGIN = {
    "username": Param(max_length=64),
    "password": Param(),
    "realm": Param(optional=True, format="pve-realm", max_length=32),
    "otp": Param(optional=True),
    "path": Param(optional=True, requires="privs", max_length=64),
    "privs": Param(optional=True, format="pve-priv-list", requires="path", max_length=64),
    "new-format": Param("boolean", optional=True, default=True),
    "tfa-challenge": Param(optional=True),
}

ENDPOINTS = (
    Endpoint("GET", "/access/ticket", login_page, Anyone.WORLD),
    Endpoint("POST", "/access/ticket", log_in, Anyone.WORLD, _LOGIN, slow=True, no_token=True),
    Endpoint("GET", "/access/domains", realms, Anyone.WORLD),
    Endpoint(
        "GET",
        "/access/permissions",
        permissions,
        Anyone.LOGGED_IN,
        {"userid": Param(optional=True), "path": Param(optional=True)},
    ),
)
