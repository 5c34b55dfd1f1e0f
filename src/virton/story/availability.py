"""For how long a resource was up in a time, and for how long it was down, planned or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]
Span = tuple[int, int]


class Run(StrEnum):
    """How a resource fares at a moment."""

    UP = "up"
    PLANNED = "planned"
    UNPLANNED = "unplanned"
    UNKNOWN = "unknown"
    GONE = "gone"


@dataclass(slots=True)
class Fared:
    """How a resource fared in a time (ms); `outages` are the times when it was down, not planned."""

    ms: dict[Run, int] = field(default_factory=lambda: dict.fromkeys(Run, 0))
    outages: list[Span] = field(default_factory=list)

    @property
    def availability(self) -> float | None:
        """Return which share of the time it was up, of that in which it should have been."""
        wanted = self.ms[Run.UP] + self.ms[Run.UNPLANNED]
        return self.ms[Run.UP] / wanted if wanted else None

    @property
    def longest_ms(self) -> int:
        """Return how long the longest outage was."""
        return max((end - begin for begin, end in self.outages), default=0)


def fared(course: Sequence[tuple[int, Row]], unseen: Sequence[Span], until_ms: int) -> Fared:
    """Return how a resource fared from the first row of its course on.

    `unseen` are the times in which nobody watched: what it was then is not known.
    """
    found, before = Fared(), Run.UP
    for at_ms, end_ms, row in _steps(course, until_ms):
        run = run_of(row, before)
        for begin, end, seen in _parts(at_ms, end_ms, unseen):
            _count(found, run if seen else Run.UNKNOWN, begin, end)
        before = run
    return found


def run_of(row: Row, before: Run) -> Run:
    """Return how a resource fares, as the page shows it; `before` is how it fared until then.

    What begins as planned stays so until it is up again, and what does not, does not: a start after
    a recovery belongs to the outage, one after a stop that was asked for to the stop.
    """
    if not row or not row.get("configured", True):
        return Run.GONE
    state = row.get("state")
    if row.get("request_state") in ("stopped", "disabled", "ignored"):
        return Run.UP if _runs(row) else Run.PLANNED
    if state in ("fence", "recovery", "error") or row.get("down") or row.get("last_known"):
        return Run.UNPLANNED
    if _runs(row):
        return Run.UP
    if state in ("relocate", "stopping", "request_stop"):
        return Run.PLANNED
    return Run.UNPLANNED if before is Run.UNPLANNED else Run.PLANNED


def _runs(row: Row) -> bool:
    return row.get("guest") == "running" and not row.get("last_known")


def _steps(course: Sequence[tuple[int, Row]], until_ms: int) -> Iterable[tuple[int, int, Row]]:
    ends = [at_ms for at_ms, _ in course[1:]] + [until_ms]
    for (at_ms, row), end_ms in zip(course, ends, strict=True):
        yield at_ms, end_ms, row


def _parts(begin: int, end: int, unseen: Sequence[Span]) -> Iterable[tuple[int, int, bool]]:
    """Yield the parts of a time, each with whether somebody watched."""
    at = begin
    for since, until in unseen:
        if until <= at or since >= end:
            continue
        if since > at:
            yield at, since, True
        yield max(at, since), min(until, end), False
        at = min(until, end)
    if at < end:
        yield at, end, True


def _count(found: Fared, run: Run, begin: int, end: int) -> None:
    found.ms[run] += end - begin
    if run is not Run.UNPLANNED:
        return
    if found.outages and found.outages[-1][1] == begin:
        found.outages[-1] = (found.outages[-1][0], end)
    else:
        found.outages.append((begin, end))
