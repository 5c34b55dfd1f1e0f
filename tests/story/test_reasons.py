"""A journal has no word for causes: what leads to a move is told by the lines before it."""

from collections import Counter

from tests.story.test_both_stories import HANDED, OURS
from virton.ha.events import Record
from virton.simulation.freezing import thaw
from virton.simulation.scenario import Scenario, read_scenario
from virton.simulation.value import Step
from virton.story.happenings import Happening, Kind
from virton.story.journal_lines import line_of, read_line
from virton.story.told import Teller

MOVES = (Kind.RESOURCE_MOVED, Kind.RESOURCE_RECOVERED)
AS_GOOD = {"placed": {"rule", "failback", "together", "apart"}, "failback": {"apart", "together"}}
"""What is told where no line names the rule: true, but less exact."""


def as_read(record: Record) -> Record | None:
    """Return a record as its journal line gives it back; None where there is no line."""
    line = line_of(record.event)
    told = None if line is None else read_line(line.text)
    event = None if told is None else told.event
    return None if event is None else Record(record.time_s, record.source, event)


def moves(scenario: Scenario) -> list[tuple[Happening, Happening | None]]:
    """Return the moves of a scenario as the stack tells them, each as its journals tell it."""
    records: list[Record] = []
    simulation = thaw(scenario.world, records.append)
    until_s = 0
    while simulation.virtual.value().step is not Step.END:
        simulation.virtual.run(until_s)
        until_s += 60
    master = scenario.world.files and scenario.world.files.manager_status.master_node
    stack, journal = Teller(master=master), Teller(master=master)
    read = [one for record in records if (one := as_read(record)) is not None]
    told = {(h.kind, h.whom, h.to_s): h for one in read for h in journal.hear(one)}
    real = [h for record in records for h in stack.hear(record) if h.kind in MOVES]
    return [(h, told.get((h.kind, h.whom, h.to_s))) for h in real]


def test_nearly_every_move_has_its_cause_and_none_a_wrong_one() -> None:
    pairs = [pair for path in OURS + HANDED for pair in moves(read_scenario(path))]
    counts: Counter[str] = Counter()
    for real, told in pairs:
        name = None if told is None or told.because is None else told.because.name
        true = None if real.because is None else real.because.name
        counts["has"] += name is not None
        counts["wrong"] += name not in (None, true) and true not in AS_GOOD.get(name or "", ())
    assert counts["wrong"] == 0
    assert counts["has"] >= 0.95 * len(pairs)
    assert len(pairs) > 20
