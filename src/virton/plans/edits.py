"""What would have to change: every entry that is not as the file says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from virton.ha.config.properties import split_list
from virton.plans.desired import Desired, DesiredError, names_in, near, telling_lines
from virton.plans.entries import AUTO, CRS, Configured, Kind, Values, defaults
from virton.plans.fields import Fields

REQUIRED = {"node-affinity": ("resources", "nodes"), "resource-affinity": ("resources", "affinity")}
NEWER = {Kind.RESOURCE: "auto-rebalance", Kind.RULE: "affinity"}


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry that changes: None before it was, and None once it is gone."""

    kind: Kind
    name: str
    before: Values | None
    after: Values | None

    @property
    def verb(self) -> str:
        """Tell whether an entry is added, set or removed."""
        if self.before is None:
            return "add"
        return "remove" if self.after is None else "set"

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties that change."""
        before, after = self.before or {}, self.after or {}
        keys = {k for k in {*before, *after} if before.get(k, "") != after.get(k, "")}
        return tuple(sorted(keys))

    @property
    def words(self) -> str:
        """The edit in one line, in the words of the API."""
        told = [f"{key}={(self.after or {}).get(key, '')}" for key in self.told_properties]
        return " ".join([self.verb, self.name, *(told if self.after is not None else [])])

    @property
    def told_properties(self) -> tuple[str, ...]:
        """The properties that are worth telling: what changes, and of a new entry no defaults."""
        if self.before is not None or self.after is None:
            return self.properties
        usual = defaults(self.kind, self.after)
        return tuple(key for key in self.properties if self.after[key] != usual.get(key))

    def inverse(self) -> "Edit":
        """Return the edit that undoes this one."""
        return Edit(self.kind, self.name, self.after, self.before)

    def to_json(self) -> dict[str, Any]:
        """Return the edit."""
        before, after = self.before, self.after
        return {
            "kind": str(self.kind),
            "name": self.name,
            "verb": self.verb,
            "before": None if before is None else dict(sorted(before.items())),
            "after": None if after is None else dict(sorted(after.items())),
            "changed": list(self.properties),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Edit":
        """Read an edit that was kept; raises FieldError."""
        return cls.read(Fields(told))

    @classmethod
    def read(cls, told: Fields) -> "Edit":
        """Read an edit that was kept; raises FieldError."""
        kind = Kind(told.text("kind", among=tuple(Kind)))
        before = told.texts_by_name("before") if "before" in told else None
        after = told.texts_by_name("after") if "after" in told else None
        return cls(kind, told.text("name"), before, after)


def edits(now: Configured, desired: Desired) -> tuple[Edit, ...]:
    """Return every edit, by kind and name; raises DesiredError."""
    with telling_lines(desired.lines):
        check_names(now, desired)
        found = [one for kind in Kind for one in _of_kind(kind, now, desired)]
        found = [one for one in found if one.before != one.after]
        _check_under_ha(now, found)
    return tuple(found)


def _check_under_ha(now: Configured, found: Sequence[Edit]) -> None:
    """Raise DesiredError where a rule that is written names a guest that is not under HA then."""
    resources = [edit for edit in found if edit.kind is Kind.RESOURCE]
    gone = {edit.name for edit in resources if edit.after is None}
    there = (now.of(Kind.RESOURCE).keys() | {edit.name for edit in resources}) - gone
    for edit in found:
        if edit.kind is Kind.RULE and edit.after and "resources" in edit.properties:
            for sid in split_list(edit.after["resources"]):
                if sid not in there:
                    raise DesiredError(f"rules.{edit.name}.resources", "not_under_ha", name=sid)


def check_names(now: Configured, desired: Desired) -> None:
    """Raise DesiredError where the file names a guest or a node that the cluster does not have."""
    with telling_lines(desired.lines):
        for path, what, name in names_in(desired):
            if what == "guest" and name not in now.guests and name not in now.of(Kind.RESOURCE):
                raise DesiredError(path, "no_guest", name=name, **_meant(name, now.guests))
            if what == "node" and name not in now.nodes:
                raise DesiredError(path, "no_node", name=name, known=list(now.nodes))


def _meant(name: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {key: value for key, value in near(name, known).items() if key == "near"}


def _of_kind(kind: Kind, now: Configured, desired: Desired) -> Iterator[Edit]:
    if kind not in now.entries:  # a capture does not tell
        return
    before, wanted = now.of(kind), desired.of(kind)
    for name, given in sorted(wanted.items()):
        yield Edit(kind, name, before.get(name), _after(kind, name, before.get(name), given, now))
    if kind in desired.prune:
        for name in sorted(before.keys() - wanted.keys()):
            yield Edit(kind, name, before[name], None)


def _after(
    kind: Kind, name: str, before: Values | None, given: Values | None, now: Configured
) -> Values | None:
    if given is None:
        return None
    path = f"{kind}.{name}"
    if before is not None and before.get("type") != given.get("type"):
        raise DesiredError(f"{path}.type", "type_stays", want=before.get("type"))
    usual = before or defaults(kind, given)
    for key in REQUIRED.get(given.get("type", ""), ()):
        if key not in given and key not in usual:
            raise DesiredError(f"{path}.{key}", "needed")
    newer = kind is Kind.RESOURCE or given.get("type") == "node-affinity"
    key = NEWER.get(kind, "")
    if newer and not now.newer and key in given and given[key] != usual.get(key):
        raise DesiredError(f"{path}.{key}", "newer")
    if name == CRS and kind is Kind.SETTING and not now.newer:
        for key in (f"{AUTO}-threshold", f"{AUTO}-margin"):
            if float(given.get(key, 0)) > 1:
                raise DesiredError(f"{path}.{key}", "number", most=1)
    return {**usual, **given}
