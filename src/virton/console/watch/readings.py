"""What was read of a cluster, part by part, before it is put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from virton.console.watch.token import TokenStanding
from virton.proxmox.configuration import Resource
from virton.proxmox.errors import ApiError
from virton.proxmox.features import Features
from virton.proxmox.reading import NodesReading, RulesReading, StatusReading
from virton.proxmox.votes import Votes

Data = TypeVar("Data")

SLOW_S = 1.0
"""An answer that takes longer is slow, and the page says whose it is."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question under way: since when, and which address it went to."""

    since: float
    address: str | None


@dataclass(frozen=True, slots=True)
class Slow:
    """How long an answer takes (s), and whose it is."""

    s: float
    address: str | None


@dataclass(frozen=True, slots=True)
class Part(Generic[Data]):
    """One source of the page: its last good data, when that came, and what is wrong since.

    `took_s` is how long the last answer took, and `address` whose answer it was.
    """

    data: Data
    at: float | None = None
    error: ApiError | None = None
    took_s: float = 0.0
    address: str | None = None

    def slow(self, now: float, asking: Asking | None) -> Slow | None:
        """Return whose answer takes long; one that is waited for counts before the last one."""
        waited_s = 0.0 if asking is None else now - asking.since
        if asking is not None and waited_s >= SLOW_S:
            return Slow(waited_s, asking.address)
        return Slow(self.took_s, self.address) if self.took_s >= SLOW_S else None


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that is known of a cluster.

    `answering` is the address that is asked first, `ahead_s` by how much its clock is ahead of ours,
    `token` how the cluster takes the console's own, if there is one; `period_s` is how long a round
    takes with the pause after it, `unwatched` that there are none while no page is open; `unkept` is
    why what happens cannot be written down, `audit` what is wrong with the audit's room.
    """

    status: Part[StatusReading] = Part(StatusReading())
    resources: Part[tuple[Resource, ...]] = Part(())
    rules: Part[RulesReading] = Part(RulesReading())
    nodes: Part[NodesReading] = Part(NodesReading())
    detected: Features = field(default_factory=Features)
    votes: Votes | None = None
    asking: Mapping[str, Asking] = field(default_factory=dict)
    addresses: Mapping[str, ApiError | None] = field(default_factory=dict)
    answering: str | None = None
    ahead_s: float | None = None
    period_s: float = 2.0
    token: TokenStanding | None = None
    unwatched: bool = False
    unkept: str | None = None
    audit: str | None = None

    @property
    def clock_ahead_s(self) -> float:
        """Return by how much the cluster's clock is ahead of ours, as well as it is known."""
        if self.ahead_s is not None:
            return self.ahead_s
        if self.status.data.time is None or self.status.at is None:
            return 0.0
        return self.status.data.time - self.status.at

    @property
    def parts(self) -> dict[str, Part[Any]]:
        """Return the parts by the names that the page knows."""
        return {
            "status": self.status,
            "resources": self.resources,
            "rules": self.rules,
            "nodes": self.nodes,
        }

    @property
    def features(self) -> Features:
        """Return what the cluster's version knows, as detected and as its answers show."""
        services = self.status.data.current.services.values()
        return self.detected.seen_in(services, self.rules.data.rules)

    def failback_of_group(self, name: str | None) -> bool:
        """Return whether resources go back to better nodes: a group's affair before there were rules."""
        groups = self.rules.data.groups
        return not any(group.group == name and group.nofailback for group in groups)
