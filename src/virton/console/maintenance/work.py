"""A maintenance under way, as it is kept: what was agreed to, how far it is, and what was asked for."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

MOST_ENTRIES = 400
"""So many lines of what happened are kept; the oldest are dropped."""


class Way(StrEnum):
    """How a node is emptied: by the mode, by somebody's own command, or by what the API has else."""

    MODE = "mode"
    COMMAND = "command"
    GUESTS = "guests"
    RULE = "rule"
    REBOOT = "reboot"


class Phase(StrEnum):
    """Where the node at hand is."""

    EMPTYING = "emptying"
    RETURNING = "returning"
    GATE = "gate"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Stop:
    """A node to be serviced: where its resources, and its guests outside HA, are to go.

    `returns` says who comes back by itself afterwards, and to where; `unborne` are the nodes that must
    not fail meanwhile. `held` are the resources that a rule may keep off it; `digest` is of all that
    was announced.
    """

    node: str
    moves: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    returns: Mapping[str, str] = field(default_factory=dict)
    unborne: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    digest: str = ""


def _stop(data: Mapping[str, Any]) -> Stop:
    lists = {name: tuple(data.get(name, ())) for name in ("held", "unborne")}
    return Stop(**{**data, **lists})


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that is asked of the cluster at a time, and whose effect is waited for.

    It is kept before it is sent; once that went well it is `sent`. Where we were killed in between,
    nobody knows.
    """

    what: str
    node: str
    at: float
    sid: str = ""
    target: str = ""
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of what happened."""

    at: float
    what: str
    node: str = ""
    sid: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A maintenance: `stops` in order, of which that at `at` is at hand.

    `keep` is how many more failures every step bears, as it was agreed to; None: not even the work.
    `brought` says of the guests that we moved where each came from; `errors` were in error before.
    `trouble` is why it does not go on by itself. `passed` lets one gate be passed that is not open.
    `noout`: Ceph is to move no data meanwhile. `used_since`: since when HA uses the node at hand again.
    Times that are told are the cluster's; `asked` and `used_since` go by the console's.
    """

    number: int
    who: str
    began: float
    way: Way
    stops: tuple[Stop, ...]
    keep: int | None = None
    at: int = 0
    phase: Phase = Phase.EMPTYING
    paused: bool = False
    aborted: bool = False
    passed: bool = False
    noout: bool = False
    used_since: float | None = None
    asked: Asked | None = None
    brought: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    trouble: Mapping[str, Any] | None = None
    ended: float | None = None
    log: tuple[Entry, ...] = ()

    @property
    def stop(self) -> Stop:
        """The node at hand."""
        return self.stops[self.at]

    @property
    def is_under_way(self) -> bool:
        """Tell whether it has not ended."""
        return self.phase is not Phase.ENDED

    @property
    def next_stop(self) -> Stop | None:
        """The node after this one."""
        more = self.at + 1 < len(self.stops) and not self.aborted
        return self.stops[self.at + 1] if more else None

    def told(self, at: float, what: str, *, sid: str = "", who: str = "") -> "Work":
        """Return the work with one more line of what happened."""
        entry = Entry(at, what, self.stop.node, sid, who)
        return replace(self, log=(*self.log, entry)[-MOST_ENTRIES:])

    def to_json(self) -> dict[str, Any]:
        """Return the work as it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a work that was kept; raises what a wrong one makes raise."""
        asked = data["asked"]
        read: dict[str, Any] = {
            "way": Way(data["way"]),
            "phase": Phase(data["phase"]),
            "stops": tuple(_stop(stop) for stop in data["stops"]),
            "asked": None if asked is None else Asked(**asked),
            "errors": tuple(data["errors"]),
            "log": tuple(Entry(**entry) for entry in data["log"]),
        }
        made = cls(**{**data, **read})
        made.stop  # noqa: B018 - a work without the node at hand is none
        return made
