"""A cluster as it was read: one form for the page, for captures, and for what is asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from virton.ha.model import DatacenterSettings
from virton.proxmox.configuration import Group, Resource, Rule
from virton.proxmox.inventory import GuestUse, Inventory, Membership, Version
from virton.proxmox.manager import ManagerFiles
from virton.proxmox.needs import GuestNeeds
from virton.proxmox.offers import ClusterOffers
from virton.proxmox.status import CurrentStatus
from virton.proxmox.votes import Totem, Votes


@dataclass(frozen=True, slots=True)
class StatusReading:
    """The HA status, for people and as the stack's own files; `time` by the cluster's clock."""

    current: CurrentStatus = field(default_factory=CurrentStatus)
    manager: ManagerFiles = field(default_factory=ManagerFiles)
    time: int | None = None

    @property
    def newest(self) -> int | None:
        """Return the newest time that the cluster told: at the least, a sign of life of its own."""
        rows, files = self.current.lrms.values(), self.manager.lrms.values()
        master = self.current.master
        told = (
            self.time,
            None if master is None else master.timestamp,
            self.manager.timestamp,
            *(row.timestamp for row in rows),
            *(file.timestamp for file in files),
        )
        return max((timestamp for timestamp in told if timestamp is not None), default=None)


@dataclass(frozen=True, slots=True)
class RulesReading:
    """The rules, and the groups that stand in their place or wait to become some."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()
    supported: bool = True


@dataclass(frozen=True, slots=True)
class NodesReading:
    """Nodes and guests."""

    inventory: Inventory = field(default_factory=Inventory)
    membership: Membership = field(default_factory=Membership)

    @property
    def online(self) -> Mapping[str, bool]:
        """Return every node of the cluster, and whether it is online."""
        told = {node.name: node.online for node in self.inventory.nodes.values()}
        return self.membership.online or told


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What changes rarely, and decides where guests can run and who has quorum.

    `needs`: by resource; `versions`: by node; `use`: what each guest may and does use.
    """

    votes: Votes | None = None
    totem: Totem | None = None
    settings: DatacenterSettings = field(default_factory=DatacenterSettings)
    versions: Mapping[str, str] = field(default_factory=dict)
    offers: ClusterOffers = field(default_factory=ClusterOffers)
    needs: Mapping[str, GuestNeeds] = field(default_factory=dict)
    use: Mapping[str, GuestUse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A cluster as read; `troubles` are kinds of what could not be read."""

    version: Version | None = None
    status: StatusReading = field(default_factory=StatusReading)
    resources: tuple[Resource, ...] = ()
    rules: RulesReading = field(default_factory=RulesReading)
    nodes: NodesReading = field(default_factory=NodesReading)
    surroundings: Surroundings = field(default_factory=Surroundings)
    troubles: tuple[str, ...] = ()
