"""A fenced node that returns waits for its lock, which the master took: forecast as it comes."""

import asyncio
import random

import pytest

from tests.forecast.proof import embedded, read
from virton.embedded.running import RunningCluster
from virton.forecast.ask import assumptions
from virton.forecast.courses import Deed, play
from virton.forecast.phases import assignments
from virton.ha.events import Record
from virton.ha.events.daemon import DaemonState
from virton.ha.states import LrmState

HOME = "node-affinity: home\n\tresources vm:100\n\tnodes phum03:1\n\n"


def active_after_s(told: list[Record], at_s: int) -> int | None:
    """Return after how many seconds the LRM that returned had its lock."""
    return next(
        (
            record.time_s - at_s
            for record in told
            if record.source == "phum03/lrm"
            if isinstance(record.event, DaemonState) and record.event.to == LrmState.ACTIVE
        ),
        None,
    )


def lost_for(seconds: int) -> RunningCluster:
    cluster = embedded(random.Random(3))  # noqa: S311  (which phases is no secret)
    cluster.cluster.files.write("ha/rules.cfg", HOME)
    cluster.world.step(90)
    cluster.world.set_power("phum03", False)
    cluster.world.step(seconds)
    return cluster


@pytest.mark.parametrize("lost_s", [160, 220])
def test_a_node_that_was_fenced_lately_waits_for_its_lock(lost_s: int) -> None:
    cluster = lost_for(lost_s)
    situation = asyncio.run(read(cluster))
    phases = next(iter(assignments(situation, frozenset())))
    course = play(situation, phases, [Deed(1, "power phum03 on")], until_s=200)
    told: list[Record] = []
    cluster.world.listeners.append(told.append)
    at_s = cluster.world.now()
    cluster.world.set_power("phum03", True)
    cluster.world.step(200)
    came, forecast = active_after_s(told, at_s), active_after_s(course.told, 0)
    assert came is not None
    assert forecast is not None
    assert came > 30
    assert forecast == pytest.approx(came, abs=15)


def test_that_nobody_knows_since_when_it_waits_is_among_the_assumptions() -> None:
    cluster = lost_for(220)
    cluster.world.set_power("phum03", True)
    told: list[dict[str, object]] = []
    for _ in range(20):
        cluster.world.step(10)
        situation = asyncio.run(read(cluster))
        told += [one.to_json() for one in assumptions(situation) if one.kind == "lock_wait"]
        if told:
            break
    assert told == [{"kind": "lock_wait", "names": ["phum03"], "seconds": 120}]
