"""What the forecast costs: tables of single losses and pairs, a what-if, a refresh, cancelling."""

import math
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table as Grid

from tests.bench.scale import cluster
from virton.forecast.ask import ask
from virton.forecast.changes import Change, changed
from virton.forecast.question import Loss, Question
from virton.forecast.refresh import refreshed
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation, situation_of
from virton.forecast.tolerance import cases, rows, tolerance

RUNS = 3
SIZES = ((200, 8), (500, 8), (1000, 16), (2000, 16))
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a part may cost at one size (CPU seconds)."""

    part: str
    resources: int
    most_s: float


BOUNDS = (
    Bound("singles", 1000, 1.0),
    Bound("what-if", 1000, 0.3),
    Bound("what-if, master", 1000, 0.3),
    Bound("pairs", 200, 0.5),
    Bound("pairs", 1000, 20.0),
)
LARGEST_SHARE = 0.2
"""How much of a table from scratch the refreshed one may cost after one change."""

LONGEST_CANCEL_S = 0.2
MOST_MIB = 300


def situation(resources: int, nodes: int) -> Situation:
    """Return a cluster at rest as a capture shows it: nothing is remembered of how it came so."""
    made = at_rest(situation_of(cluster(resources, nodes, resources * 3 // 10)))[0]
    return replace(made, kept=None)


def cpu_s(work: Callable[[], Done], runs: int = RUNS) -> tuple[float, Done]:
    """Return the least CPU seconds of a few runs, and what came of the last."""
    best, done = math.inf, None
    for _ in range(runs):
        begun = time.process_time()
        done = work()
        best = min(best, time.process_time() - begun)
    assert done is not None
    return best, done


def measure(resources: int, nodes: int) -> Iterator[tuple[str, float]]:
    """Yield each part with its CPU seconds at one size."""
    whole = situation(resources, nodes)
    singles_s, table = cpu_s(lambda: tolerance(whole))
    yield "singles", singles_s
    yield "what-if", cpu_s(lambda: ask(whole, Question((Loss("node05"),))))[0]
    yield "what-if, master", cpu_s(lambda: ask(whole, Question((Loss("node01"),))))[0]
    free = f"vm:{100 + resources * 3 // 5}"
    place = table.base.resources[free].node
    supposed = changed(table.base, Change.parse("add", f"extra resources={free} nodes={place}:1"))
    wanted = [row.case for row in table.rows]
    refresh_s, again = cpu_s(lambda: refreshed(supposed, wanted, table))
    scratch = tolerance(supposed)
    assert again.rows == scratch.rows, "a refreshed table is not the one from scratch"
    yield "refresh", refresh_s
    yield "longest row", _longest_row_s(table.base)
    if resources <= 1000:
        runs = RUNS if resources <= SIZES[0][0] else 1
        yield "pairs", cpu_s(lambda: tolerance(whole, pairs=True), runs)[0]


def _longest_row_s(base: Situation) -> float:
    """Return the longest wait between two rows, which is how long cancelling takes at most."""
    longest = 0.0
    before = time.process_time()
    for _ in rows(base, [case for case in cases(base) if case.kind == "node"]):
        now = time.process_time()
        longest, before = max(longest, now - before), now
    return longest


def main() -> None:
    """Measure all sizes, print them with their growth, and exit with 1 where a bound is broken."""
    found = {size: dict(measure(*size)) for size in SIZES}
    grid = Grid("resources", "nodes", *found[1000, 16])
    for (resources, nodes), parts in found.items():
        grid.add_row(
            str(resources), str(nodes), *(_ms(parts.get(name)) for name in found[1000, 16])
        )
    terminal = Console()
    terminal.print(grid)
    for name in found[1000, 16]:
        small, large = found[500, 8].get(name), found[2000, 16].get(name)
        if small and large:
            terminal.print(f"{name}: growth exponent {math.log(large / small, 4):.2f}")
    broken = list(_broken(found))
    for words in broken:
        terminal.print(f"[bold red]{words}[/]")
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    terminal.print(f"memory at most: {mib} MiB")
    if mib > MOST_MIB or broken:
        sys.exit(1)


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.0f} ms"


def _broken(found: dict[tuple[int, int], dict[str, Any]]) -> Iterator[str]:
    for (resources, _), parts in found.items():
        for bound in BOUNDS:
            if bound.resources == resources and parts[bound.part] > bound.most_s:
                yield f"{bound.part} at {resources}: {parts[bound.part]:.2f} s > {bound.most_s} s"
        if resources == 1000 and parts["refresh"] > LARGEST_SHARE * parts["singles"]:
            yield f"refresh: {parts['refresh'] / parts['singles']:.0%} of a table from scratch"
        if parts["longest row"] > LONGEST_CANCEL_S:
            yield f"cancelling at {resources} takes {parts['longest row']:.2f} s"


if __name__ == "__main__":
    main()
