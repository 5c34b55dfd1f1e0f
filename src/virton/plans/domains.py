"""Fault domains: nodes that fail together, as operators name them, in the console's data folder."""

import json
from collections.abc import Mapping
from pathlib import Path

from virton.damage import reading
from virton.ha.config.properties import split_list
from virton.plans.entries import Values
from virton.whole_file import put_in_place

FILE = "domains.json"
_ADVICE = (
    f"Restore {FILE} from a backup. Or delete it: the fault domains have to be named anew then."
)
MOST_DOMAINS = 64
LONGEST_NAME = 64

Named = Mapping[str, tuple[str, ...]]


class DomainError(ValueError):
    """Domains that cannot be kept; `field` is the name of the one that is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        """Say which domain, and what is wrong with it."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class DomainsFile:
    """The file, whole: one that is damaged is named, and not written over."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE

    @property
    def written_at(self) -> int | None:
        """When it was written, to the nanosecond; None: there is none."""
        return self._path.stat().st_mtime_ns if self._path.exists() else None

    def named(self) -> Named:
        """Return the domains; raises DamagedError."""
        if not self._path.exists():
            return {}
        with reading(str(self._path), _ADVICE):
            return read_domains(json.loads(self._path.read_text("utf-8")))

    def keep(self, named: Mapping[str, object]) -> None:
        """Keep these in the place of those before, whole or not at all; raises OSError."""
        put_in_place(self._path, json.dumps(named, sort_keys=True, indent=1))

    def read(self) -> dict[str, Values]:
        """Return the domains as entries of a plan."""
        return {name: {"nodes": ",".join(nodes)} for name, nodes in self.named().items()}

    def write(self, name: str, row: Values | None) -> None:
        """Keep a domain, or none of that name."""
        others = {known: nodes for known, nodes in self.named().items() if known != name}
        self.keep(others if row is None else others | {name: tuple(split_list(row["nodes"]))})


def is_domain_name(name: str) -> bool:
    """Tell whether a domain may be called so."""
    return bool(name.strip()) and len(name) <= LONGEST_NAME and name.isprintable()


def read_domains(data: object, known: frozenset[str] | None = None) -> Named:
    """Read `{name: [node, ...]}`; raises DomainError. Nodes must be among those `known`."""
    if not isinstance(data, dict) or len(data) > MOST_DOMAINS:
        raise DomainError("domains", "not_a_value")
    return {name: _members(name, nodes, known) for name, nodes in sorted(data.items())}


def _members(name: str, nodes: object, known: frozenset[str] | None) -> tuple[str, ...]:
    if not is_domain_name(name):
        raise DomainError("name", "not_a_value")
    if not isinstance(nodes, list) or not nodes:
        raise DomainError(name, "required")
    if not all(isinstance(node, str) for node in nodes):
        raise DomainError(name, "not_a_value")
    if known is not None and not known.issuperset(nodes):
        raise DomainError(name, "unknown")
    return tuple(sorted(set(nodes)))
