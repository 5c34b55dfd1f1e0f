"""The file that says what should be: read, checked field by field, and written with its comments."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from virton.ha.config.properties import (
    Property,
    format_nodes,
    is_config_id,
    parse_node_entry,
    split_list,
)
from virton.ha.config.resources import RESOURCES_FORMAT
from virton.ha.rules.config import NODE_AFFINITY, RESOURCE_AFFINITY, RULES_FORMAT
from virton.ha.states import BalanceMethod, SchedulerMode, ShutdownPolicy
from virton.plans.entries import AUTO, CRS, HA, Kind, Values, number
from virton.plans.yaml_file import NotYamlError, line_of, read_tree

VERSION = 1
ABSENT = "absent"
PARTS = ("version", "prune", *Kind, "groups", "objectives")
LISTS = ("resources", "nodes")
SWITCHES = ("failback", "auto-rebalance", "strict", "disable", "ha-rebalance-on-start", AUTO)
PRUNABLE = (Kind.RESOURCE, Kind.RULE, Kind.DOMAIN)

SETTINGS: Mapping[str, Mapping[str, Sequence[str] | None]] = {
    CRS: {
        "ha": tuple(SchedulerMode),
        "ha-rebalance-on-start": ("0", "1"),
        AUTO: ("0", "1"),
        f"{AUTO}-threshold": None,
        f"{AUTO}-method": tuple(BalanceMethod),
        f"{AUTO}-hold-duration": None,
        f"{AUTO}-margin": None,
    },
    HA: {"shutdown_policy": tuple(ShutdownPolicy)},
}


class DesiredError(ValueError):
    """A file that cannot be used: which field, in which line, and what would be right."""

    def __init__(self, field: str, problem: str, line: int = 0, **fields: Any) -> None:
        """Name the field and the problem, for which the catalogues have a sentence."""
        super().__init__(f"{field}: {problem} {fields or ''}")
        self.field = field
        self.problem = problem
        self.line = line
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be: given properties by entry; None where an entry shall not be."""

    entries: Mapping[Kind, Mapping[str, Values | None]]
    prune: frozenset[Kind] = frozenset()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    objectives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, kind: Kind) -> Mapping[str, Values | None]:
        """Return the entries of a kind, by name."""
        return self.entries.get(kind, {})

    @property
    def domains(self) -> dict[str, list[str]]:
        """Return the fault domains that it names."""
        found = self.of(Kind.DOMAIN).items()
        return {name: split_list(values["nodes"]) for name, values in found if values}


def read_desired(text: str) -> Desired:
    """Read the file; raises DesiredError."""
    try:
        tree = read_tree(text)
    except NotYamlError as error:
        raise DesiredError("file", "not_yaml", error.line, told=str(error)) from None
    return desired_of(tree)


def desired_of(tree: Any) -> Desired:
    """Read what a file would hold; raises DesiredError."""
    return _Reader().read(tree)


class _Reader:
    """Reads part by part; `_at` is the path of what is read."""

    def read(self, tree: Any) -> Desired:
        top = self._map(tree, "file")
        self._known(top, PARTS, "")
        if "version" not in top:
            raise DesiredError("version", "missing", want=VERSION)
        if top["version"] != VERSION:
            raise DesiredError("version", "value", line_of(top, "version"), want=VERSION)
        entries = {kind: self._entries(top, kind) for kind in Kind}
        return Desired(
            entries,
            self._prune(top),
            {
                n: self._words(groups, n, "groups")
                for groups in self._part(top, "groups")
                for n in groups
            },
            {n: self._objective(told, n) for told in self._part(top, "objectives") for n in told},
        )

    def _part(self, top: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        told = top.get(name)
        return [] if told is None else [self._map(told, name, line_of(top, name))]

    def _prune(self, top: Mapping[str, Any]) -> frozenset[Kind]:
        told = top.get("prune", False)
        if isinstance(told, bool):
            return frozenset(PRUNABLE) if told else frozenset()
        names = told if isinstance(told, Sequence) and not isinstance(told, str) else [told]
        for name in names:
            if name not in PRUNABLE:
                want = ["true", "false", *PRUNABLE]
                raise DesiredError("prune", "value", line_of(top, "prune"), want=want)
        return frozenset(Kind(name) for name in names)

    def _objective(self, told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        return self._map(told[name], f"objectives.{name}", line_of(told, name))

    def _entries(self, top: Mapping[str, Any], kind: Kind) -> dict[str, Values | None]:
        found: dict[str, Values | None] = {}
        for part in self._part(top, kind):
            for name in part:
                line = line_of(part, name)
                found[str(name)] = self._entry(kind, str(name), part[name], line)
        return found

    def _entry(self, kind: Kind, name: str, told: Any, line: int) -> Values | None:
        path = f"{kind}.{name}"
        if told == ABSENT and kind is not Kind.SETTING:
            return None
        if kind is Kind.DOMAIN:
            return {"nodes": ",".join(sorted(self._list(told, path, line)))}
        values = self._map({} if told is None else told, path, line)
        match kind:
            case Kind.RESOURCE:
                return self._resource(name, values, path, line)
            case Kind.RULE:
                return self._rule(name, values, path, line)
            case _:
                return self._setting(name, values, path, line)

    def _resource(self, sid: str, told: Mapping[str, Any], path: str, line: int) -> Values:
        kind = sid.partition(":")[0]
        known = {k: p for k, p in RESOURCES_FORMAT.properties_of(kind).items() if k != "group"}
        if not known:
            raise DesiredError(path, "sid", line)
        values = self._values(told, known, path)
        return values | {"state": "started"} if values.get("state") == "enabled" else values

    def _rule(self, name: str, told: Mapping[str, Any], path: str, line: int) -> Values:
        if not is_config_id(name):
            raise DesiredError(path, "rule_name", line)
        kinds = (NODE_AFFINITY, RESOURCE_AFFINITY)
        if told.get("type") not in kinds:
            problem = "value" if "type" in told else "missing"
            raise DesiredError(f"{path}.type", problem, line_of(told, "type") or line, want=kinds)
        known = RULES_FORMAT.properties_of(told["type"])
        values = self._values({k: v for k, v in told.items() if k != "type"}, known, path, told)
        return values | {"type": str(told["type"])}

    def _setting(self, name: str, told: Mapping[str, Any], path: str, line: int) -> Values:
        if name not in SETTINGS:
            raise DesiredError(path, "unknown", line, **_near(name, SETTINGS))
        values = {}
        for key in told:
            line = line_of(told, key)
            if key not in SETTINGS[name]:
                raise DesiredError(f"{path}.{key}", "unknown", line, **_near(key, SETTINGS[name]))
            values[key] = self._set_to(told[key], SETTINGS[name][key], f"{path}.{key}", line)
        return values

    def _set_to(self, told: Any, words: Sequence[str] | None, path: str, line: int) -> str:
        if words is None:
            if isinstance(told, bool) or not isinstance(told, int | float) or told < 0:
                raise DesiredError(path, "number", line)
            return number(float(told))
        text = _text(told)
        if text not in words:
            raise DesiredError(path, "value", line, want=_shown(words))
        return text

    def _values(
        self, told: Mapping[str, Any], known: Mapping[str, Property], path: str, at: Any = None
    ) -> dict[str, str]:
        values = {}
        for key in told:
            line = line_of(at or told, key)
            if key not in known:
                raise DesiredError(f"{path}.{key}", "unknown", line, **_near(key, known))
            if key in LISTS:
                values[key] = self._listed(key, told[key], f"{path}.{key}", line)
            else:
                values[key] = self._value(key, told[key], known[key], f"{path}.{key}", line)
        return values

    def _value(self, key: str, told: Any, known: Property, path: str, line: int) -> str:
        if isinstance(told, bool) is not (key in SWITCHES) and told not in (0, 1):
            raise DesiredError(path, "switch" if key in SWITCHES else "text", line)
        text = _text(told)
        accepted = None if "\n" in text else known.accept(text)
        if accepted is None:
            raise DesiredError(path, _problem(key), line, want=_words(known))
        return accepted

    def _listed(self, key: str, told: Any, path: str, line: int) -> str:
        if key == "nodes" and isinstance(told, Mapping):
            told = [f"{node}:{priority or 0}" for node, priority in told.items()]
        entries = self._list(told, path, line)
        if key != "nodes":
            return ",".join(sorted(set(entries)))
        pairs = [parse_node_entry(entry) for entry in entries]
        if None in pairs:
            raise DesiredError(path, "node", line)
        found = dict(pair for pair in pairs if pair is not None)
        return format_nodes(sorted(found.items()))

    def _words(self, told: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
        return tuple(self._list(told[name], f"{path}.{name}", line_of(told, name)))

    def _list(self, told: Any, path: str, line: int) -> list[str]:
        listed = isinstance(told, Sequence) and not isinstance(told, str) and bool(told)
        if not listed or not all(isinstance(one, str) and one for one in told):
            raise DesiredError(path, "list", line)
        return [str(one) for one in told]

    def _map(self, told: Any, path: str, line: int = 0) -> Mapping[str, Any]:
        if not isinstance(told, Mapping):
            raise DesiredError(path, "map", line)
        return told

    def _known(self, told: Mapping[str, Any], known: Sequence[str], path: str) -> None:
        for key in told:
            if key not in known:
                raise DesiredError(
                    f"{path}{key}", "unknown", line_of(told, key), **_near(key, known)
                )


def _text(told: Any) -> str:
    return str(int(told)) if isinstance(told, bool) else str("" if told is None else told)


def _problem(key: str) -> str:
    return {"max_restart": "count", "max_relocate": "count", "comment": "comment"}.get(key, "value")


def _words(known: Property) -> list[str]:
    """Return which words a property takes."""
    words = ("started", "stopped", "disabled", "ignored", "positive", "negative")
    return [word for word in words if known.accept(word) is not None]


def _shown(words: Sequence[str]) -> list[str]:
    return ["false", "true"] if tuple(words) == ("0", "1") else list(words)


def _near(key: Any, known: Any) -> dict[str, Any]:
    close = difflib.get_close_matches(str(key), [str(one) for one in known], 1)
    return {"near": close[0]} if close else {"known": sorted(str(one) for one in known)}


def names_in(desired: Desired) -> Iterator[tuple[str, str, str]]:
    """Yield what the file names: the field, `guest` or `node`, and the name."""
    for sid, values in desired.of(Kind.RESOURCE).items():
        if values is not None:
            yield f"resources.{sid}", "guest", sid
    for rule, values in desired.of(Kind.RULE).items():
        for sid in split_list((values or {}).get("resources", "")):
            yield f"rules.{rule}.resources", "guest", sid
        for entry in split_list((values or {}).get("nodes", "")):
            yield f"rules.{rule}.nodes", "node", entry.partition(":")[0]
    for domain, nodes in desired.domains.items():
        for node in nodes:
            yield f"fault_domains.{domain}", "node", node
