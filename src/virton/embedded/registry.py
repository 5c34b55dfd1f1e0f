"""The endpoints of the API: path, method, parameters, permission and handler of each."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.schema import Schema

_BLANK = re.compile(r"\s")

Parts = tuple[str, ...]
Handler = Callable[[EmbeddedCluster, Caller, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """A part of a list, and how many entries the whole of it has."""

    data: list[Any]
    total: int


class Anyone(Enum):
    """Permissions that do not depend on privileges."""

    WORLD = "world"
    LOGGED_IN = "all"


@dataclass(frozen=True, slots=True)
class Need:
    """A permission: all (or `any_of`) of some privileges on a path, as `/vms/{vmid}`."""

    path: str
    privileges: tuple[str, ...]
    any_of: bool = False


@dataclass(frozen=True, slots=True)
class NeedOverUser:
    """A permission: to be the user `{userid}`, or one of some privileges on one of its groups."""

    privileges: tuple[str, ...]


Permission = Anyone | Need | NeedOverUser


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    A `proxied` endpoint is answered by the node in its path. A `slow` one must not run where it
    would hold up others. A `no_token` one needs a ticket. `settings` are parameters that may be
    left out, but not be null.
    """

    method: str
    path: str
    handler: Handler
    permission: Permission
    parameters: Schema = field(default_factory=lambda: MappingProxyType({}))
    proxied: bool = False
    slow: bool = False
    no_token: bool = False
    settings: frozenset[str] = frozenset()

    @property
    def parts(self) -> Parts:
        """Return the path's parts; `{name}` stands for a parameter."""
        return split_path(self.path)


class Registry:
    """All endpoints, to be found by method and path."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """Register `endpoints`, each once."""
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._literal: dict[tuple[str, Parts], Endpoint] = {}
        self._by_length: dict[tuple[str, int], list[tuple[Parts, Endpoint]]] = {}
        for endpoint in endpoints:
            key = (endpoint.method, endpoint.path)
            if key in self._endpoints:
                raise ValueError(f"{endpoint.method} {endpoint.path} is registered twice")
            self._endpoints[key] = endpoint
            parts = endpoint.parts
            if not any(_literal_first(parts)):
                self._literal[endpoint.method, parts] = endpoint
                continue
            alike = self._by_length.setdefault((endpoint.method, len(parts)), [])
            alike.append((parts, endpoint))
        for alike in self._by_length.values():
            alike.sort(key=lambda pair: _literal_first(pair[0]))

    def __iter__(self) -> Iterator[Endpoint]:
        """Iterate over the endpoints by path and method."""
        return iter(sorted(self._endpoints.values(), key=lambda e: (e.path, e.method)))

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """Return the endpoint and what its path says, or None if there is none."""
        parts = split_path(path)
        if (endpoint := self._literal.get((method, parts))) is not None:
            return endpoint, {}
        for template, endpoint in self._by_length.get((method, len(parts)), ()):
            if all(_fits(name, part) for name, part in zip(template, parts, strict=True)):
                return endpoint, _path_values(template, parts)
        return None


def split_path(path: str) -> Parts:
    """Return the parts of a path; empty ones do not count."""
    return tuple(filter(None, path.split("/")))


def _literal_first(template: Parts) -> tuple[bool, ...]:
    return tuple(part.startswith("{") for part in template)


def _fits(name: str, part: str) -> bool:
    """Tell whether a part of a path is the one expected; a parameter in a path holds no blanks."""
    return not _BLANK.search(part) if name.startswith("{") else name == part


def _path_values(template: Parts, parts: Parts) -> dict[str, str]:
    pairs = zip(template, parts, strict=True)
    return {name.strip("{}"): part for name, part in pairs if name.startswith("{")}
