"""What can be seen of a cluster from outside at one moment, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from virton.ha.model import LrmStatus, ManagerStatus

Settings = Mapping[str, object]
"""What is set, by its name: only compared, never interpreted."""


@dataclass(frozen=True, slots=True)
class Members:
    """Which nodes the answering one reaches, and whether it is in the quorate part.

    `qdevice` tells whether a QDevice votes; None where there is none.
    """

    online: Mapping[str, bool]
    quorate: bool
    qdevice: bool | None = None


@dataclass(frozen=True, slots=True)
class SeenGuest:
    """Where a guest is, and whether it runs; None where that is not known."""

    node: str
    running: bool | None


@dataclass(frozen=True, slots=True)
class SeenRules:
    """The rules in force, and those that the cluster calls contradictory or without effect."""

    rules: Mapping[str, Settings]
    objected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """A look at a cluster, taken from `from_s` to `to_s`; a part that could not be read is None.

    `manager` and `lrm` are what the HA stack published last; `members` and `guests` what the
    cluster itself says; `rules`, `resources` and `settings` what is configured.
    """

    from_s: float
    to_s: float
    manager: ManagerStatus | None = None
    lrm: Mapping[str, LrmStatus] = field(default_factory=dict)
    members: Members | None = None
    guests: Mapping[str, SeenGuest] | None = None
    rules: SeenRules | None = None
    resources: Mapping[str, Settings] | None = None
    settings: Settings | None = None

    @property
    def blind(self) -> bool:
        """Tell whether nothing at all could be seen."""
        return self.manager is None and self.members is None and self.guests is None
