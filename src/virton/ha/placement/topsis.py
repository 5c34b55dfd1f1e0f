"""TOPSIS: rank alternatives by how near they come to the best and how far they keep from the worst."""

from collections.abc import Iterable, Sequence
from functools import reduce
from math import isfinite, sqrt
from operator import add


def sum_in_order(values: Iterable[float]) -> float:
    """Return the sum with the rounding of one addition after the other."""
    # Not the builtin: since Python 3.12 it compensates, and the last bit depends on the version.
    return reduce(add, values, 0.0)


def _normalised(column: Sequence[float]) -> list[float]:
    length = sqrt(sum_in_order([value * value for value in column]))
    if length == 0.0:
        return list(column)
    return [value / length for value in column]


def scores(costs: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float]:
    """Return the score, from 0 (worst) to 1 (best), of each alternative.

    `costs` holds one column per criterion; the lower a value, the better. Alternatives that do
    not differ at all score 0. Raises ValueError where a score is not a finite number.
    """
    total_weight = sum_in_order(weights)
    to_best = to_worst = [0.0] * len(costs[0])
    for column, weight in zip(costs, weights, strict=True):
        values = _normalised(column)
        share = weight / total_weight
        best, worst = min(values, default=0.0), max(values, default=0.0)
        to_best = [
            sofar + (gap := (value - best) * share) * gap
            for sofar, value in zip(to_best, values, strict=True)
        ]
        to_worst = [
            sofar + (gap := (value - worst) * share) * gap
            for sofar, value in zip(to_worst, values, strict=True)
        ]
    result = [_nearness(sqrt(b), sqrt(w)) for b, w in zip(to_best, to_worst, strict=True)]
    if not all(map(isfinite, result)):
        raise ValueError("a score is not a finite number")
    return result


def _nearness(to_best: float, to_worst: float) -> float:
    apart = to_worst + to_best
    return 0.0 if apart == 0.0 else to_worst / apart
