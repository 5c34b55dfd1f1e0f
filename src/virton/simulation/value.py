"""A simulated world as a value: everything on which its next second depends.

The parts are frozen, and what is large is shared with the world that they were taken from.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from virton.frozen import frozen
from virton.ha.crm import CrmMemory
from virton.ha.dialect import Dialect
from virton.ha.lrm import LrmMemory
from virton.ha.model import (
    DatacenterSettings,
    GroupConfig,
    Instant,
    LrmStatus,
    ManagerStatus,
    ResourceConfig,
)
from virton.ha.rules.config import RuleSet
from virton.simulation.hosts import DEFAULT_CORES, DEFAULT_MEMORY_BYTES, DEFAULT_VERSION
from virton.simulation.timed_guests import Doing
from virton.simulation.timing import VIRTUAL, Timing


@frozen
class HostValue:
    """A host, with its daemons and their clocks (s); the fields are those of `Host`."""

    name: str
    power: bool = False
    network: bool = False
    cores: float = DEFAULT_CORES
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    tells_size: bool = True
    version: str = DEFAULT_VERSION
    votes: int = 1
    booted_s: Instant | None = None
    files_since_s: Instant = 0
    daemons_due_s: Instant | None = None
    returns_s: Instant | None = None
    files_usable: bool = True
    state_consistent: bool = True
    going_down: str | None = None
    lrm_restarts: bool = False
    crm_stops: bool = False
    crm: CrmMemory | None = None
    lrm: LrmMemory | None = None
    running: frozenset[str] = frozenset()
    watchdogs: Mapping[str, Instant] = field(default_factory=dict)
    crm_clock_s: Instant = 0
    lrm_clock_s: Instant = 0


@frozen
class FilesValue:
    """The cluster's shared files."""

    resources: Mapping[str, ResourceConfig] = field(default_factory=dict)
    rules: RuleSet = field(default_factory=RuleSet)
    groups: Mapping[str, GroupConfig] = field(default_factory=dict)
    settings: DatacenterSettings = field(default_factory=DatacenterSettings)
    guest_locks: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    manager_status: ManagerStatus = field(default_factory=ManagerStatus)
    lrm_status: Mapping[str, LrmStatus] = field(default_factory=dict)


@frozen
class FiguresValue:
    """What each resource may use (`static`) and does use (`dynamic`): sid -> figure -> value."""

    static: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    dynamic: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@frozen
class InstantGuestsValue:
    """Guests that obey at once: how often each failed since it last did not."""

    failed_starts: Mapping[str, int] = field(default_factory=dict)
    failed_moves: Mapping[str, int] = field(default_factory=dict)


@frozen
class OperationValue:
    """An operation on a guest; the fields are those of `TimedOperation`."""

    number: int
    doing: Doing
    sid: str
    node: str
    due_s: Instant
    target: str | None = None
    task: str | None = None
    locked_by: str | None = None
    attempted: bool = True
    done: bool = False
    moved: bool = False


@frozen
class TimedGuestsValue:
    """Guests that take their time; `operations` are under way, or over but not looked at yet."""

    failing_starts: Mapping[str, int] = field(default_factory=dict)
    operations: tuple[OperationValue, ...] = ()
    numbered: int = 0


class Step(StrEnum):
    """What is next on the virtual clock: a step of a host's turn in a loop, or what is between."""

    BEGIN = "begin"
    CRM = "crm"
    CRM_END = "crm_end"
    LRM = "lrm"
    LRM_END = "lrm_end"
    WATCHDOGS = "watchdogs"
    SLOT = "slot"
    END = "end"


@frozen
class VirtualClockValue:
    """Where the virtual clock is: which host's turn in the loop, and what is still to be commanded.

    `withheld` tells for each kind of daemon how many loops it is still left out of.
    """

    batches: tuple[tuple[str, ...], ...] = ()
    loops: int = 0
    last_command_s: Instant = 0
    next_batch_at_s: Instant = 0
    step: Step = Step.BEGIN
    host: int = 0
    loop_began_s: Instant = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    any_lrm_announced: bool = False


@frozen
class PacedClockValue:
    """Where the paced clock is; the fields, by node and daemon, are those of its `Rounds`."""

    due_s: Mapping[str, Mapping[str, Instant]] = field(default_factory=dict)
    held: Mapping[str, Mapping[str, Mapping[str, bool]]] = field(default_factory=dict)
    trying: Mapping[str, Mapping[str, Instant]] = field(default_factory=dict)
    ranks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    owed_s: float = 0.0
    speed: int = 1
    paused: bool = False


@frozen
class LockValue:
    """A cluster-wide lock; the fields are those of `Lock`."""

    node: str
    renewed_s: Instant
    gone_at_s: Instant | None = None
    remover: str | None = None


@frozen
class HoldValue:
    """What a daemon remembers of a lock; the fields are those of `Hold`."""

    had_s: Instant
    has: bool = True


@frozen
class FormingValue:
    """Nodes that come to a membership; the fields are those of `Forming`."""

    members: frozenset[str]
    begun_s: Instant
    due_s: Instant
    lost: bool


@frozen
class MembershipValue:
    """Who reaches whom, and who knows of whom; the fields are those of `Membership`."""

    groups: tuple[frozenset[str], ...] = ()
    views: Mapping[str, frozenset[str]] = field(default_factory=dict)
    forming: tuple[FormingValue, ...] = ()


@frozen
class QDeviceValue:
    """A quorum device; the fields are those of `QDevice`."""

    votes: int = 1
    on: bool = True


@frozen
class WorldValue:
    """A whole world on one of the two clocks; `files` are None where they are kept elsewhere.

    Without a `membership` all nodes know who is reached now. In a `whole` world there are guests beside the HA resources.
    """

    hosts: tuple[HostValue, ...]
    guests: InstantGuestsValue | TimedGuestsValue
    clock: VirtualClockValue | PacedClockValue
    files: FilesValue | None = None
    figures: FiguresValue = field(default_factory=FiguresValue)
    locks: Mapping[str, LockValue] = field(default_factory=dict)
    holds: Mapping[str, Mapping[str, HoldValue]] = field(default_factory=dict)
    timing: Timing = VIRTUAL
    membership: MembershipValue | None = None
    qdevice: QDeviceValue | None = None
    now_s: Instant = 0
    handles: int = 0
    max_workers: int = 0
    whole: bool = False
    dialect: Dialect = Dialect.FRACTIONS
