"""What the console costs at size: a round of the poller, a changed badge, and many browsers."""

import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.console.large import LargePlayback
from tests.console.visit import Visit, settle, visiting

SIZES = (500, 2000, 5000)
RUNS = 3
BROWSERS = (1, 100)
LARGEST_SHARE = 0.02
MOST_TIMES = 5.0
LARGEST_EXPONENT = 1.1


@dataclass(frozen=True)
class Measured:
    """CPU milliseconds and bytes at one size; `of_browsers`: a round with so many of them."""

    resources: int
    first_ms: float
    round_ms: float
    whole_bytes: int
    change_bytes: int
    of_browsers: dict[int, float]

    @property
    def share(self) -> float:
        """Return how much of the whole one changed badge sends."""
        return self.change_bytes / self.whole_bytes


async def measure(resources: int, data: Path) -> Measured:
    """Measure one size."""
    cluster = LargePlayback(resources)
    async with visiting(data, cluster=cluster) as visit:
        first_ms = await _cpu_ms(visit.poller.poll_once)
        whole, change = await _bytes(visit, cluster)
        of_browsers = {count: await _with_browsers(visit, cluster, count) for count in BROWSERS}
        round_ms = min([await _round_ms(visit, cluster) for _ in range(RUNS)])
    return Measured(resources, first_ms, round_ms, whole, change, of_browsers)


async def _cpu_ms(work: Callable[[], Awaitable[None]]) -> float:
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) * 1000


async def _round_ms(visit: Visit, cluster: LargePlayback) -> float:
    """Return what a usual round costs: every guest's use has changed, and nothing else."""
    cluster.use_more()
    return await _cpu_ms(visit.poller.poll_once)


async def _bytes(visit: Visit, cluster: LargePlayback) -> tuple[int, int]:
    browser = visit.browsers[0] if visit.browsers else await visit.logged_in()
    async with browser.stream(accepts="gzip") as stream:
        whole = len(stream.taken())
        cluster.change_badge("freeze")
        await visit.poller.poll_once()
        await settle()
        return whole, len(stream.taken())


async def _with_browsers(visit: Visit, cluster: LargePlayback, count: int) -> float:
    """Return what a round with one changed badge costs while so many browsers watch."""
    browser, times = visit.browsers[0], []
    async with AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(browser.stream(accepts="gzip"))

        async def work() -> None:
            await visit.poller.poll_once()
            await settle()

        for state in ("started", "freeze") * RUNS:
            cluster.use_more()
            cluster.change_badge(state)
            times.append(await _cpu_ms(work))
    return min(times)


def exponent(measured: list[Measured]) -> float:
    """Return with which power of the size a round grows."""
    first, last = measured[0], measured[-1]
    return math.log(last.round_ms / first.round_ms) / math.log(last.resources / first.resources)


def table(measured: list[Measured]) -> Table:
    """Return the results as people read them."""
    shown = Table(title="The console at size (32 nodes, 500 rules; CPU without the cluster's own)")
    names = ("resources", "first round", "usual round", "whole, packed", "one badge", "share")
    for name in (*names, *(f"{count} browsers" for count in BROWSERS)):
        shown.add_column(name, justify="right")
    for each in measured:
        shown.add_row(
            str(each.resources),
            f"{each.first_ms:.0f} ms",
            f"{each.round_ms:.0f} ms",
            f"{each.whole_bytes / 1000:.0f} kB",
            f"{each.change_bytes} B",
            f"{each.share:.2%}",
            *(f"{each.of_browsers[count]:.0f} ms" for count in BROWSERS),
        )
    shown.caption = f"a usual round grows with the power {exponent(measured):.2f} of the size"
    return shown


def main() -> None:
    """Measure and print; fail where what is promised does not hold."""
    measured = []
    for resources in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            measured.append(asyncio.run(measure(resources, Path(folder))))
    Console().print(table(measured))
    last = measured[-1]
    times = last.of_browsers[BROWSERS[-1]] / last.of_browsers[BROWSERS[0]]
    if exponent(measured) > LARGEST_EXPONENT:
        sys.exit("a round grows faster than the cluster")
    if last.share > LARGEST_SHARE or times > MOST_TIMES:
        sys.exit(f"a badge sends {last.share:.2%}, and browsers cost {times:.1f} times one")


if __name__ == "__main__":
    main()
