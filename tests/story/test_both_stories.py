"""Every scenario happens as recorded, and its story is the same whoever tells it.

That is the stack itself, who looks from outside, and the journals, of which causes are asked.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conformance.scenarios import as_recorded, first_difference
from tests.conformance.tape_story import missed
from tests.ha.why import amiss
from tests.story.journals import MOVES, as_journals_tell, is_wrong
from virton.ha.events import Record
from virton.ha.events.daemon import DaemonRoundFailed
from virton.ha.events.simulation import SimulationEnded
from virton.simulation.freezing import Simulation, thaw
from virton.simulation.scenario import Scenario, read_scenario
from virton.story.happenings import TOLD_OF, Happening, Kind
from virton.story.observed import Seen, observe
from virton.story.sight import Members, Sight
from virton.story.told import Teller

EVERY_S = 2
OURS = sorted((Path(__file__).parents[1] / "simulation" / "scenarios").glob("*.json"))
HANDED = sorted((Path(__file__).parents[3] / "shared" / "scenarios").glob("*.json"))
UNEXPLAINED = {
    "a-guest-moved-while-disarmed-is-started-where-it-is-now": 2,
    "a-resource-deleted-while-disarmed-is-nowhere-when-armed": 1,
    "crs-dynamic-constrained-auto-rebalance3": 1,
    "disarm-ignored2": 1,
    "disarm-maintenance3": 1,
    "resource-affinity-strict-positive6": 1,
}
"""How many moves of a scenario no line of a journal explains: of all others, one does."""


def look(simulation: Simulation, at_s: float) -> Sight:
    """What an API would show of a simulated world."""
    world = simulation.world
    files, membership = world.files, world.membership
    asked = next((n for n in world.hosts if membership.quorate(n)), next(iter(world.hosts)))
    return Sight(
        at_s,
        at_s,
        manager=files.manager_status,
        lrm=dict(files.lrm_status()),
        members=Members(dict(membership.online(asked)), membership.quorate(asked)),
    )


class Played(NamedTuple):
    """What happened in a scenario, the story told of it, and the one observed by polls every 2 s.

    `causes` are those of its moves, each as the stack tells it and as its journals do.
    """

    records: list[Record]
    told: list[Happening]
    observed: list[Happening]
    causes: list[tuple[str | None, str | None]]


def play(scenario: Scenario) -> Played:
    """Play a scenario to its end, and look at it meanwhile."""
    records: list[Record] = []
    simulation = thaw(scenario.world, records.append)
    seen: Seen | None = None
    observed: list[Happening] = []
    for until_s in _polls(simulation, records):
        simulation.virtual.run(until_s)
        seen, found = observe(seen, look(simulation, until_s + 0.5))
        observed += found
    master = scenario.world.files and scenario.world.files.manager_status.master_node
    teller = Teller(master=master)
    heard = [(record.time_s, one) for record in records for one in teller.hear(record)]
    unwritten = {record.time_s for record in records if isinstance(record.event, DaemonRoundFailed)}
    # what a round came to that failed was never published, and nobody can have seen it
    told = [one for time_s, one in heard if one.kind in TOLD_OF and time_s not in unwritten]
    moves = [one for _, one in heard if one.kind in MOVES]
    return Played(records, told, observed, as_journals_tell(moves, records, master))


def _polls(simulation: Simulation, records: Sequence[Record]) -> Iterator[int]:
    """Yield when to look: every 2 s, but of looks between which nothing happens at the last alone."""
    until_s = 0
    while not (records and isinstance(records[-1].event, SimulationEnded)):
        yield until_s
        idle_s = simulation.world.now_s - 1 - until_s
        until_s += EVERY_S * max(1, idle_s // EVERY_S)


def without_what_is_over_at_once(
    told: list[Happening], observed: list[Happening]
) -> tuple[list[Happening], list[Happening]]:
    """Leave out an error that is cleared in the round in which it arises: no look can see it."""
    errors = {(h.whom, h.to_s) for h in told if h.kind is Kind.RESOURCE_ERROR}
    gone = errors & {(h.whom, h.to_s) for h in told if h.kind is Kind.RESOURCE_CLEARED}

    def is_seen(one: Happening) -> bool:
        return not any(w == one.whom and one.from_s <= at_s <= one.to_s for w, at_s in gone)

    return [one for one in told if is_seen(one)], [one for one in observed if is_seen(one)]


@pytest.mark.parametrize("path", OURS + HANDED, ids=lambda path: path.stem)
def test_it_happens_event_by_event_and_is_observed_and_explained_as_it_is_told(path: Path) -> None:
    scenario = read_scenario(path)
    assert scenario.expect
    played = play(scenario)
    assert first_difference(scenario.expect, as_recorded(played.records)) is None
    assert amiss(played.records) == []
    told, observed = without_what_is_over_at_once(played.told, played.observed)
    assert missed(told, observed, "told, but not observed") is None
    public = [one for one in observed if one.kind in TOLD_OF]
    assert missed(public, told, "observed, but never told") is None
    assert [(true, told) for true, told in played.causes if is_wrong(true, told)] == []
    unexplained = [true for true, told in played.causes if told is None]
    assert len(unexplained) == UNEXPLAINED.get(path.stem, 0), unexplained
