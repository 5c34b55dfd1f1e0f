"""What a round of the manager comes to: what to tell, to do and to write, in this order.

The acts come before the status is written, and each is harmless when done again: a manager that
dies in between leaves a status from which its successor decides the same once more.
"""

from dataclasses import dataclass, field

from virton.frozen import frozen
from virton.ha.causes import Cause
from virton.ha.events import Event
from virton.ha.model import ManagerStatus
from virton.ha.placement.reasons import Decision
from virton.ha.rules.config import RuleSet


@frozen
class TakeCommands:
    """Take the operator's commands off the queue."""

    count: int


@frozen
class TakeOverGuest:
    """Make the guest of a fenced node another node's."""

    sid: str
    source: str
    target: str


@frozen
class RemoveGuestLock:
    """Remove a lock that a fenced node left behind on a guest."""

    sid: str
    lock: str


@frozen
class RequestStopped:
    """Change a resource's configured state to `stopped`."""

    sid: str


@frozen
class ReplaceGroups:
    """Replace all HA groups by rules; `failback_off` are the resources that stay where they are."""

    rules: RuleSet
    grouped: tuple[str, ...]
    failback_off: tuple[str, ...]


Act = TakeCommands | TakeOverGuest | RemoveGuestLock | RequestStopped | ReplaceGroups


@dataclass(slots=True)
class Plan:
    """The outcome of a round.

    `events` in the order in which they happened; `status` is None if nothing is to be written.
    `causes` and `decisions` tell why, by the position of the event.
    """

    events: list[Event] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    status: ManagerStatus | None = None
    causes: dict[int, Cause] = field(default_factory=dict)
    decisions: dict[int, Decision] = field(default_factory=dict)

    def tell(
        self, event: Event, cause: Cause | None = None, decision: Decision | None = None
    ) -> None:
        """Add an event, with why it happened."""
        if cause is not None:
            self.causes[len(self.events)] = cause
        if decision is not None:
            self.decisions[len(self.events)] = decision
        self.events.append(event)
