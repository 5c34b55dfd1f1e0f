"""`/cluster/ha/resources`, `/rules` and `/groups`: what operators have configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.proxmox.unchanged import Rows
from virton.proxmox.values import (
    beyond,
    comment,
    each,
    flag,
    integer,
    mapping,
    named,
    rows,
    text,
    words,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as configured; None where the cluster left its default unsaid."""

    sid: str
    type: str
    state: str | None = None
    max_restart: int | None = None
    max_relocate: int | None = None
    failback: bool | None = None
    group: str | None = None
    comment: str | None = None
    digest: str | None = None
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as configured, with what the cluster finds wrong in it."""

    rule: str
    type: str
    resources: tuple[str, ...] = ()
    nodes: tuple[tuple[str, int], ...] = ()
    strict: bool = False
    affinity: str | None = None
    disabled: bool = False
    comment: str | None = None
    order: int = 0
    digest: str | None = None
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """An HA group of Proxmox VE 8 and earlier."""

    group: str
    nodes: tuple[tuple[str, int], ...] = ()
    restricted: bool = False
    nofailback: bool = False
    comment: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


_RESOURCE = [
    "sid",
    "type",
    "state",
    "max_restart",
    "max_relocate",
    "failback",
    "group",
    "comment",
    "digest",
    "errors",
]
_RULE = [
    "rule",
    "type",
    "resources",
    "nodes",
    "strict",
    "affinity",
    "disable",
    "comment",
    "order",
    "digest",
    "errors",
    "state",
]
_GROUP = ["group", "type", "nodes", "restricted", "nofailback", "comment", "digest"]


class ResourcesParser:
    """Reads the answers of `/cluster/ha/resources`."""

    def __init__(self) -> None:
        self._rows = Rows(_resource)

    def __call__(self, data: Any) -> tuple[Resource, ...]:
        """Read an answer."""
        return tuple(sorted(self._rows.read(rows(data)), key=lambda resource: resource.sid))


def parse_resources(data: Any) -> tuple[Resource, ...]:
    """Read an answer of `/cluster/ha/resources`."""
    return ResourcesParser()(data)


def _resource(row: Mapping[str, Any]) -> Resource:
    sid = named(row["sid"])
    return Resource(
        sid=sid,
        type=str(row.get("type") or sid.partition(":")[0]),
        state=text(row.get("state")),
        max_restart=integer(row.get("max_restart")),
        max_relocate=integer(row.get("max_relocate")),
        failback=flag(row["failback"]) if row.get("failback") is not None else None,
        group=text(row.get("group")),
        comment=comment(row.get("comment")),
        digest=text(row.get("digest")),
        errors=_errors(row.get("errors")),
        extra=beyond(row, _RESOURCE),
    )


class RulesParser:
    """Reads the answers of `/cluster/ha/rules`."""

    def __init__(self) -> None:
        self._rows = Rows(_rule)

    def __call__(self, data: Any) -> tuple[Rule, ...]:
        """Read an answer, in the rules' order; a row that tells none has its place's."""
        placed = ({"order": place, **row} for place, row in enumerate(rows(data), start=1))
        return tuple(sorted(self._rows.read(placed), key=lambda rule: (rule.order, rule.rule)))


def parse_rules(data: Any) -> tuple[Rule, ...]:
    """Read an answer of `/cluster/ha/rules`."""
    return RulesParser()(data)


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        rule=named(row["rule"]),
        type=str(row.get("type") or ""),
        resources=tuple(sorted(words(row.get("resources")))),
        nodes=_nodes(row.get("nodes")),
        strict=flag(row.get("strict")),
        affinity=text(row.get("affinity")),
        disabled=flag(row.get("disable")),
        comment=comment(row.get("comment")),
        order=integer(row.get("order")) or 0,
        digest=text(row.get("digest")),
        errors=_errors(row.get("errors")),
        extra=beyond(row, _RULE),
    )


def parse_groups(data: Any) -> tuple[Group, ...]:
    """Read the answer of `/cluster/ha/groups`."""
    return tuple(sorted(each(_group, rows(data)), key=lambda group: group.group))


def _group(row: Mapping[str, Any]) -> Group:
    return Group(
        group=named(row["group"]),
        nodes=_nodes(row.get("nodes")),
        restricted=flag(row.get("restricted")),
        nofailback=flag(row.get("nofailback")),
        comment=comment(row.get("comment")),
        extra=beyond(row, _GROUP),
    )


def _nodes(value: Any) -> tuple[tuple[str, int], ...]:
    """Read `n1:2,n2`, highest priority first, then by name."""
    pairs = (entry.partition(":") for entry in words(value))
    parsed = ((node, integer(priority) or 0) for node, _, priority in pairs)
    return tuple(sorted(parsed, key=lambda pair: (-pair[1], pair[0])))


def _errors(value: Any) -> dict[str, tuple[str, ...]]:
    told = mapping(value)
    return {
        key: (entry,) if isinstance(entry, str) else words(entry)
        for key, entry in sorted(told.items())
    }
