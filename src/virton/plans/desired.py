"""The file that says what should be: read, checked field by field, and written with its comments."""

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
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
from virton.plans.domains import MOST_DOMAINS, is_domain_name
from virton.plans.entries import AUTO, CRS, HA, Kind, Values, number
from virton.plans.yaml_file import NotYamlError, line_at, lines_of, read_tree

VERSION = 1
SCHEMA = Path(__file__).with_name("desired.schema.json")
"""What editors complete the file by."""

ABSENT = "absent"
PARTS = ("version", "prune", *Kind, "groups", "objectives")
LISTS = ("resources", "nodes")
SWITCHES = ("failback", "auto-rebalance", "strict", "disable", "ha-rebalance-on-start", AUTO)
COUNTS = ("max_restart", "max_relocate", f"{AUTO}-hold-duration")
PRUNABLE = (Kind.RESOURCE, Kind.RULE, Kind.DOMAIN)
MOST_PERCENT = 100
MOST_COUNT = 2**64 - 1

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
    """A file that cannot be used: which field, in which line (0: none), and what would be right."""

    def __init__(self, field: str, problem: str, line: int = 0, **fields: Any) -> None:
        """Name the field and the problem, for which the catalogues have a sentence."""
        super().__init__(f"{field}: {problem} {fields or ''}")
        self.field = field
        self.problem = problem
        self.line = line
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be: given properties by entry; None where an entry shall not be.

    `lines` is where each field stands in the file, if it is one.
    """

    entries: Mapping[Kind, Mapping[str, Values | None]]
    prune: frozenset[Kind] = frozenset()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    objectives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def of(self, kind: Kind) -> Mapping[str, Values | None]:
        """Return the entries of a kind, by name."""
        return self.entries.get(kind, {})

    @property
    def domains(self) -> dict[str, list[str]]:
        """Return the fault domains that it names."""
        found = self.of(Kind.DOMAIN).items()
        return {name: split_list(values["nodes"]) for name, values in found if values}

    def domains_among(self, known: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
        """Return the fault domains that there are then, of those that are known and its own."""
        if Kind.DOMAIN in self.prune:
            return dict(self.domains)
        gone = {name for name, values in self.of(Kind.DOMAIN).items() if values is None}
        return {n: nodes for n, nodes in known.items() if n not in gone} | self.domains


def read_desired(text: str) -> Desired:
    """Read the file; raises DesiredError."""
    try:
        tree = read_tree(text)
    except NotYamlError as error:
        raise DesiredError("file", "not_yaml", error.line, why=error.why) from None
    return desired_of(tree)


def desired_of(tree: Any) -> Desired:
    """Read what a file would hold; raises DesiredError."""
    lines = lines_of(tree)
    with telling_lines(lines):
        return _Reader().read(tree, lines)


@contextmanager
def telling_lines(lines: Mapping[str, int]) -> Iterator[None]:
    """Let whatever is wrong with a file name its line."""
    try:
        yield
    except DesiredError as error:
        error.line = error.line or line_at(lines, error.field, str(error.fields.get("name", "")))
        raise


class _Reader:
    """Reads part by part; `path` is what is read."""

    def read(self, tree: Any, lines: Mapping[str, int]) -> Desired:
        top = self._map(tree, "file")
        self._known(top, PARTS, "")
        if "version" not in top:
            raise DesiredError("version", "missing", want=VERSION)
        if top["version"] != VERSION or not _is_whole(top["version"]):
            raise DesiredError("version", "value", want=VERSION)
        entries = {kind: self._entries(top, kind) for kind in Kind}
        if len(entries[Kind.DOMAIN]) > MOST_DOMAINS:
            raise DesiredError(Kind.DOMAIN, "domains", most=MOST_DOMAINS)
        groups, wanted = self._part(top, "groups"), self._part(top, "objectives")
        return Desired(
            entries,
            self._prune(top),
            {name: tuple(self._list(told, f"groups.{name}")) for name, told in groups.items()},
            {name: self._map(told, f"objectives.{name}") for name, told in wanted.items()},
            lines,
        )

    def _part(self, top: Mapping[str, Any], part: str) -> Mapping[str, Any]:
        told = top.get(part)
        found = self._map({} if told is None else told, part)
        for name in found:
            if not isinstance(name, str) and not _is_whole(name):
                raise DesiredError(f"{part}.{name}", "text")
        return {str(name): value for name, value in found.items()}

    def _prune(self, top: Mapping[str, Any]) -> frozenset[Kind]:
        told = top.get("prune", False)
        if isinstance(told, bool):
            return frozenset(PRUNABLE) if told else frozenset()
        names = told if isinstance(told, Sequence) and not isinstance(told, str) else [told]
        for name in names:
            if name not in PRUNABLE:
                raise DesiredError("prune", "value", want=["true", "false", *PRUNABLE])
        return frozenset(Kind(name) for name in names)

    def _entries(self, top: Mapping[str, Any], kind: Kind) -> dict[str, Values | None]:
        part = self._part(top, kind)
        return {name: self._entry(kind, name, value) for name, value in part.items()}

    def _entry(self, kind: Kind, name: str, told: Any) -> Values | None:
        path = f"{kind}.{name}"
        if told == ABSENT and kind is not Kind.SETTING:
            return None
        if kind is Kind.DOMAIN:
            return self._domain(name, told, path)
        values = self._map({} if told is None else told, path)
        match kind:
            case Kind.RESOURCE:
                return self._resource(name, values, path)
            case Kind.RULE:
                return self._rule(name, values, path)
            case _:
                return self._setting(name, values, path)

    def _domain(self, name: str, told: Any, path: str) -> Values:
        if not is_domain_name(name):
            raise DesiredError(path, "domain_name")
        return {"nodes": ",".join(sorted(set(self._list(told, path))))}

    def _resource(self, sid: str, told: Mapping[str, Any], path: str) -> Values:
        kind = sid.partition(":")[0]
        known = {k: p for k, p in RESOURCES_FORMAT.properties_of(kind).items() if k != "group"}
        if not known:
            raise DesiredError(path, "sid")
        values = self._values(told, known, path)
        return values | {"state": "started"} if values.get("state") == "enabled" else values

    def _rule(self, name: str, told: Mapping[str, Any], path: str) -> Values:
        if not is_config_id(name):
            raise DesiredError(path, "rule_name")
        kinds = (NODE_AFFINITY, RESOURCE_AFFINITY)
        if told.get("type") not in kinds:
            problem = "value" if "type" in told else "missing"
            raise DesiredError(f"{path}.type", problem, want=kinds)
        known = RULES_FORMAT.properties_of(told["type"])
        values = self._values({k: v for k, v in told.items() if k != "type"}, known, path)
        return values | {"type": str(told["type"])}

    def _setting(self, name: str, told: Mapping[str, Any], path: str) -> Values:
        if name not in SETTINGS:
            raise DesiredError(path, "unknown", **near(name, SETTINGS))
        self._known(told, SETTINGS[name], f"{path}.")
        return {
            key: self._set_to(key, told[key], SETTINGS[name][key], f"{path}.{key}") for key in told
        }

    def _set_to(self, key: str, told: Any, words: Sequence[str] | None, path: str) -> str:
        if key in COUNTS:
            return _count(told, path)
        if words is None:
            if isinstance(told, bool) or not isinstance(told, int | float):
                raise DesiredError(path, "number", most=MOST_PERCENT)
            if not math.isfinite(told) or not 0 <= told <= MOST_PERCENT:
                raise DesiredError(path, "number", most=MOST_PERCENT)
            return number(float(told))
        text = _text(told)
        if text not in words:
            raise DesiredError(path, "value", want=_shown(words))
        return text

    def _values(
        self, told: Mapping[str, Any], known: Mapping[str, Property], path: str
    ) -> dict[str, str]:
        self._known(told, known, f"{path}.")
        values = {}
        for key in told:
            if key in LISTS:
                values[key] = self._listed(key, told[key], f"{path}.{key}")
            else:
                values[key] = self._value(key, told[key], known[key], f"{path}.{key}")
        return values

    def _value(self, key: str, told: Any, known: Property, path: str) -> str:
        if key in SWITCHES:
            if told not in (0, 1) or isinstance(told, float):
                raise DesiredError(path, "switch")
            return _text(told)
        if key in COUNTS:
            return _count(told, path)
        text = "" if told is None else told
        if not isinstance(text, str):
            raise DesiredError(path, "text")
        one_line = all(sign >= " " or sign == "\t" for sign in text)
        accepted = known.accept(str(text)) if one_line else None
        if accepted is None:
            problem = "comment" if key == "comment" else "value"
            raise DesiredError(path, problem, want=_words(known))
        return accepted

    def _listed(self, key: str, told: Any, path: str) -> str:
        if key == "nodes" and isinstance(told, Mapping):
            told = [f"{node}:{priority or 0}" for node, priority in told.items()]
        entries = self._list(told, path)
        if key != "nodes":
            return ",".join(sorted(set(entries)))
        found = {}
        for entry in entries:
            pair = parse_node_entry(entry)
            if pair is None:
                raise DesiredError(path, "node", name=entry)
            found[pair[0]] = pair[1]
        return format_nodes(sorted(found.items()))

    def _list(self, told: Any, path: str) -> list[str]:
        listed = isinstance(told, Sequence) and not isinstance(told, str) and bool(told)
        if not listed or not all(isinstance(one, str) and split_list(one) == [one] for one in told):
            raise DesiredError(path, "list")
        return [str(one) for one in told]

    def _map(self, told: Any, path: str) -> Mapping[str, Any]:
        if not isinstance(told, Mapping):
            raise DesiredError(path, "map")
        return told

    def _known(self, told: Mapping[str, Any], known: Any, path: str) -> None:
        for key in told:
            if key not in known:
                raise DesiredError(f"{path}{key}", "unknown", **near(key, known))


def _is_whole(told: Any) -> bool:
    return isinstance(told, int) and not isinstance(told, bool)


def _count(told: Any, path: str) -> str:
    if not _is_whole(told) or not 0 <= told <= MOST_COUNT:
        raise DesiredError(path, "count")
    return str(int(told))


def _text(told: Any) -> str:
    return str(int(told)) if isinstance(told, bool | int) else str("" if told is None else told)


def _words(known: Property) -> list[str]:
    """Return which words a property takes."""
    words = ("started", "stopped", "disabled", "ignored", "positive", "negative")
    return [word for word in words if known.accept(word) is not None]


def _shown(words: Sequence[str]) -> list[str]:
    return ["false", "true"] if tuple(words) == ("0", "1") else list(words)


def near(key: Any, known: Any) -> dict[str, Any]:
    """Return which of the names that are known was probably meant, or all of them."""
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
