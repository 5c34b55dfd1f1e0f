"""Watch many random courses, with restarts: `python -m tests.simulation.soak --seeds 0..5000`.

Each seed is played on the virtual clock, on the paced clock and, now and then, in an embedded
cluster: with breaks in which the world goes through bytes, and without. No promise may be broken,
and both must tell the same.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator

from tests.embedded.course import play
from tests.simulation.courses import on_the_paced_clock, on_the_virtual_clock
from tests.simulation.watch import as_bytes
from virton.simulation.commands import CommandError
from virton.simulation.virtual import EndlessError

COULD_NOT_BE_RECORDED = (CommandError, EndlessError)
"""Ends of a simulation that are the scenario's own fault: it commands what cannot be done."""

EMBEDDED_EVERY = 10
AN_HOUR_S = 3600

Told = tuple[bytes, list[str]]
Course = Callable[[int, bool], Told]


def soak(seed: int) -> list[str] | None:
    """Return what was amiss on the virtual clock, None if the seed gives no scenario."""
    return _compare(_virtual, seed)


def soak_paced(seed: int) -> list[str] | None:
    """Return what was amiss on the paced clock."""
    return _compare(_paced, seed)


def soak_embedded(seed: int) -> list[str] | None:
    """Return what was amiss in an embedded cluster."""
    return _compare(_embedded, seed)


def _virtual(seed: int, breaks: bool) -> Told:
    watch = on_the_virtual_clock(seed, breaks=breaks)
    return as_bytes(watch.records), watch.broken


def _paced(seed: int, breaks: bool) -> Told:
    watch = on_the_paced_clock(seed, breaks=breaks)
    return as_bytes(watch.records), watch.broken


def _embedded(seed: int, breaks: bool) -> Told:
    return "\n".join(play(seed, restarts=breaks).told).encode(), []


def _compare(course: Course, seed: int) -> list[str] | None:
    try:
        told, broken = course(seed, False)
        told_with_breaks, _ = course(seed, True)
    except COULD_NOT_BE_RECORDED:
        return None
    except Exception:
        return [traceback.format_exc()]
    return broken + ([] if told == told_with_breaks else ["with breaks it went another way"])


def _courses(seed: int) -> Iterator[tuple[str, list[str] | None]]:
    yield "virtual", soak(seed)
    yield "paced", soak_paced(seed)
    if seed % EMBEDDED_EVERY == 0:
        yield "embedded", soak_embedded(seed)


def main() -> int:
    """Watch the seeds, for as long as there is time; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.soak", description=__doc__)
    parser.add_argument("--seeds", default="0..1000000", help="from..to, the latter not included")
    parser.add_argument("--seconds", type=float, default=AN_HOUR_S, help="for how long at most")
    asked = parser.parse_args()
    low, _, high = asked.seeds.partition("..")
    end, seed, failed = time.monotonic() + asked.seconds, int(low), 0
    watched: dict[str, int] = {}
    while seed < int(high) and time.monotonic() < end:
        for kind, amiss in _courses(seed):
            watched[kind] = watched.get(kind, 0) + (amiss is not None)
            failed += bool(amiss)
            for line in amiss or ():
                print(f"seed {seed}, {kind}: {line}", flush=True)
        seed += 1
    print(f"seeds {low}..{seed}: watched {watched}, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
