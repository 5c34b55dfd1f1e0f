"""The named formats of string parameters: each returns what is wrong with a value, or None."""

import re
from collections.abc import Callable
from types import MappingProxyType

from virton.embedded.access.names import is_realm, is_userid
from virton.embedded.access.privileges import PRIVILEGES
from virton.ha.config.properties import is_config_id, is_sid, parse_node_entry, split_list

_NODE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?", re.ASCII)
_VMID = re.compile(r"[1-9][0-9]{2,8}", re.ASCII)
_UPID = re.compile(
    r"UPID:[a-zA-Z0-9][a-zA-Z0-9-]*:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s/]+:[^:\s/]*:[^:\s/]+:",
    re.ASCII,
)

_CHECKS: MappingProxyType[str, tuple[Callable[[str], bool], str]] = MappingProxyType(
    {
        "pve-configid": (is_config_id, "not a valid configuration id"),
        "pve-ha-resource-id": (is_sid, "not a valid HA resource id"),
        "pve-ha-resource-or-vm-id": (
            lambda text: is_sid(text) or (text.isascii() and text.isdecimal()),
            "neither a valid HA resource id nor a guest's id",
        ),
        "pve-ha-node": (lambda text: parse_node_entry(text) is not None, "not a valid HA node"),
        "pve-node": (lambda text: bool(_NODE.fullmatch(text)), "not a valid node name"),
        "pve-vmid": (lambda text: bool(_VMID.fullmatch(text)), "not a valid guest id"),
        "pve-realm": (is_realm, "not a valid realm name"),
        "pve-userid": (is_userid, "not a valid user name"),
        "pve-tokenid": (is_realm, "not a valid token name"),
        "pve-priv": (lambda text: text in PRIVILEGES, "not a privilege"),
        "pve-upid": (lambda text: bool(_UPID.fullmatch(text)), "not a valid task id"),
    }
)


def format_error(name: str, value: str) -> str | None:
    """Return what is wrong with `value` as format `name` (`...-list` for a list), or None."""
    single = name.removesuffix("-list")
    check, objection = _CHECKS[single]
    values = split_list(value) if name.endswith("-list") else [value]
    bad = next((text for text in values if not check(text)), None)
    return None if bad is None else f"invalid format - '{bad}' is {objection}"
