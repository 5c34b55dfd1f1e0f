"""What is configured in a live cluster, verbatim, and the one call by which an entry is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from virton.ha.config.datacenter import parse_property_string
from virton.plans.edits import Edit
from virton.plans.entries import AUTO, CRS, HA, Kind, defaults
from virton.plans.fields import Fields
from virton.proxmox.comments import resource_comment, rule_comment
from virton.proxmox.values import comment

if TYPE_CHECKING:  # what speaks HTTP is loaded by who asks a live cluster
    from virton.proxmox.api import ClusterApi
    from virton.proxmox.features import Features

Row = Mapping[str, str]
"""An entry's properties as the cluster gives them: what is unsaid is not there."""

RESOURCES, RULES, OPTIONS = "/cluster/ha/resources", "/cluster/ha/rules", "/cluster/options"
_BESIDE = {
    Kind.RESOURCE: ("sid", "type", "digest", "errors"),
    Kind.RULE: ("rule", "digest", "errors", "order", "state"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Every entry that a plan can change, in the order of its file, and the files' digests."""

    rows: Mapping[Kind, Mapping[str, Row]]
    digests: Mapping[Kind, str]

    def of(self, kind: Kind, name: str) -> Row | None:
        """Return an entry, None where there is none."""
        return self.rows.get(kind, {}).get(name)

    def with_row(self, kind: Kind, name: str, row: Row | None) -> "Rows":
        """Return the rows with one as it is after a change."""
        entries = {**self.rows.get(kind, {})}
        if row is None:
            entries.pop(name, None)
        else:
            entries[name] = row
        return Rows({**self.rows, kind: entries}, self.digests)

    def differences(self, other: "Rows") -> list[tuple[Kind, str]]:
        """Return the entries that are not the same in another one."""
        return [
            (kind, name)
            for kind in Kind
            for name in sorted({*self.rows.get(kind, {}), *other.rows.get(kind, {})})
            if self.of(kind, name) != other.of(kind, name)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the rows, to be kept."""
        return {
            str(kind): {n: dict(row) for n, row in rows.items()} for kind, rows in self.rows.items()
        }

    @classmethod
    def read(cls, told: Fields) -> "Rows":
        """Read rows that were kept; raises FieldError."""
        told.know(tuple(Kind))
        parts = {kind: told.part(kind) for kind in Kind if kind in told}
        rows = {
            kind: {name: part.texts_by_name(name) for name in part} for kind, part in parts.items()
        }
        return cls(rows, {})


async def read_rows(api: "ClusterApi", features: "Features") -> Rows:
    """Read what is configured; raises ApiFailure."""
    resources = await api.read(RESOURCES, list)
    rules = await api.read(RULES, list) if features.rules else []
    options = await api.read(OPTIONS, dict)
    settings = {name: _setting(options.get(name)) for name in (CRS, HA)}
    return Rows(
        {
            Kind.RESOURCE: {str(row["sid"]): _row(Kind.RESOURCE, row) for row in resources},
            Kind.RULE: {str(row["rule"]): _row(Kind.RULE, row) for row in rules},
            Kind.SETTING: {name: row for name, row in settings.items() if row is not None},
        },
        {
            kind: str(listed[0]["digest"])
            for kind, listed in ((Kind.RESOURCE, resources), (Kind.RULE, rules))
            if listed and listed[0].get("digest")
        },
    )


def _row(kind: Kind, row: Mapping[str, Any]) -> Row:
    read = {key: _text(value) for key, value in row.items() if key not in _BESIDE[kind]}
    return read | {"comment": comment(read["comment"]) or ""} if "comment" in read else read


def _setting(told: Any) -> Row | None:
    if told is None or told == "":
        return None
    if isinstance(told, Mapping):
        return {str(key): _text(value) for key, value in told.items()}
    return parse_property_string(str(told)) or {}


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def row_after(edit: Edit, before: Row | None) -> Row | None:
    """Return an entry as an edit leaves it; what is set to its default goes unsaid."""
    if edit.after is None:
        return None
    usual = defaults(edit.kind, edit.after)
    if before is None and edit.kind is not Kind.SETTING:
        return {key: value for key, value in edit.after.items() if usual.get(key) != value}
    row = dict(before or {})
    for key in edit.properties:
        if usual.get(key) == edit.after[key]:
            row.pop(key, None)
        else:
            row[key] = edit.after[key]
    if any(key.startswith(f"{AUTO}-") for key in row):
        row.setdefault(AUTO, edit.after.get(AUTO, "0"))
    return row


async def write_row(
    api: "ClusterApi", features: "Features", kind: Kind, name: str, now: Rows, after: Row | None
) -> None:
    """Change one entry from what it is to what it should be, in one call; raises ApiFailure."""
    before = now.of(kind, name)
    if kind is Kind.SETTING:
        params = {"delete": name} if not after else {name: _property_string(after)}
        await api.client.call("PUT", OPTIONS, api.credentials, params)
        return
    path = RESOURCES if kind is Kind.RESOURCE else RULES
    named = f"{path}/{quote(name, safe=':')}"
    if after is None:
        gone = {"purge": 0} if kind is Kind.RESOURCE and features.purge else {}
        await api.client.call("DELETE", named, api.credentials, gone)
        return
    params = _params(kind, after, features)
    if before is None:
        key = "sid" if kind is Kind.RESOURCE else "rule"
        await api.client.call("POST", path, api.credentials, {key: name, **params})
        return
    changed = {key: value for key, value in params.items() if before.get(key) != after[key]}
    if gone_keys := sorted(before.keys() - after.keys()):
        changed["delete"] = ",".join(gone_keys)
    if kind is Kind.RULE:
        changed["type"] = after["type"]
    if kind in now.digests:
        changed["digest"] = now.digests[kind]
    await api.client.call("PUT", named, api.credentials, changed)


def _params(kind: Kind, row: Row, features: "Features") -> dict[str, str]:
    params = dict(row)
    if "comment" in params:
        encoded = resource_comment if kind is Kind.RESOURCE else rule_comment
        params["comment"] = encoded(params["comment"], features)
    return params


def _property_string(row: Row) -> str:
    return ",".join(f"{key}={value}" for key, value in row.items())
