"""A load that was measured is gone by again, with what changed counted anew, and tells the same again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from virton.ha.events import Event
from virton.ha.manager.services import LazyLoad
from virton.ha.model import ServiceStatus
from virton.ha.placement.gauge import NodeStats, ResourceUsage
from virton.ha.placement.load import Load, measure_load
from virton.ha.states import SchedulerMode, ServiceState

NODES = {name: NodeStats(8.0, 2**34) for name in ("a", "b")}
FIGURES = {"vm:1": ResourceUsage(2.0, 2**30, None, None)}


class Rounds:
    """Begins rounds over two nodes, and counts how often the load was measured."""

    def __init__(self, figures: Mapping[str, ResourceUsage] = FIGURES) -> None:
        self.load = LazyLoad()
        self._figures = figures
        self.measured = 0
        self.told: list[Event] = []

    def _build(self) -> Load:
        self.measured += 1
        return measure_load(SchedulerMode.STATIC, ["a", "b"], NODES, self._figures)

    def begin(self, statuses: dict[str, ServiceStatus], basis: object = "figures") -> float:
        """Begin a round with these resources; return how uneven the load is."""
        self.told.clear()
        tell: Callable[..., None] = lambda event, *_: self.told.append(event)  # noqa: E731
        self.load.begin(self._build, statuses, dict, frozenset("ab"), tell, basis)
        return self.load().imbalance()


def started(node: str) -> ServiceStatus:
    return ServiceStatus(ServiceState.STARTED, node, "uid", running=True)


def test_a_round_in_which_nothing_changed_measures_nothing_and_tells_the_same() -> None:
    rounds, at_rest = Rounds(), {"vm:1": started("a"), "vm:2": started("b")}
    before, told = rounds.begin(at_rest), list(rounds.told)
    assert told
    assert (rounds.begin(dict(at_rest)), rounds.told) == (before, told)
    assert rounds.measured == 1


def test_of_what_changed_only_that_is_counted_anew_and_comes_to_the_same_to_the_last_bit() -> None:
    figures = {f"vm:{n}": ResourceUsage(n / 7, n * 2**27, n / 11, n * 2**26) for n in range(1, 9)}
    random, kept = Random(7), Rounds(figures)  # noqa: S311 - a course, not a secret
    statuses = {sid: started("a") for sid in figures}
    for _ in range(200):
        sid = random.choice(sorted(statuses))
        move = replace(started("a"), state=ServiceState.MIGRATE, target="b")
        statuses[sid] = random.choice([started("a"), started("b"), move])
        anew = Rounds(figures)
        assert kept.begin(dict(statuses)) == anew.begin(dict(statuses))
        for one in (kept, anew):
            one.load.update("vm:8", started("b"))
        assert kept.load().start_scores("vm:3") == anew.load().start_scores("vm:3")
    assert kept.measured == 1


def test_a_load_is_measured_anew_with_other_figures_or_resources_or_what_cannot_be_counted() -> (
    None
):
    rounds, one = Rounds(), {"vm:1": started("a")}
    moving = replace(started("a"), state=ServiceState.MIGRATE, target="a")
    ways = [one, one | {"vm:2": started("b")}, one | {"vm:2": started("a")}, {"vm:1": moving}, one]
    for measured, statuses in enumerate(ways, 1):
        rounds.begin(statuses)
        assert rounds.measured == measured
        assert bool(rounds.told) is (statuses is not one)
    rounds.begin(one, "other figures")
    assert rounds.measured == len(ways) + 1


def test_one_that_nobody_has_a_basis_for_is_measured_in_each_round() -> None:
    rounds = Rounds()
    for _ in range(2):
        rounds.begin({"vm:1": started("a")}, None)
    assert rounds.measured == 2
