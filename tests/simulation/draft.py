"""A scenario in the making: what every random draw must know."""

from dataclasses import dataclass, field
from random import Random

MIB = 1024**2
LOCKS = ("", "backup", "migrate", "snapshot", "create", "suspended")
OLD_VERSIONS = ("8.4.1", "9.0.0~15", "9.0.0~2")
NEW_VERSIONS = ("9.0.0~16", "9.0.3", "9.1.0~1", "10.0.0")


@dataclass(slots=True)
class Draft:
    """A scenario in the making, with what its later commands must know."""

    draw: Random
    theme: str
    nodes: list[str]
    sids: list[str] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    disarmed: bool = False
    stats: bool = False

    def node(self) -> str:
        """Draw a node."""
        return self.draw.choice(self.nodes)

    def sid(self) -> str | None:
        """Draw a resource, None if none is left."""
        return self.draw.choice(self.sids) if self.sids else None

    def chance(self, share: float) -> bool:
        """Draw whether something is so, with a probability."""
        return self.draw.random() < share


def new_sid(draft: Draft, number: int) -> str:
    """Name a resource: `vm`, `ct`, or `fa`, whose digits tell how it fails."""
    kind = draft.draw.choices(("vm", "ct", "fa"), (6, 3, 3))[0]
    if kind != "fa":
        return f"{kind}:{101 + number}"
    digits = [
        str(number % 10),
        *(str(draft.draw.choices((0, 1, 2, 3), (5, 2, 2, 1))[0]) for _ in "bc"),
    ]
    if draft.chance(0.5):
        digits.append("1" if draft.chance(0.2) else "0")
        digits.append("1")
        if draft.chance(0.5):
            digits.append(str(draft.draw.randint(0, len(draft.nodes))))
    sid = "fa:" + "".join(digits)
    return sid if sid not in draft.where else f"ct:{201 + number}"
