"""A load that was measured is gone by again as long as nothing changed, and tells the same again."""

from collections.abc import Callable

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

    def __init__(self) -> None:
        self.load = LazyLoad()
        self.measured = 0
        self.told: list[Event] = []

    def _build(self) -> Load:
        self.measured += 1
        return measure_load(SchedulerMode.STATIC, ["a", "b"], NODES, FIGURES)

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


def test_what_changed_is_measured_anew() -> None:
    rounds = Rounds()
    rounds.begin({"vm:1": started("a")})
    rounds.begin({"vm:1": started("b")})
    rounds.begin({"vm:1": started("b")}, "other figures")
    assert rounds.measured == 3


def test_what_a_round_changed_is_measured_anew_in_the_next() -> None:
    rounds, at_rest = Rounds(), {"vm:1": started("a")}
    before = rounds.begin(at_rest)
    rounds.load.update("vm:1", started("b"))
    rounds.load.update("vm:1", started("a"))
    assert rounds.begin(at_rest) == before
    assert rounds.measured == 2


def test_one_that_nobody_has_a_basis_for_is_measured_in_each_round() -> None:
    rounds = Rounds()
    for _ in range(2):
        rounds.begin({"vm:1": started("a")}, None)
    assert rounds.measured == 2
