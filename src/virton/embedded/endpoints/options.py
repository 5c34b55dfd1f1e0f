"""`/cluster/options`: the cluster-wide settings (`datacenter.cfg`)."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.parameters import DELETE, MODIFY
from virton.embedded.errors import invalid
from virton.embedded.registry import Anyone, Endpoint
from virton.embedded.schema import Param
from virton.ha.config.datacenter import (
    Datacenter,
    parse_property_string,
    write_datacenter,
)
from virton.ha.config.properties import split_list

Params = Mapping[str, Any]

PATH = "datacenter.cfg"

_STRUCTURED = frozenset(
    {
        "crs",
        "ha",
        "migration",
        "replication",
        "next-id",
        "notify",
        "tag-style",
        "bwlimit",
        "location",
        "u2f",
        "user-tag-access",
        "webauthn",
    }
)
_NUMBERS = frozenset({"max_workers", "migration_unsecure"})


def read(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> dict[str, Any]:
    """Tell the settings; without `Sys.Audit`, none."""
    if "Sys.Audit" not in cluster.access.privileges(caller.name, "/"):
        return {}
    datacenter = _datacenter(cluster)
    settings = {key: _to_json(key, text) for key, text in datacenter.properties.items()}
    description = {"description": datacenter.description} if datacenter.description else {}
    return {"allowed-tags": _tags(datacenter), **settings, **description}


def _tags(datacenter: Datacenter) -> list[str]:
    """Return the tags that users may give: those that are registered."""
    return sorted(split_list(datacenter.properties.get("registered-tags", "")))


def _datacenter(cluster: EmbeddedCluster) -> Datacenter:
    return cluster.files.parsed(PATH, cluster.dialect.read_datacenter)


def _to_json(key: str, text: str) -> Any:
    if key in _NUMBERS and text.isdecimal():
        return int(text)
    parts = parse_property_string(text) if key in _STRUCTURED else None
    if parts is None:
        return text
    return {name: int(value) if value.isdecimal() else value for name, value in parts.items()}


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Change the settings."""
    with cluster.change() as files:
        before = _datacenter(cluster)
        gone = set(split_list(params.get("delete", "")))
        given = {key: _text(params[key]) for key in params if key not in ("delete", "description")}
        kept = {k: v for k, v in {**before.properties, **given}.items() if k not in gone}
        description = "" if "description" in gone else before.description
        text = write_datacenter(kept, params.get("description", description))
        wrong = {
            complaint.key: f"invalid format - '{complaint.text}'"
            for complaint in cluster.dialect.read_datacenter(text).complaints
            if complaint.key in given
        }
        wrong |= {key: "contains a line feed" for key, value in given.items() if "\n" in value}
        if wrong:
            raise invalid({str(key): text for key, text in wrong.items()})
        files.write(PATH, text)


_LANGUAGE = Param(optional=True, max_length=16)
_PROPERTIES = {
    **{key: Param(optional=True, max_length=1024) for key in sorted(_STRUCTURED)},
    "max_workers": Param("integer", optional=True, minimum=1),
    "fencing": Param(optional=True, enum=("watchdog", "hardware", "both")),
    "keyboard": _LANGUAGE,
    "language": _LANGUAGE,
    "console": Param(optional=True, enum=("applet", "vv", "html5", "xtermjs")),
    "email_from": Param(optional=True, max_length=256),
    "http_proxy": Param(optional=True, max_length=256),
    "mac_prefix": Param(optional=True, max_length=17),
    "description": Param(optional=True, max_length=64 * 1024),
    "consent-text": Param(optional=True, max_length=64 * 1024),
    "registered-tags": Param(optional=True, max_length=4096),
    "migration_unsecure": Param("boolean", optional=True),
    "delete": DELETE,
}

ENDPOINTS = (
    Endpoint("GET", "/cluster/options", read, Anyone.LOGGED_IN),
    Endpoint("PUT", "/cluster/options", update, MODIFY, _PROPERTIES),
)
