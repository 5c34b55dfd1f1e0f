"""The numbers of load and balance, worked out the slow and plain way, to hold the quick way to."""

from collections.abc import Mapping, Sequence
from math import sqrt

Use = tuple[float, float]
"""Shares of a node's cores and of its memory in use."""

WEIGHTS = (1 / 18, 2 / 18, 5 / 18, 10 / 18)


def topsis(rows: Sequence[Sequence[float]]) -> list[float]:
    lengths = [sqrt(sum(row[c] ** 2 for row in rows)) for c in range(4)]
    scaled = [[w * row[c] / lengths[c] for c, w in enumerate(WEIGHTS)] for row in rows]
    best = [min(row[c] for row in scaled) for c in range(4)]
    worst = [max(row[c] for row in scaled) for c in range(4)]
    result = []
    for row in scaled:
        to_best = sqrt(sum((x - y) ** 2 for x, y in zip(row, best, strict=True)))
        to_worst = sqrt(sum((x - y) ** 2 for x, y in zip(row, worst, strict=True)))
        result.append(to_worst / (to_best + to_worst) if to_best + to_worst else 0.0)
    return result


def criteria(uses: Sequence[Use]) -> list[float]:
    row = []
    for kind in (0, 1):
        shares = [use[kind] for use in uses]
        row.append(1 + sqrt(sum(share**2 for share in shares) / len(shares)))
        row.append(1 + max(shares))
    return row


def start_scores(uses: Mapping[str, Use], started: Mapping[str, Use]) -> dict[str, float]:
    """Score each node (lower is better) by the uses with a start on it: `started[node]`."""
    rows = [
        criteria([started[node] if node == choice else uses[node] for node in uses])
        for choice in uses
    ]
    return {node: -score for node, score in zip(uses, topsis(rows), strict=True)}


def variation(uses: Sequence[Use]) -> float:
    loads = [(cpu + mem) / 2 for cpu, mem in uses]
    mean = sum(loads) / len(loads)
    if mean == 0:
        return 0.0
    return sqrt(sum((load - mean) ** 2 for load in loads) / len(loads)) / mean
