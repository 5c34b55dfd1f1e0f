"""How unevenly the nodes are loaded, and the one move that evens them out most."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from math import fsum, sqrt, trunc

from virton.frozen import frozen
from virton.ha.placement.gauge import Gauge, exact_parts
from virton.ha.placement.topsis import scores, sum_in_order
from virton.ha.states import BalanceMethod


class ImbalanceMeasure(StrEnum):
    """What the imbalance is: the coefficient of variation (5.2), or its share of the worst (9.2)."""

    VARIATION = "variation"
    SHARE = "share"


@frozen
class Candidate:
    """Resources that move together, led by one of them, and the nodes open to them."""

    leader: str
    nodes: Sequence[str]
    resources: Sequence[str]


@frozen
class BestMove:
    """The leader of the resources to move, from where to where, and the imbalance thereafter."""

    sid: str
    source: str
    target: str
    imbalance: float


@frozen
class Bundle:
    """A candidate in the gauge's terms: nodes by index, and what its resources use together."""

    leader: str
    source: int
    targets: Sequence[int]
    cpu: float
    mem: int


def imbalance(loads: Sequence[float], measure: ImbalanceMeasure) -> float:
    """Return how unevenly the nodes are loaded; 0 is evenly."""
    return _scaled(_variation(loads), len(loads), measure)


def _variation(loads: Sequence[float]) -> float:
    total = sum_in_order(loads)
    if total == 0.0:
        return 0.0
    mean = total / len(loads)
    squares = sum_in_order([(gap := load - mean) * gap for load in loads])
    return sqrt(squares / len(loads)) / mean


def _scaled(variation: float, nodes: int, measure: ImbalanceMeasure) -> float:
    if nodes < 2:
        return 0.0
    return variation / sqrt(nodes - 1) if measure is ImbalanceMeasure.SHARE else variation


def _comparable(value: float) -> float:
    # Moves that differ in what rounding left of them only must tie, and their names decide.
    return trunc(1e15 * value) / 1e15


def best_move(
    gauge: Gauge, bundles: Sequence[Bundle], method: BalanceMethod, measure: ImbalanceMeasure
) -> BestMove | None:
    """Return the move that the method likes best, be it an improvement or not."""
    match method:
        case BalanceMethod.BRUTEFORCE:
            return _most_even(gauge, bundles, measure)
        case BalanceMethod.TOPSIS:
            return _nearest_to_ideal(gauge, bundles, measure)
    return None


def _after(gauge: Gauge, bundle: Bundle, target: int) -> list[float]:
    loads = gauge.loads()
    loads[bundle.source] = _load(*_left(gauge, bundle))
    loads[target] = _load(*_joined(gauge, bundle, target))
    return loads


def _load(cpu: float, mem: float) -> float:
    return (cpu + mem) / 2.0


def _left(gauge: Gauge, bundle: Bundle) -> tuple[float, float]:
    """Return the shares of cores and memory that the source uses without the bundle."""
    node = bundle.source
    cpu = max(0.0, gauge.cpu[node] - bundle.cpu)
    mem = max(0, gauge.mem[node] - bundle.mem)
    return cpu / gauge.maxcpu[node], float(mem) / gauge.maxmem[node]


def _joined(gauge: Gauge, bundle: Bundle, node: int) -> tuple[float, float]:
    """Return the shares of cores and memory that a target uses with the bundle."""
    cpu = gauge.cpu[node] + bundle.cpu
    mem = gauge.mem[node] + bundle.mem
    return cpu / gauge.maxcpu[node], float(mem) / gauge.maxmem[node]


def _most_even(
    gauge: Gauge, bundles: Sequence[Bundle], measure: ImbalanceMeasure
) -> BestMove | None:
    best: tuple[float, str, str, str] | None = None
    for bundle, target in _promising(gauge, bundles):
        after = _after(gauge, bundle, target)
        names = bundle.leader, gauge.names[bundle.source], gauge.names[target]
        move = (_comparable(imbalance(after, measure)), *names)
        best = move if best is None else min(best, move)
    return best and BestMove(best[1], best[2], best[3], best[0])


def _promising(gauge: Gauge, bundles: Sequence[Bundle]) -> Iterator[tuple[Bundle, int]]:
    """Yield the moves that can still be the best one, judging by a quick estimate.

    With n loads of sum S and sum of squares Q, the squared variation is n*Q/S**2 - 1. Its error
    is some n times the precision of a float, of which `slack` leaves many thousands.
    """
    loads = gauge.loads()
    squares = [load * load for load in loads]
    load_parts, square_parts = exact_parts(loads), exact_parts(squares)
    count = len(loads)
    slack = 1e-12 * count
    bound = float("inf")
    for bundle in bundles:
        source = bundle.source
        left = _load(*_left(gauge, bundle))
        load_rest = exact_parts((*load_parts, -loads[source], left))
        square_rest = exact_parts((*square_parts, -squares[source], left * left))
        for target in bundle.targets:
            joined = _load(*_joined(gauge, bundle, target))
            total = fsum((*load_rest, -loads[target], joined))
            spread = fsum((*square_rest, -squares[target], joined * joined))
            estimate = count * spread / (total * total) - 1.0 if total > 0.0 else 0.0
            if estimate <= bound:
                bound = min(bound, estimate + 2.0 * slack)
                yield bundle, target


# Average and highest use of cores, then of memory: memory cannot be shared out in time.
_WEIGHTS = (1.0, 2.0, 5.0, 10.0)


def start_scores(gauge: Gauge, cpu: Sequence[float], mem: int) -> list[float]:
    """Score (1 is best) a start on each node that adds there `cpu[node]` cores and `mem` bytes."""
    cpu_after = [
        (use + more) / size for use, more, size in zip(gauge.cpu, cpu, gauge.maxcpu, strict=True)
    ]
    mem_after = [float(use + mem) / size for use, size in zip(gauge.mem, gauge.maxmem, strict=True)]
    nodes = range(len(gauge.names))
    cpu_view, mem_view = _Loads(gauge.cpu_load), _Loads(gauge.mem_load)
    rows = [(*cpu_view.changed(n, cpu_after[n]), *mem_view.changed(n, mem_after[n])) for n in nodes]
    return _scored(rows)


def _scored(rows: Sequence[tuple[float, float, float, float]]) -> list[float]:
    return scores(list(zip(*rows, strict=True)), _WEIGHTS) if rows else []


class _Loads:
    """One kind of load on all nodes, ready to answer for changes of one or two of them."""

    __slots__ = ("_highest", "_squares")

    def __init__(self, loads: Sequence[float]) -> None:
        self._squares = [load * load for load in loads]
        self._highest = sorted(((load, node) for node, load in enumerate(loads)), reverse=True)[:3]

    def changed(self, node: int, load: float) -> tuple[float, float]:
        """Return the average and highest load, each plus 1, with another load on one node."""
        squares = self._squares.copy()
        squares[node] = load * load
        highest = max(0.0, load, *[high for high, other in self._highest if other != node])
        return _average(squares), 1.0 + highest

    def moved(self, source: int, left: float, target: int, joined: float) -> tuple[float, float]:
        """Return the average and highest load, each plus 1, with other loads on two nodes."""
        squares = self._squares.copy()
        squares[source], squares[target] = left * left, joined * joined
        highest = max(
            0.0,
            left,
            joined,
            *[high for high, node in self._highest if node != source and node != target],
        )
        return _average(squares), 1.0 + highest


def _average(squares: Sequence[float]) -> float:
    return 1.0 + sqrt(sum_in_order(squares) / len(squares))


def _nearest_to_ideal(
    gauge: Gauge, bundles: Sequence[Bundle], measure: ImbalanceMeasure
) -> BestMove | None:
    cpu, mem = _Loads(gauge.cpu_load), _Loads(gauge.mem_load)
    moves, rows = [], []
    for bundle in bundles:
        source = bundle.source
        cpu_left, mem_left = _left(gauge, bundle)
        for target in bundle.targets:
            cpu_joined, mem_joined = _joined(gauge, bundle, target)
            cpu_row = cpu.moved(source, cpu_left, target, cpu_joined)
            rows.append((*cpu_row, *mem.moved(source, mem_left, target, mem_joined)))
            moves.append((bundle, target))
    if not moves:
        return None
    ranked = _scored(rows)
    bundle, target = moves[ranked.index(max(ranked))]
    after = _comparable(imbalance(_after(gauge, bundle, target), measure))
    return BestMove(bundle.leader, gauge.names[bundle.source], gauge.names[target], after)
