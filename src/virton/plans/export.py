"""What is configured, written as the file; one that exists keeps its comments and its order."""

from collections.abc import MutableMapping
from typing import Any

from virton.ha.config.properties import split_list
from virton.plans.desired import LISTS, SWITCHES, VERSION
from virton.plans.entries import AUTO, Configured, Kind, Values, defaults
from virton.plans.yaml_file import Tree, in_one_line, read_tree, tree, write_tree

FIRST = ("type", "affinity", "resources", "nodes")
NUMBERS = (
    "max_restart",
    "max_relocate",
    f"{AUTO}-threshold",
    f"{AUTO}-hold-duration",
    f"{AUTO}-margin",
)


def export(now: Configured, into: str | None = None) -> str:
    """Return the file; with `into`, that text with what differs brought up to date."""
    top = read_tree(into) if into else None
    if top is None:
        top = tree({"version": VERSION})
    for kind in Kind:
        _part(top, kind, now)
    return write_tree(top)


def _part(top: Tree, kind: Kind, now: Configured) -> None:
    there = now.of(kind)
    part = top.get(kind.value)
    if part is None:
        if not there:
            return
        part = top[kind.value] = tree()
    for name in [name for name in part if name not in there]:
        del part[name]
    for name, values in there.items():
        told = part.get(name)
        if kind is Kind.DOMAIN:
            _domain(part, name, values)
        elif isinstance(told, MutableMapping):
            _bring_up_to_date(told, kind, values)
        else:
            part[name] = tree(_said(kind, values))


def _domain(part: Tree, name: str, values: Values) -> None:
    nodes = split_list(values["nodes"])
    if part.get(name) is None or sorted(part[name]) != nodes:
        part[name] = in_one_line(nodes)


def _bring_up_to_date(told: MutableMapping[str, Any], kind: Kind, values: Values) -> None:
    said = _said(kind, values)
    full = {key: shown(key, value) for key, value in values.items()}
    for key in [key for key in told if key not in full]:
        del told[key]
    for key, value in full.items():
        if (key in told and not _same(key, told[key], value)) or (key not in told and key in said):
            told[key] = value


def _same(key: str, told: Any, value: Any) -> bool:
    if key not in LISTS:
        return bool(told == value)
    if hasattr(told, "items"):
        told = [f"{node}:{priority}" if priority else node for node, priority in told.items()]
    return sorted(map(str, told)) == sorted(value)


def _said(kind: Kind, values: Values) -> dict[str, Any]:
    """Return the properties that are not what goes without saying, in a readable order."""
    usual = defaults(kind, values)
    keys = [key for key in FIRST if key in values]
    keys += [key for key in values if key not in keys]
    told = {key: shown(key, values[key]) for key in keys if usual.get(key) != values[key]}
    if kind is Kind.RESOURCE:
        return {"state": values["state"], **told}
    return told


def shown(key: str, value: str) -> Any:
    """Return a value as the file shows it."""
    if key in LISTS:
        return in_one_line(split_list(value))
    if key in SWITCHES:
        return value == "1"
    if key in NUMBERS:
        return float(value) if "." in value else int(value)
    return value
