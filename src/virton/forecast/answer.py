"""The answer to a question: the fate of every resource, the nodes before and after, the course."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.forecast.fates import Fate, assigned
from virton.forecast.situation import Situation

SCHEMA_VERSION = 1
Span = tuple[int, int]
"""Seconds after the first fault, from and to: when, depends on what nobody knows."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that the answer stands on and that a cluster does not tell."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the kind and its fields."""
        return {"kind": self.kind, **self.fields}


@dataclass(frozen=True, slots=True)
class Phase:
    """A step of the course: what happened, to which node or resource, and when."""

    what: str
    at_s: Span
    node: str | None = None
    sid: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what happened, when, and to whom."""
        told: dict[str, Any] = {"what": self.what, "at_s": list(self.at_s)}
        if self.node is not None:
            told["node"] = self.node
        if self.sid is not None:
            told["sid"] = self.sid
        return told


@dataclass(frozen=True, slots=True)
class Use:
    """What of a node is assigned to guests and used by them: cores and bytes."""

    assigned_cores: float
    assigned_bytes: int
    used_cores: float
    used_bytes: int

    def to_json(self) -> dict[str, Any]:
        """Return the four figures."""
        return {
            "assigned_cores": round(self.assigned_cores, 2),
            "assigned_memory": self.assigned_bytes,
            "used_cores": round(self.used_cores, 3),
            "used_memory": self.used_bytes,
        }


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """A node before and after."""

    online: tuple[bool, bool]
    cores: float
    memory_bytes: int
    before: Use
    after: Use

    @property
    def overfull(self) -> bool:
        """Tell whether more memory is assigned afterwards than the node has."""
        return self.after.assigned_bytes > self.memory_bytes

    def to_json(self) -> dict[str, Any]:
        """Return the node's row."""
        return {
            "online": list(self.online),
            "cores": self.cores,
            "memory": self.memory_bytes,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "overfull": self.overfull,
        }


@dataclass(frozen=True, slots=True)
class ResourceAnswer:
    """A resource's fate, and when it runs again; `others` are fates that are possible as well."""

    fate: Fate
    after_s: Span | None = None
    others: tuple[Fate, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the resource's row."""
        fate = self.fate
        told: dict[str, Any] = {
            "verdict": str(fate.verdict),
            "node": fate.node,
            "after_s": None if self.after_s is None else list(self.after_s),
            "how": str(fate.how),
            "because": fate.why.to_json(),
        }
        if self.others:
            told["possible"] = [{"verdict": str(f.verdict), "node": f.node} for f in self.others]
        return told


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is to be said to a question."""

    situation: Situation
    quorate: bool
    resets: tuple[str, ...]
    resources: Mapping[str, ResourceAnswer]
    outside_ha: tuple[str, ...]
    nodes: Mapping[str, NodeAnswer]
    phases: tuple[Phase, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    endless: bool = False
    to_and_fro: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the answer in the form of the published schema."""
        return {
            "version": SCHEMA_VERSION,
            "capture": self.situation.fingerprint,
            "clock": "paced",
            "pve_version": self.situation.version,
            "assumptions": [assumption.to_json() for assumption in self.assumptions],
            "quorate": self.quorate,
            "resets": list(self.resets),
            "resources": {
                sid: row.to_json() | {"from": self._origin(sid)}
                for sid, row in sorted(self.resources.items())
            },
            "outside_ha": list(self.outside_ha),
            "nodes": {name: row.to_json() for name, row in sorted(self.nodes.items())},
            "phases": [phase.to_json() for phase in self.phases],
            "endless": self.endless,
            "to_and_fro": list(self.to_and_fro),
        }

    def _origin(self, sid: str) -> str | None:
        config = self.situation.resources.get(sid)
        return config.node if config is not None else None


def node_answers(
    before: Situation, online: frozenset[str], running: Mapping[str, str]
) -> dict[str, NodeAnswer]:
    """Return the nodes as they were and as they are while guests run where `running` says."""
    earlier = before.running
    uses = _uses(before, earlier), _uses(before, running)
    return {
        name: NodeAnswer(
            online=(node.online, name in online),
            cores=node.cores,
            memory_bytes=node.memory_bytes,
            before=uses[0][name],
            after=uses[1][name],
        )
        for name, node in sorted(before.nodes.items())
    }


def _uses(situation: Situation, running: Mapping[str, str]) -> dict[str, Use]:
    memory = assigned(situation, running)
    sums = {name: [0.0, 0.0, 0] for name in situation.nodes}
    for sid in sorted(running):
        guest, row = situation.guests.get(sid), sums.get(running[sid])
        if guest is not None and row is not None:
            row[0] += guest.cores
            row[1] += guest.used_cores
            row[2] += guest.used_bytes
    return {n: Use(row[0], memory[n], row[1], int(row[2])) for n, row in sums.items()}
