"""`/access/tfa`: what users prove themselves with beside their passwords."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.factors import Factors, TotpEntry, new_recovery_keys
from virton.embedded.access.names import ROOT
from virton.embedded.access.totp import parse_uri
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.parameters import PASSWORD
from virton.embedded.errors import Refusal, failed, forbidden, invalid
from virton.embedded.registry import Anyone, Endpoint, Need, NeedOverUser
from virton.embedded.schema import Param

Params = Mapping[str, Any]
Entry = dict[str, Any]

_RECOVERY = "recovery"


def index(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> list[Entry]:
    """List who has which second factors; without a privilege, only oneself."""
    has = cluster.access.privileges(caller.name, "/access/groups")
    all_of_them = "User.Modify" in has or "Sys.Audit" in has
    return [
        {"userid": userid, "entries": _entries(factors), **_locks(factors, cluster.access.now)}
        for userid, factors in sorted(cluster.access.second_factors.config.users.items())
        if all_of_them or userid == caller.name
    ]


def _locks(factors: Factors, now: int) -> Entry:
    told: Entry = {"totp-locked": 1} if factors.totp_locked else {}
    return told | ({"tfa-locked-until": factors.locked_until} if factors.is_locked(now) else {})


def unlock(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> int:
    """Take a user's codes again, of which too many were wrong; tell whether they were locked."""
    with cluster.change():
        _factors_to_change(cluster, params)
        return int(cluster.access.second_factors.unlock(params["userid"]))


def _entries(factors: Factors) -> list[Entry]:
    entries: list[Entry] = []
    if factors.recovery is not None:
        entries.append({"type": _RECOVERY, "id": _RECOVERY, "created": factors.recovery.created})
    return entries + [_totp_json(entry) for entry in factors.totp]


def _totp_json(entry: TotpEntry) -> Entry:
    told: Entry = {"type": "totp", "id": entry.id, "created": entry.created}
    if entry.description:
        told["description"] = entry.description
    return told if entry.enabled else {**told, "enable": 0}


def _factors(cluster: EmbeddedCluster, params: Params) -> Factors:
    return cluster.access.second_factors.config.of(params["userid"])


def _factors_to_change(cluster: EmbeddedCluster, params: Params) -> Factors:
    if params["userid"] not in cluster.access.users.users:
        raise failed(f"no such user ('{params['userid']}')")
    return _factors(cluster, params)


def list_of_user(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Entry]:
    """List a user's second factors; the secrets are told to nobody."""
    return _entries(_factors(cluster, params))


def read(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell of one second factor."""
    for entry in _entries(_factors(cluster, params)):
        if entry["id"] == params["id"]:
            return entry
    raise Refusal(HTTPStatus.NOT_FOUND, f"No such tfa entry '{params['id']}'")


def create(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Add an authenticator, proved by its present code, or a set of recovery keys."""
    _confirm(cluster, caller, params)
    if params["type"] == "totp":
        return _add_totp(cluster, params)
    if params["type"] == _RECOVERY:
        return _add_recovery_keys(cluster, params)
    raise failed(f"no {params['type']} configuration available")


def _confirm(cluster: EmbeddedCluster, caller: Caller, params: Params) -> None:
    """Let nobody change second factors with a session alone: root excepted, as at Proxmox VE."""
    _factors_to_change(cluster, params)
    if caller.name == ROOT:
        return
    if params["userid"] == ROOT:
        raise forbidden(f"only {ROOT} manages its second factors")
    if "password" not in params:
        raise invalid({"password": "password is required to modify user"})
    try:
        cluster.access.verify_password(caller.name, params["password"], caller.address)
    except Refusal as refusal:
        # Not 401: that would tell the caller's client that its session is over.
        if refusal.status != HTTPStatus.UNAUTHORIZED:
            raise
        raise failed(refusal.message) from refusal


def _add_totp(cluster: EmbeddedCluster, params: Params) -> Entry:
    if "challenge" in params:
        raise failed("'challenge' does not go with 'totp' entries")
    missing = sorted({"description", "totp", "value"} - params.keys())
    if missing:
        raise failed(f"'{missing[0]}' is required for new 'totp' entries")
    try:
        totp = parse_uri(params["totp"])
    except ValueError as error:
        raise failed(str(error)) from error
    now = cluster.access.now
    if totp.step_of(params["value"], now) is None:
        raise failed("the value is not the present code of this 'totp'")
    entry = TotpEntry(str(uuid.uuid4()), params["description"], now, totp)
    with cluster.change():
        factors = _factors_to_change(cluster, params).with_entry(entry)
        cluster.access.second_factors.save(params["userid"], factors)
    return {"id": entry.id}


def _add_recovery_keys(cluster: EmbeddedCluster, params: Params) -> Entry:
    if {"totp", "value", "challenge"} & params.keys():
        raise failed("recovery keys are made without further parameters")
    recovery, keys = new_recovery_keys(cluster.access.now)
    with cluster.change():
        factors = _factors_to_change(cluster, params)
        if factors.recovery is not None:
            raise failed("user already has recovery keys")
        factors = replace(factors, recovery=recovery)
        cluster.access.second_factors.save(params["userid"], factors)
    return {"id": _RECOVERY, "recovery": keys}


def update(cluster: EmbeddedCluster, caller: Caller, params: Params) -> None:
    """Describe an authenticator anew, or ask for its codes no longer (or again)."""
    _confirm(cluster, caller, params)
    with cluster.change():
        factors = _factors_to_change(cluster, params)
        entry = next((entry for entry in factors.totp if entry.id == params["id"]), None)
        if entry is None:
            raise failed("no such entry")
        changed = replace(
            entry,
            description=params.get("description", entry.description),
            enabled=params.get("enable", entry.enabled),
        )
        cluster.access.second_factors.save(params["userid"], factors.with_entry(changed))


def delete(cluster: EmbeddedCluster, caller: Caller, params: Params) -> None:
    """Remove a second factor."""
    _confirm(cluster, caller, params)
    with cluster.change():
        factors = _factors_to_change(cluster, params)
        left = factors.without(params["id"])
        if left == factors:
            raise failed("no such entry")
        cluster.access.second_factors.save(params["userid"], left)


_SEE = NeedOverUser(("User.Modify", "Sys.Audit"))
_MANAGE = NeedOverUser(("User.Modify",))
_USER = {"userid": Param(format="pve-userid", max_length=64)}
_ENTRY = {**_USER, "id": Param()}
_PASSWORD = {"password": replace(PASSWORD, optional=True)}
_DESCRIPTION = {"description": Param(optional=True, max_length=255)}
_PATH = "/access/tfa"
_OF_USER = f"{_PATH}/{{userid}}"
_ONE = f"{_OF_USER}/{{id}}"

ENDPOINTS = (
    Endpoint("GET", _PATH, index, Anyone.LOGGED_IN),
    Endpoint(
        "PUT",
        "/access/users/{userid}/unlock-tfa",
        unlock,
        Need("/access/groups", ("User.Modify",)),
        _USER,
    ),
    Endpoint("GET", _OF_USER, list_of_user, _SEE, _USER),
    Endpoint(
        "POST",
        _OF_USER,
        create,
        _MANAGE,
        {
            **_USER,
            **_DESCRIPTION,
            **_PASSWORD,
            "type": Param(enum=("totp", "u2f", "webauthn", "recovery", "yubico")),
            **{name: Param(optional=True) for name in ("totp", "value", "challenge")},
        },
        slow=True,
        no_token=True,
    ),
    Endpoint("GET", _ONE, read, _SEE, _ENTRY),
    Endpoint(
        "PUT",
        _ONE,
        update,
        _MANAGE,
        {**_ENTRY, **_DESCRIPTION, **_PASSWORD, "enable": Param("boolean", optional=True)},
        slow=True,
        no_token=True,
    ),
    Endpoint("DELETE", _ONE, delete, _MANAGE, {**_ENTRY, **_PASSWORD}, slow=True, no_token=True),
)
