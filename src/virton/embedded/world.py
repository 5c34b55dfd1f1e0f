"""The running world as the API's handlers see it: time, members, guests, and the lab's switches.

The paced simulation implements it for the embedded cluster; a frozen value does for a recorded
call. What stands in cluster files is not here: that is read from `pmxcfs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

GuestType = Literal["qemu", "lxc"]


@dataclass(frozen=True, slots=True)
class Guest:
    """A virtual machine or a container; `cpu` is the used share (0..1) of its `maxcpu` cores.

    It is `running` as its node last told: a node that lost its power tells nothing more.
    """

    vmid: int
    type: GuestType
    node: str
    name: str = ""
    running: bool = False
    cpu: float = 0.0
    maxcpu: int = 1
    mem: int = 0
    maxmem: int = 0
    maxdisk: int = 0
    uptime_s: int = 0
    lock: str | None = None

    @property
    def sid(self) -> str:
        """Return the id that the guest has as an HA resource."""
        return f"{'vm' if self.type == 'qemu' else 'ct'}:{self.vmid}"


@dataclass(frozen=True, slots=True)
class NodeStats:
    """What a node has and uses; `cpu` is the used share (0..1) of its `maxcpu` cores."""

    cpu: float = 0.0
    maxcpu: int = 0
    mem: int = 0
    maxmem: int = 0
    uptime_s: int = 0


@dataclass(frozen=True, slots=True)
class QuorumDevice:
    """The QDevice as the answering node sees it."""

    votes: int
    connected: bool


class TaskReport(Protocol):
    """Where the world tells how a task that it was given goes on."""

    @property
    def upid(self) -> str:
        """Return the task's id."""

    def log(self, line: str) -> None:
        """Write a line into the task's log."""

    def finish(self, error: str | None = None) -> None:
        """End the task, well or with an error."""


class World(Protocol):
    """The hosts and guests of a cluster, as the node that answers sees them."""

    @property
    def local_node(self) -> str:
        """Return the node that answers."""

    def now(self) -> int:
        """Return the cluster's time, in Unix seconds."""

    def members(self) -> Mapping[str, bool]:
        """Return every node of the cluster, and whether it is online."""

    def quorate(self) -> bool:
        """Tell whether the answering node is in the majority."""

    def votes(self) -> Mapping[str, int]:
        """Return how many votes each node has."""

    def quorum_device(self) -> QuorumDevice | None:
        """Return the device outside that votes too, if there is one."""

    def guests(self) -> Mapping[int, Guest]:
        """Return all guests by their id."""

    def node_stats(self, node: str) -> NodeStats:
        """Return what a node has and uses."""

    def start_guest(self, vmid: int, report: TaskReport) -> None:
        """Start a guest on its node, outside the HA stack."""

    def stop_guest(self, vmid: int, report: TaskReport, *, timeout_s: int) -> None:
        """Shut a guest down within `timeout_s` seconds, outside the HA stack; 0 is a hard stop."""

    def migrate_guest(self, vmid: int, target: str, report: TaskReport, *, online: bool) -> None:
        """Move a guest to another node, outside the HA stack."""

    def shut_down_node(self, node: str, *, reboot: bool) -> None:
        """Shut a node down in order, and with `reboot` let it come back."""


@dataclass(frozen=True, slots=True)
class LabNode:
    """The switches of a simulated node."""

    name: str
    power: bool
    network: bool


@dataclass(frozen=True, slots=True)
class LabGuest:
    """What a simulated guest is made to do: fail its next `fail_starts` starts.

    `runs_on` are all nodes on which it runs, should that be more than one.
    """

    sid: str
    running: bool
    fail_starts: int = 0
    runs_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabState:
    """The lab as it is now; `now` is simulated Unix seconds.

    `split` are the groups of nodes into which the network has fallen; none where it is whole.
    `quorum_device` tells whether the QDevice is on, None where there is none.
    """

    now: int
    speed: int = 1
    paused: bool = False
    nodes: tuple[LabNode, ...] = ()
    guests: tuple[LabGuest, ...] = field(default=())
    split: tuple[frozenset[str], ...] = ()
    quorum_device: bool | None = None


class Lab(Protocol):
    """The switches of a simulated world."""

    def state(self) -> LabState:
        """Return every switch as it stands."""

    def set_power(self, node: str, on: bool) -> None:
        """Switch a node's power."""

    def set_network(self, node: str, on: bool) -> None:
        """Plug a node's network in or out."""

    def set_maintenance(self, node: str, on: bool) -> None:
        """Ask the HA stack to put a node into maintenance, or out of it, as its shell does."""

    def split(self, groups: tuple[frozenset[str], ...]) -> None:
        """Let the network fall into groups that do not reach each other; none makes it whole."""

    def set_quorum_device(self, on: bool) -> None:
        """Switch the QDevice."""

    def crash(self, sid: str) -> None:
        """Let a running guest die."""

    def fail_starts(self, sid: str, count: int) -> None:
        """Let the next `count` starts of a guest fail."""

    def set_speed(self, speed: int) -> None:
        """Let time pass at 1, 10 or 60 times its speed."""

    def pause(self) -> None:
        """Let time stand still."""

    def resume(self) -> None:
        """Let time pass again."""

    def step(self, seconds: int) -> None:
        """Let so many seconds pass at once."""
