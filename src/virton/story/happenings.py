"""A happening: one thing that an operator would tell of, with its time and its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from virton.ha.causes import Cause

Fact = str | int | float | tuple[str, ...] | None


class Kind(StrEnum):
    """What an operator would tell of; the part before the dot says of whom."""

    NODE_LOST = "node.lost"
    NODE_FENCING = "node.fencing"
    NODE_FENCED = "node.fenced"
    NODE_BACK = "node.back"
    NODE_GONE = "node.gone"
    NODE_UNREACHABLE = "node.unreachable"
    NODE_REACHABLE = "node.reachable"
    MAINTENANCE_BEGUN = "maintenance.begun"
    MAINTENANCE_REACHED = "maintenance.reached"
    MAINTENANCE_ENDED = "maintenance.ended"
    QUORUM_LOST = "quorum.lost"
    QUORUM_BACK = "quorum.back"
    MASTER_CHANGED = "master.changed"
    QDEVICE_SILENT = "qdevice.silent"
    QDEVICE_BACK = "qdevice.back"
    DISARMED = "stack.disarmed"
    ARMED = "stack.armed"
    RESOURCE_ADDED = "resource.added"
    RESOURCE_REMOVED = "resource.removed"
    RESOURCE_CHANGED = "resource.changed"
    RESOURCE_STARTED = "resource.started"
    RESOURCE_STOPPED = "resource.stopped"
    RESOURCE_MOVED = "resource.moved"
    RESOURCE_RECOVERED = "resource.recovered"
    RESOURCE_WAITS = "resource.waits"
    RESOURCE_FAILED = "resource.failed"
    RESOURCE_ERROR = "resource.error"
    RESOURCE_CLEARED = "resource.cleared"
    RESOURCE_FROZEN = "resource.frozen"
    RESOURCE_THAWED = "resource.thawed"
    GUEST_DOWN = "guest.down"
    RULE_ADDED = "rule.added"
    RULE_CHANGED = "rule.changed"
    RULE_REMOVED = "rule.removed"
    RULE_CONFLICT = "rule.conflict"
    SETTINGS_CHANGED = "settings.changed"
    ASKED = "asked"
    CONSOLE_BLIND = "console.blind"
    CONSOLE_SEEING = "console.seeing"


TOLD_OF = frozenset(
    {
        Kind.NODE_LOST,
        Kind.NODE_FENCING,
        Kind.NODE_FENCED,
        Kind.NODE_BACK,
        Kind.NODE_GONE,
        Kind.MAINTENANCE_BEGUN,
        Kind.MAINTENANCE_ENDED,
        Kind.MASTER_CHANGED,
        Kind.DISARMED,
        Kind.ARMED,
        Kind.RESOURCE_ADDED,
        Kind.RESOURCE_REMOVED,
        Kind.RESOURCE_STOPPED,
        Kind.RESOURCE_MOVED,
        Kind.RESOURCE_RECOVERED,
        Kind.RESOURCE_WAITS,
        Kind.RESOURCE_FAILED,
        Kind.RESOURCE_ERROR,
        Kind.RESOURCE_CLEARED,
        Kind.RESOURCE_FROZEN,
        Kind.RESOURCE_THAWED,
    }
)
"""The kinds that the manager tells and that its published status shows: both stories have them."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to `whom` (a node, a resource, a rule; empty for the cluster).

    `number` is under which it is kept; 0 as long as it is not. It happened at some moment within `from_s` and `to_s` (seconds of whoever noted it; alike for
    an instant). It is `told` where the HA stack itself said so, else observed from outside.
    """

    kind: Kind
    whom: str
    from_s: float
    to_s: float
    told: bool
    facts: Mapping[str, Fact] = field(default_factory=dict)
    because: Cause | None = None
    number: int = field(default=0, compare=False)

    @property
    def is_instant(self) -> bool:
        """Tell whether it is known exactly when it happened."""
        return self.from_s == self.to_s
