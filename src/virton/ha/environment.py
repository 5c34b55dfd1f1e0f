"""The port through which a daemon of the HA stack sees and touches its world.

A world (simulated, embedded or real) implements it once for each node and daemon. What a daemon
asks in one round must not change under it, but for the locks.
"""

from collections.abc import Mapping, Set
from enum import Enum
from typing import Protocol

from virton.frozen import frozen
from virton.ha.causes import Cause
from virton.ha.events import Event
from virton.ha.manager.plan import Act
from virton.ha.manager.view import View
from virton.ha.model import (
    DatacenterSettings,
    LrmStatus,
    ManagerStatus,
    ResourceConfig,
)
from virton.ha.placement.reasons import Decision

MANAGER_LOCK = "ha_manager_lock"

SILENT_S = 60
"""A daemon that has not written for longer is not at work: it does so every 5 to 10 s."""


def agent_lock(node: str) -> str:
    """Return the name of the lock without which `node` must not run resources."""
    return f"ha_agent_{node}_lock"


@frozen
class NextRound:
    """When a daemon wants to be called again, or that it has ended."""

    after_s: int = 5
    ended: bool = False


ENDED = NextRound(ended=True)


class UnreadableError(Exception):
    """The cluster's files cannot be read or written at the moment."""


class LockAnswer(Enum):
    """What became of the wish for a lock."""

    REFUSED = "another node holds it"
    KEPT = "held before, and renewed"
    ACQUIRED = "newly taken"

    def __bool__(self) -> bool:
        return self is not LockAnswer.REFUSED


class GuestOperation(Protocol):
    """A start, stop or move of a guest, under way or done."""

    @property
    def number(self) -> int:
        """Return the number by which its world knows the operation; 0: it was over at once."""

    @property
    def locked_by(self) -> str | None:
        """Name the guest's lock that forbade the operation."""

    @property
    def attempted(self) -> bool:
        """Tell whether the operation was begun at all, be it in vain."""

    @property
    def done(self) -> bool:
        """Tell whether the operation has ended."""

    @property
    def moved(self) -> bool:
        """Tell whether a move brought the guest to its target."""


class Environment(Protocol):
    """What both daemons need."""

    @property
    def node(self) -> str:
        """The node on which the daemon runs."""

    def now_s(self) -> int:
        """Return the time in seconds; it stands still during a round."""

    def tell(
        self, event: Event, cause: Cause | None = None, decision: Decision | None = None
    ) -> None:
        """Make an event known, with why it happened where it is a change of state."""

    def quorate(self) -> bool:
        """Tell whether this node is part of a quorate cluster."""

    def cluster_state_consistent(self) -> bool:
        """Tell whether the cluster's state could be brought up to date for this round."""

    def acquire_lock(self, lock: str) -> LockAnswer:
        """Take or renew a cluster-wide lock."""

    def release_lock(self, lock: str) -> bool:
        """Give a lock back; False if it is not this node's."""

    def open_watchdog(self) -> str:
        """Open a watchdog, which powers the node off when it is not fed; return its handle."""

    def feed_watchdog(self, handle: str) -> None:
        """Keep the watchdog from firing."""

    def close_watchdog(self, handle: str) -> None:
        """Close the watchdog, so that it will not fire."""

    def read_manager_status(self) -> ManagerStatus:
        """Return what the manager wrote last; raises UnreadableError."""

    def read_resources(self) -> Mapping[str, ResourceConfig]:
        """Return the configured resources; raises UnreadableError."""

    def datacenter(self) -> DatacenterSettings:
        """Return the settings of the cluster."""


class CrmEnvironment(Environment, Protocol):
    """What a Cluster Resource Manager needs besides."""

    def view(self) -> View:
        """Return the cluster as it stands now; raises UnreadableError."""

    def carry_out(self, act: Act) -> None:
        """Do what the manager decided; doing it twice is the same as once."""

    def write_manager_status(self, status: ManagerStatus) -> None:
        """Publish the manager's status; raises UnreadableError."""

    def commands_pending(self) -> bool:
        """Tell whether operator commands wait for a manager."""


class LrmEnvironment(Environment, Protocol):
    """What a Local Resource Manager needs besides."""

    def write_lrm_status(self, status: LrmStatus) -> None:
        """Publish the LRM's status; raises UnreadableError."""

    def node_shutdown(self) -> str | None:
        """Tell whether the node goes down: for a `shutdown`, a `reboot`, or not at all."""

    def max_workers(self) -> int:
        """Return how many operations may run at once; 0: each is done at once, unlimited."""

    def running_guests(self) -> Set[str]:
        """Return the resources whose guests run on this node."""

    def guest_runs(self, sid: str) -> bool:
        """Tell whether the resource's guest runs on this node."""

    def start_guest(self, sid: str) -> GuestOperation:
        """Begin to start the guest."""

    def stop_guest(self, sid: str, timeout_s: int | None) -> GuestOperation:
        """Begin to stop the guest, hard after `timeout_s` (None: the guest's own setting)."""

    def move_guest(self, sid: str, target: str, *, live: bool) -> GuestOperation:
        """Begin to move the guest; without `live` a running guest is stopped first."""

    def operation(self, number: int) -> GuestOperation:
        """Return an operation that was begun before, by its number."""
