"""Fault domains: nodes that fail together, as operators name them; kept by the console."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from virton.damage import DamagedError, reading
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


class Domains:
    """The named fault domains of a console's cluster."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE
        self._stamp = self._written_at()
        self._named: Named = self._read()

    @property
    def named(self) -> Named:
        """The domains as they are now: an apply on the command line changes them, too."""
        stamp = self._written_at()
        if stamp != self._stamp:
            with contextlib.suppress(DamagedError):
                self._stamp, self._named = stamp, self._read()
        return self._named

    def _written_at(self) -> int | None:
        return self._file.stat().st_mtime_ns if self._file.exists() else None

    def _read(self) -> Named:
        """Return what was kept; raises DamagedError where that cannot be read."""
        if not self._file.exists():
            return {}
        with reading(str(self._file), _ADVICE):
            return read_domains(json.loads(self._file.read_text("utf-8")))

    def keep(self, named: Named) -> None:
        """Keep these in the place of those before, whole or not at all; raises OSError."""
        put_in_place(self._file, json.dumps(named, sort_keys=True, indent=1))


def read_domains(data: object, known: frozenset[str] | None = None) -> Named:
    """Read `{name: [node, ...]}`; raises DomainError. Nodes must be among those `known`."""
    if not isinstance(data, dict) or len(data) > MOST_DOMAINS:
        raise DomainError("domains", "not_a_value")
    return {name: _members(name, nodes, known) for name, nodes in sorted(data.items())}


def _members(name: str, nodes: object, known: frozenset[str] | None) -> tuple[str, ...]:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise DomainError("name", "not_a_value")
    if not isinstance(nodes, list) or not nodes:
        raise DomainError(name, "required")
    if not all(isinstance(node, str) for node in nodes):
        raise DomainError(name, "not_a_value")
    if known is not None and not known.issuperset(nodes):
        raise DomainError(name, "unknown")
    return tuple(sorted(set(nodes)))
