"""What led to what: the nearest reason that was not over by then, and of twins the right one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from virton.story.chains import chain_of
from virton.story.happenings import Kind


@dataclass(frozen=True)
class Kept:
    """A happening as it is kept, at a second or within two."""

    at_s: float
    kind: str
    whom: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    because: Sequence[Any] | None = None
    begun_s: float | None = None
    number: int = 0

    @property
    def to_ms(self) -> int:
        return round(self.at_s * 1000)

    @property
    def from_ms(self) -> int:
        return self.to_ms if self.begun_s is None else round(self.begun_s * 1000)


def asked(at_s: float, command: str) -> Kept:
    return Kept(at_s, Kind.ASKED, facts={"command": command})


def commanded(at_s: float, whom: str, command: str) -> Kept:
    return Kept(at_s, Kind.RESOURCE_MOVED, whom, because=["commanded", {"command": command}])


def led(*story: Kept) -> list[tuple[float, str]]:
    """Return what led to the last of a story."""
    numbered = [
        Kept(o.at_s, o.kind, o.whom, o.facts, o.because, o.begun_s, number)
        for number, o in enumerate(story, 1)
    ]
    return [(one.at_s, str(one.kind)) for one in chain_of(numbered[-1], numbered[:-1])]


OFF, ON = "disarm-ha freeze", "arm-ha"
DISARMED, ARMED = Kept(10, Kind.DISARMED), Kept(50, Kind.ARMED)
STATE = {"changed": ["state"]}
RULE = {"resources": ["vm:1", "vm:2"]}
AWAY = ["maintenance", {"node": "pve3"}]
BACK = ["returns", {"node": "pve3"}]
PLACED = ["placed", {"node": "pve2"}]


@pytest.mark.parametrize(
    ("story", "reasons"),
    [
        # disarmed, armed, disarmed: each by its own command
        (
            [
                asked(0, OFF),
                DISARMED,
                asked(50, ON),
                ARMED,
                asked(90, OFF),
                Kept(90, Kind.RESOURCE_FROZEN, "vm:1"),
            ],
            [(90, "asked")],
        ),
        (
            [
                asked(0, OFF),
                DISARMED,
                asked(50, ON),
                ARMED,
                asked(90, OFF),
                Kept(99, Kind.DISARMED),
            ],
            [(90, "asked")],
        ),
        (
            [asked(0, OFF), DISARMED, asked(50, ON), ARMED, Kept(60, Kind.RESOURCE_THAWED, "vm:1")],
            [(50, "asked")],
        ),
        # where no journal is read, an earlier disarming is no reason for what freezes later
        ([DISARMED, ARMED, Kept(60, Kind.RESOURCE_FROZEN, "vm:1")], []),
        ([asked(0, OFF), DISARMED, ARMED, Kept(58, Kind.RESOURCE_FROZEN, "vm:1")], []),
        # the same command twice
        (
            [
                asked(0, "migrate vm:1 pve2"),
                Kept(9, Kind.RESOURCE_MOVED, "vm:1"),
                asked(40, "migrate vm:1 pve2"),
                commanded(49, "vm:1", "migrate vm:1 pve2"),
            ],
            [(40, "asked")],
        ),
        # maintenance twice
        (
            [
                Kept(0, Kind.MAINTENANCE_BEGUN, "pve3"),
                Kept(40, Kind.MAINTENANCE_ENDED, "pve3"),
                Kept(60, Kind.RESOURCE_MOVED, "vm:1", because=AWAY),
            ],
            [],
        ),
        (
            [
                Kept(0, Kind.MAINTENANCE_ENDED, "pve3"),
                Kept(40, Kind.MAINTENANCE_BEGUN, "pve3"),
                Kept(90, Kind.MAINTENANCE_ENDED, "pve3"),
                Kept(99, Kind.RESOURCE_MOVED, "vm:1", because=BACK),
            ],
            [(90, "maintenance.ended")],
        ),
        # a node lost, back, and lost again
        (
            [
                Kept(0, Kind.NODE_LOST, "pve3"),
                Kept(9, Kind.NODE_BACK, "pve3"),
                Kept(60, Kind.NODE_FENCING, "pve3"),
            ],
            [],
        ),
        # what crashed before and was started since does not explain the start after a recovery
        (
            [
                Kept(0, Kind.GUEST_DOWN, "vm:1"),
                Kept(9, Kind.RESOURCE_STARTED, "vm:1"),
                Kept(90, Kind.RESOURCE_RECOVERED, "vm:1"),
                Kept(95, Kind.RESOURCE_STARTED, "vm:1"),
            ],
            [(90, "resource.recovered")],
        ),
        (
            [
                Kept(0, Kind.GUEST_DOWN, "vm:1"),
                Kept(9, Kind.RESOURCE_STARTED, "vm:1"),
                Kept(95, Kind.RESOURCE_STARTED, "vm:1"),
            ],
            [],
        ),
        # stopped and started as it was asked for; a change of something else is no reason
        (
            [Kept(0, Kind.RESOURCE_CHANGED, "vm:1", STATE), Kept(9, Kind.RESOURCE_STOPPED, "vm:1")],
            [(0, "resource.changed")],
        ),
        (
            [
                Kept(0, Kind.RESOURCE_CHANGED, "vm:1", {"changed": ["comment"]}),
                Kept(9, Kind.RESOURCE_STOPPED, "vm:1"),
            ],
            [],
        ),
        # a rule that was seen only after its first effect, and of two the one that names it
        (
            [
                Kept(20, Kind.RULE_CHANGED, "far", {"resources": ["vm:9"]}),
                Kept(30, Kind.RULE_CHANGED, "near", RULE, begun_s=10),
                Kept(25, Kind.RESOURCE_MOVED, "vm:1", because=PLACED),
            ],
            [(30, "rule.changed")],
        ),
        # what goes down while quorum is lost for long enough, or with its node, and nothing else
        (
            [
                Kept(10, Kind.QUORUM_LOST),
                Kept(200, Kind.QUORUM_BACK),
                Kept(202, Kind.GUEST_DOWN, "vm:1", {"node": "pve3"}, begun_s=5),
                Kept(300, Kind.RESOURCE_STARTED, "vm:1"),
            ],
            [(10, "quorum.lost"), (202, "guest.down")],
        ),
        (
            [
                Kept(10, Kind.QUORUM_LOST),
                Kept(20, Kind.QUORUM_BACK),
                Kept(25, Kind.GUEST_DOWN, "vm:1", {"node": "pve3"}, begun_s=8),
            ],
            [],
        ),
        (
            [
                Kept(9, Kind.NODE_UNREACHABLE, "pve2"),
                Kept(10, Kind.NODE_UNREACHABLE, "pve3"),
                Kept(40, Kind.NODE_REACHABLE, "pve3"),
                Kept(55, Kind.GUEST_DOWN, "vm:1", {"node": "pve3"}, begun_s=38),
            ],
            [(10, "node.unreachable")],
        ),
        (
            [
                Kept(9, Kind.NODE_UNREACHABLE, "pve2"),
                Kept(10, Kind.NODE_UNREACHABLE, "pve3"),
                Kept(99, Kind.MASTER_CHANGED, "", {"before": "pve3", "node": "pve1"}),
            ],
            [(10, "node.unreachable")],
        ),
    ],
)
def test_the_reason_is_the_one_that_still_held(
    story: list[Kept], reasons: list[tuple[float, str]]
) -> None:
    assert led(*story) == reasons
