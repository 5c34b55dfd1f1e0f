"""The files of the HA stack, as its endpoints read and change them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha.octets import read_as_octets, written_as_octets
from virton.embedded.endpoints.ha.uids import with_shown_uids
from virton.embedded.errors import Refusal, failed
from virton.embedded.pmxcfs import parse_status
from virton.ha.config.groups import config_of as group_config_of
from virton.ha.config.groups import read_groups, write_groups
from virton.ha.config.properties import split_list
from virton.ha.config.resources import resource_configs, write_resources
from virton.ha.config.sections import Document, Format, Section, digest_of
from virton.ha.dialect import Dialect
from virton.ha.model import GroupConfig, ResourceConfig, resource_name
from virton.ha.rules.config import RuleSet, write_rules
from virton.ha.rules.groups import rules_from_groups

RESOURCES = "ha/resources.cfg"
GROUPS = "ha/groups.cfg"
RULES = "ha/rules.cfg"
MANAGER_STATUS = "ha/manager_status"
CRM_COMMANDS = "ha/crm_commands"

_SID = re.compile(r"(\S+):(\S+)", re.ASCII)
_RESOURCE_TYPE = {"qemu": "vm", "lxc": "ct"}


def resources(cluster: EmbeddedCluster) -> Document:
    """Return `resources.cfg` as sections by resource id, the bytes of comments as characters."""
    return cluster.files.parsed(RESOURCES, _resources_reader(cluster.dialect))


@cache
def _resources_reader(dialect: Dialect) -> Callable[[str], Document]:
    return partial(_read_octets, dialect.read_resources)


def _read_octets(read: Callable[[str], Document], text: str) -> Document:
    return replace(read(read_as_octets(text)), digest=digest_of(text))


_read_groups = partial(_read_octets, read_groups)


def groups(cluster: EmbeddedCluster) -> Document:
    """Return `groups.cfg` as sections by group, the bytes of comments as characters."""
    return cluster.files.parsed(GROUPS, _read_groups)


def rules(cluster: EmbeddedCluster) -> RuleSet:
    """Return `rules.cfg`."""
    return cluster.files.parsed(RULES, cluster.dialect.parse_rules)


def save_resources(cluster: EmbeddedCluster, document: Document) -> None:
    """Write `resources.cfg`."""
    text = write_resources(_with_known_properties(document))
    cluster.files.write(RESOURCES, written_as_octets(text))


def save_groups(cluster: EmbeddedCluster, document: Document) -> None:
    """Write `groups.cfg`."""
    _require_all_readable(document.order, document.sections)
    text = write_groups(_with_known_properties(document))
    cluster.files.write(GROUPS, written_as_octets(text))


def save_rules(cluster: EmbeddedCluster, ruleset: RuleSet) -> None:
    """Write `rules.cfg`; an empty one is not made anew."""
    _require_all_readable(ruleset.order, ruleset.rules)
    known = {key: replace(rule, unknown={}) for key, rule in ruleset.rules.items()}
    text = write_rules(replace(ruleset, rules=known))
    if text or cluster.files.get(RULES) is not None:
        cluster.files.write(RULES, text)


def _with_known_properties(document: Document) -> Document:
    # Of what this version does not know, Proxmox VE keeps nothing either when it writes the file.
    known = {key: replace(section, unknown={}) for key, section in document.sections.items()}
    return replace(document, sections=known)


def _require_all_readable(named: Iterable[str], read: Iterable[str]) -> None:
    """Raise a refusal if writing a file would lose a section that lacks a required property."""
    lost = sorted({*named} - {*read})
    if lost:
        raise failed(f"section '{lost[0]}' lacks a required property, mend or remove it first")


def has_unreadable_groups(cluster: EmbeddedCluster) -> bool:
    """Tell whether a legacy group lacks its nodes."""
    return groups(cluster).order.keys() != groups(cluster).sections.keys()


def manager_status(cluster: EmbeddedCluster) -> Mapping[str, Any]:
    """Return what the manager last wrote."""
    return cluster.files.parsed(MANAGER_STATUS, _parse_manager_status)


def _parse_manager_status(text: str) -> Mapping[str, Any]:
    status = _parse(MANAGER_STATUS, text)
    services = status.get("service_status")
    parts = [status.get("node_status"), services, status.get("disarm") or None]
    parts += services.values() if isinstance(services, Mapping) else []
    if not all(isinstance(part, Mapping | None) for part in parts):
        raise failed(f"file '{MANAGER_STATUS}' does not hold a status")
    return status


def lrm_status(cluster: EmbeddedCluster, node: str) -> Mapping[str, Any]:
    """Return what a node's LRM last wrote."""
    path = f"nodes/{node}/lrm_status"
    if cluster.files.get(path) is None:
        return {"mode": "unknown"}
    return cluster.files.parsed(path, _status_reader(path))


@cache
def _status_reader(path: str) -> Callable[[str], Mapping[str, Any]]:
    return partial(_parse, path)


def _parse(path: str, text: str) -> Mapping[str, Any]:
    try:
        status: Any = parse_status(text)
    except ValueError as error:
        raise failed(f"file '{path}' cannot be read as JSON") from error
    if not isinstance(status, Mapping | None):
        raise failed(f"file '{path}' does not hold a status")
    return with_shown_uids(status or {})


@contextmanager
def told_as(what: str) -> Iterator[None]:
    """Say before a refusal within what it was that failed, as Proxmox VE does under its lock."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(refusal.status, f"{what}: {refusal.message}", refusal.fields) from refusal


def queue_command(cluster: EmbeddedCluster, command: str) -> None:
    """Leave a command for the manager."""
    with cluster.change() as files:
        files.append(CRM_COMMANDS, f"{command}\n")


def groups_are_migrated(cluster: EmbeddedCluster) -> bool:
    """Tell whether the legacy groups have become rules, as they have where there are none."""
    return not groups(cluster).order


def configured(cluster: EmbeddedCluster) -> dict[str, ResourceConfig]:
    """Return the resources with their defaults, and the node of each one's guest."""
    document, guests = resources(cluster), cluster.world.guests()
    names = set(map(resource_name, document.sections))
    nodes = {str(vmid): guests[vmid].node for vmid in guests if str(vmid) in names}
    return resource_configs(document, nodes)


def group_configs(cluster: EmbeddedCluster) -> dict[str, GroupConfig]:
    """Return the legacy groups with their defaults."""
    return {key: group_config_of(section) for key, section in groups(cluster).sections.items()}


def with_groups(cluster: EmbeddedCluster, ruleset: RuleSet) -> RuleSet:
    """Return rules together with those that the legacy groups come to."""
    legacy = group_configs(cluster)
    return rules_from_groups(ruleset, legacy, configured(cluster)) if legacy else ruleset


def known_nodes(cluster: EmbeddedCluster) -> list[str]:
    """Return the nodes that the manager knows, sorted."""
    return sorted(manager_status(cluster).get("node_status") or {})


def full_sid(cluster: EmbeddedCluster, text: str) -> str:
    """Return the resource id that `vm:100` or just `100` stands for."""
    if text.isdecimal():
        guest = cluster.world.guests().get(int(text))
        if guest is None:
            raise failed(f"unable to detect SID from VMID - VM/CT {text} does not exist")
        return f"{_RESOURCE_TYPE[guest.type]}:{text}"
    if not _SID.fullmatch(text):
        raise failed(f"unable to parse service id '{text}'")
    return text


def section(document: Document, key: str, what: str) -> Section:
    """Return a section, or raise the refusal that there is none."""
    found = document.sections.get(key)
    if found is None:
        raise failed(f"no such {what} '{key}'")
    return found


def require_digest(digest: str, expected: str | None) -> None:
    """Raise a refusal if a file is not the one that the caller has read."""
    if expected not in (None, "", "0", digest):
        raise failed("detected modified configuration - file changed by other user? Try again.")


def values_of(params: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, str]:
    """Return the given ones of the properties `names`, as a section keeps them."""
    values: dict[str, str] = {}
    for name in sorted(names.keys() & params.keys()):
        value = params[name]
        text = str(int(value)) if isinstance(value, bool) else str(value)
        if "\n" in text or "\r" in text:
            raise failed(f"property '{name}' contains a line feed")
        values[name] = text
    return values


def deletions(params: Mapping[str, Any], form: Format, section_type: str) -> list[str]:
    """Return the properties to delete, all of them known and none required."""
    names = split_list(params.get("delete") or "")
    known = form.properties_of(section_type)
    for name in names:
        if name not in known:
            raise failed(f"no such option '{name}'")
        if known[name].required:
            raise failed(f"unable to delete required option '{name}'")
    return names


def properties_json(values: Mapping[str, str]) -> dict[str, str | int]:
    """Return a section's properties, numbers and switches as numbers."""
    numbers = {
        "max_restart",
        "max_relocate",
        "failback",
        "auto-rebalance",
        "restricted",
        "nofailback",
    }
    return {key: int(value) if key in numbers else value for key, value in values.items()}
