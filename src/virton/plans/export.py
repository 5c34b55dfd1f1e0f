"""What is configured, written as the file; of one that exists only what differs is changed."""

from collections.abc import Mapping
from typing import Any

from virton.ha.config.properties import parse_nodes, split_list
from virton.plans.desired import LISTS, SWITCHES, VERSION, Desired, DesiredError, read_desired
from virton.plans.entries import AUTO, Configured, Kind, Values, defaults
from virton.plans.yaml_file import read_tree, tree, without_aliases, write_tree
from virton.plans.yaml_text import TooOddError, YamlText, has_aliases

FIRST = ("type", "affinity", "resources", "nodes")
NUMBERS = (
    "max_restart",
    "max_relocate",
    f"{AUTO}-threshold",
    f"{AUTO}-hold-duration",
    f"{AUTO}-margin",
)


def export(now: Configured, into: str | None = None) -> str:
    """Return the file; with `into`, that text with what differs brought up to date.

    Raises DesiredError where `into` cannot be used.
    """
    if not into:
        return write_tree(tree({"version": VERSION, **_parts(now)}))
    desired = read_desired(into)
    try:
        if not has_aliases(into):
            return _Update(into, desired, now).text()
    except TooOddError:
        pass
    whole = without_aliases(into)
    try:
        brought = _Update(whole, desired, now).text()
    except TooOddError:
        raise DesiredError("file", "too_odd") from None
    return into if brought == whole else brought


def _parts(now: Configured) -> dict[str, Any]:
    return {kind.value: _part(kind, there) for kind in Kind if (there := now.of(kind))}


def _part(kind: Kind, there: Mapping[str, Values]) -> dict[str, Any]:
    return {name: _entry(kind, values) for name, values in there.items()}


def _entry(kind: Kind, values: Values) -> Any:
    """Return a new entry as the file shows it."""
    if kind is Kind.DOMAIN:
        return split_list(values["nodes"])
    said = _said(kind, values)
    return {"state": values["state"], **said} if kind is Kind.RESOURCE else said


class _Update:
    """Brings a file up to date: what it says of entries, and which it lacks or has too many."""

    def __init__(self, text: str, desired: Desired, now: Configured) -> None:
        self._told = _named(read_tree(text))
        self._text = YamlText(text)
        self._desired = desired
        self._now = now

    def text(self) -> str:
        """Return the file; a kind of which nothing is known stays as it is."""
        for kind in Kind:
            if kind in self._now.entries:
                self._part(kind, self._now.of(kind), self._desired.of(kind))
        return self._text.changed()

    def _part(
        self, kind: Kind, there: Mapping[str, Values], wanted: Mapping[str, Values | None]
    ) -> None:
        if not self._told.get(kind.value):
            if there:
                self._text.put([kind.value], _part(kind, there))
            return
        gone = [name for name, told in wanted.items() if name not in there and told is not None]
        self._text.remove([kind.value], gone)
        for name, values in there.items():
            path, told = [kind.value, name], wanted.get(name)
            if told is None:
                self._text.put(path, _entry(kind, values))
            elif not self._told[kind.value][name]:
                if said := _said(kind, values):
                    self._text.put(path, said)
            elif kind is not Kind.DOMAIN:
                self._properties(path, kind, values, told)
            elif told != values:
                self._words(path, "nodes", values["nodes"])

    def _properties(self, path: list[str], kind: Kind, values: Values, told: Values) -> None:
        said = _said(kind, values)
        self._text.remove(path, [key for key in told if key not in values])
        for key, value in values.items():
            if key not in told and key in said:
                self._text.put([*path, key], said[key])
            elif key not in told or told[key] == value:
                continue
            elif key in LISTS:
                self._words([*path, key], key, value)
            else:
                self._text.put([*path, key], shown(key, value))

    def _words(self, path: list[str], key: str, value: str) -> None:
        """Bring a list up to date, or the map that nodes with their priorities may be."""
        words, told = split_list(value), self._told
        for name in path:
            told = told[name]
        if not isinstance(told, Mapping):
            self._text.put_words(path, words, _node if key == "nodes" else str)
            return
        now = parse_nodes(value)
        self._text.remove(path, [node for node in told if node not in now])
        for node, priority in now.items():
            if node not in told or (told[node] or 0) != priority:
                self._text.put([*path, node], priority)


def _named(part: Any) -> Any:
    """Return what was read with its names as text, as `1` may be one."""
    if not isinstance(part, Mapping):
        return part
    return {str(name): _named(value) for name, value in part.items()}


def _node(word: str) -> str:
    return word.partition(":")[0]


def _said(kind: Kind, values: Values) -> dict[str, Any]:
    """Return the properties that are not what goes without saying, in a readable order."""
    usual = defaults(kind, values)
    keys = [key for key in FIRST if key in values]
    keys += [key for key in values if key not in keys]
    return {key: shown(key, values[key]) for key in keys if usual.get(key) != values[key]}


def shown(key: str, value: str) -> Any:
    """Return a value as the file shows it."""
    if key in LISTS:
        return split_list(value)
    if key in SWITCHES:
        return value == "1"
    if key in NUMBERS:
        return float(value) if "." in value else int(value)
    return value
