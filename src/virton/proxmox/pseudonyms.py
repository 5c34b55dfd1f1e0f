"""What nodes, resources, rules and groups are called in a snapshot: by name, or by number.

The HA stack breaks ties by name, so a pseudonym sorts among its kind as the name does.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import count

GROUP_RULE = "ha-group-"
"""How the names of those rules begin that a group has become."""

_FIRST_VMID = 100


class Kind(StrEnum):
    """What has a name."""

    NODE = "node"
    SID = "sid"
    RULE = "rule"
    GROUP = "group"
    STORAGE = "storage"
    BRIDGE = "bridge"
    DEVICE = "device"


Name = tuple[Kind, str]


class Names:
    """Tells what to call things, and notes what it was asked for.

    Without pseudonyms everything is called as it is, and free text may stay.
    """

    def __init__(self, pseudonyms: Mapping[Name, str] | None = None) -> None:
        self._pseudonyms = pseudonyms
        self.asked: set[Name] = set()

    @property
    def anonymous(self) -> bool:
        """Tell whether names are replaced."""
        return self._pseudonyms is not None

    def node(self, name: str) -> str:
        """Return what to call a node."""
        return self._called(Kind.NODE, name)

    def sid(self, name: str) -> str:
        """Return what to call a resource, or a guest that could become one."""
        return self._called(Kind.SID, name)

    def group(self, name: str) -> str:
        """Return what to call a group."""
        return self._called(Kind.GROUP, name)

    def rule(self, name: str) -> str:
        """Return what to call a rule; one that a group has become is called after the group."""
        if name.startswith(GROUP_RULE):
            return GROUP_RULE + self.group(name.removeprefix(GROUP_RULE))
        return self._called(Kind.RULE, name)

    def storage(self, name: str) -> str:
        """Return what to call a storage."""
        return self._called(Kind.STORAGE, name)

    def bridge(self, name: str) -> str:
        """Return what to call a bridge."""
        return self._called(Kind.BRIDGE, name)

    def device(self, name: str) -> str:
        """Return what to call a device, a mapped one, or a disk of one node alone."""
        return self._called(Kind.DEVICE, name)

    def text(self, text: str | None) -> str | None:
        """Return a free text, or nothing where it could give a name away."""
        return None if self.anonymous else text or None

    def _called(self, kind: Kind, name: str) -> str:
        self.asked.add((kind, name))
        return name if self._pseudonyms is None else self._pseudonyms[kind, name]


def pseudonyms(names: Iterable[Name]) -> dict[Name, str]:
    """Return a pseudonym for each name, in the names' order within every kind."""
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for kind, name in sorted(set(names)):
        by_kind[kind].append(name)
    before = [name for name in by_kind[Kind.RULE] if name < GROUP_RULE]
    after = [name for name in by_kind[Kind.RULE] if name >= GROUP_RULE]
    called = {
        Kind.NODE: _numbered("node", by_kind[Kind.NODE]),
        Kind.GROUP: _numbered("group", by_kind[Kind.GROUP]),
        Kind.STORAGE: _numbered("storage", by_kind[Kind.STORAGE]),
        Kind.BRIDGE: _numbered("bridge", by_kind[Kind.BRIDGE]),
        Kind.DEVICE: _numbered("device", by_kind[Kind.DEVICE]),
        # Rules and those that groups have become are sorted together.
        Kind.RULE: _numbered("a-rule", before) | _numbered("rule", after),
        Kind.SID: _renumbered(by_kind[Kind.SID]),
    }
    return {(kind, name): called[kind][name] for kind in Kind for name in by_kind[kind]}


def _numbered(prefix: str, names: list[str]) -> dict[str, str]:
    width = len(str(len(names)))
    return {name: f"{prefix}{number:0{width}}" for number, name in enumerate(names, start=1)}


def _renumbered(sids: list[str]) -> dict[str, str]:
    """Give every resource a number of equally many digits: they are sorted as texts."""
    powers = (_FIRST_VMID * 10**power for power in count())
    first = next(p for p in powers if p + len(sids) <= 10 * p)
    return {
        sid: f"{sid.partition(':')[0]}:{number}" for number, sid in enumerate(sids, start=first)
    }
