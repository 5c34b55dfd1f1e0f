"""The names of the access layer: `user@realm`, and `user@realm!token` for an API token."""

import re

_REALM = re.compile(r"[A-Za-z][A-Za-z0-9._-]+", re.ASCII)
_USER = re.compile(r"[^\s:/]+")
_GROUP = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_PATH = re.compile(r"/|(?:/[A-Za-z0-9._-]+)+", re.ASCII)

ROOT = "root@pam"


def is_realm(text: str) -> bool:
    """Tell whether a text may name a realm, or a token of a user."""
    return _REALM.fullmatch(text) is not None


def is_group(text: str) -> bool:
    """Tell whether a text may name a group or a role."""
    return _GROUP.fullmatch(text) is not None


def is_userid(text: str) -> bool:
    """Tell whether a text is `user@realm`."""
    user, at, realm = text.rpartition("@")
    return bool(at) and len(text) <= 64 and bool(_USER.fullmatch(user)) and is_realm(realm)


def split_tokenid(text: str) -> tuple[str, str] | None:
    """Return user and token name of `user@realm!token`, or None if it is not one."""
    userid, mark, token = text.rpartition("!")
    return (userid, token) if mark and is_userid(userid) and is_realm(token) else None


def normalize_path(text: str) -> str | None:
    """Return an ACL path with single slashes and none at its end, or None if it is not one."""
    path = "/" + "/".join(part for part in text.split("/") if part)
    return path if _PATH.fullmatch(path) else None
