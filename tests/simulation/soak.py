"""Watch many random simulations: `python -m tests.simulation.soak --seeds 0..5000`."""

import argparse
import sys
import traceback

from tests.simulation.generator import generate
from tests.simulation.watch import as_bytes, watch
from virton.simulation.commands import CommandError
from virton.simulation.virtual import EndlessError

COULD_NOT_BE_RECORDED = (CommandError, EndlessError)
"""Ends of a simulation that are the scenario's own fault: it commands what cannot be done."""


def soak(seed: int) -> list[str] | None:
    """Return what was amiss in a seed's simulation, None if the scenario is not one."""
    try:
        first = watch(generate(seed))
        second = watch(generate(seed))
    except COULD_NOT_BE_RECORDED:
        return None
    except Exception:
        return [traceback.format_exc()]
    same = as_bytes(first.records) == as_bytes(second.records)
    return first.broken + ([] if same else ["the same seed gave other events"])


def main() -> int:
    """Watch the seeds; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.soak", description=__doc__)
    parser.add_argument("--seeds", default="0..1000", help="from..to, the latter not included")
    low, _, high = parser.parse_args().seeds.partition("..")
    watched = failed = 0
    for seed in range(int(low), int(high)):
        amiss = soak(seed)
        watched += amiss is not None
        for line in amiss or ():
            print(f"seed {seed}: {line}")
        failed += bool(amiss)
    print(f"{watched} watched, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
