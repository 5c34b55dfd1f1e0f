"""What a round of the manager comes to: what to tell, to do and to write, in this order.

The acts come before the status is written, and each is harmless when done again: a manager that
dies in between leaves a status from which its successor decides the same once more.
"""

from dataclasses import dataclass, field

from virton.ha.events import Event
from virton.ha.model import ManagerStatus
from virton.ha.placement.choice import Choice
from virton.ha.rules.config import RuleSet


@dataclass(frozen=True, slots=True)
class TakeCommands:
    """Take the operator's commands off the queue."""

    count: int


@dataclass(frozen=True, slots=True)
class TakeOverGuest:
    """Make the guest of a fenced node another node's."""

    sid: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class RemoveGuestLock:
    """Remove a lock that a fenced node left behind on a guest."""

    sid: str
    lock: str


@dataclass(frozen=True, slots=True)
class RequestStopped:
    """Change a resource's configured state to `stopped`."""

    sid: str


@dataclass(frozen=True, slots=True)
class ReplaceGroups:
    """Replace all HA groups by rules; `failback_off` are the resources that stay where they are."""

    rules: RuleSet
    grouped: tuple[str, ...]
    failback_off: tuple[str, ...]


Act = TakeCommands | TakeOverGuest | RemoveGuestLock | RequestStopped | ReplaceGroups


@dataclass(slots=True)
class Plan:
    """The outcome of a round.

    `events` in the order in which they happened; `status` is None if nothing is to be written;
    `choices` are the placements behind this round's moves and recoveries.
    """

    events: list[Event] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    status: ManagerStatus | None = None
    choices: list[tuple[str, Choice]] = field(default_factory=list)
