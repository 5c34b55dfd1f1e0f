"""`/cluster/config/*`: who has how many votes, the QDevice, and how corosync waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.proxmox.values import each, integer, mapping, named, rows, text

_CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class QDevice:
    """A device outside of the cluster that votes; `connected` is None where that is not told."""

    connected: bool | None
    algorithm: str | None = None
    state: str | None = None

    def votes(self, nodes: Mapping[str, int]) -> int:
        """Return its votes: one, or with the other algorithm one less than the nodes have."""
        last_man_stands = (
            "lms" in (self.algorithm or "").lower() or "last man" in (self.algorithm or "").lower()
        )
        return max(1, sum(nodes.values()) - 1) if last_man_stands else 1


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes of each node, and the QDevice if there is one."""

    nodes: Mapping[str, int] = field(default_factory=dict)
    qdevice: QDevice | None = None

    @property
    def total(self) -> int:
        """Return how many votes there are at all."""
        nodes = sum(self.nodes.values())
        return nodes + (self.qdevice.votes(self.nodes) if self.qdevice else 0)


@dataclass(frozen=True, slots=True)
class Totem:
    """Corosync's waits, in milliseconds; None where its default holds."""

    token_ms: int | None = None
    token_coefficient_ms: int | None = None
    consensus_ms: int | None = None


def parse_node_votes(data: Any) -> dict[str, int]:
    """Read the answer of `/cluster/config/nodes`."""
    return dict(sorted(each(_votes, rows(data))))


def _votes(row: Mapping[str, Any]) -> tuple[str, int]:
    votes = integer(row.get("quorum_votes"))
    return named(row.get("name") or row.get("node")), 1 if votes is None else votes


def parse_qdevice(data: Any) -> QDevice | None:
    """Read the answer of `/cluster/config/qdevice`; an empty one means that there is none."""
    told = mapping(data)
    if not told:
        return None
    state = text(told.get("State"))
    connected = None if state is None else state.strip().lower().startswith(_CONNECTED)
    return QDevice(connected, text(told.get("Algorithm")), state)


def parse_totem(data: Any) -> Totem:
    """Read the answer of `/cluster/config/totem`."""
    told = mapping(data)
    names = ("token", "token_coefficient", "consensus")
    return Totem(*(integer(told.get(name)) for name in names))
