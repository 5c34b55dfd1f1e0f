"""`python -m tests.plans.proof [SEED..SEED]`: random plans killed at every write; objectives at size."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.scale import cluster
from tests.plans.test_advising import is_minimal
from tests.plans.test_applying import interrupted
from virton.forecast.situation import situation_of
from virton.plans.desired import read_desired
from virton.plans.objectives import objectives
from virton.plans.verifying import verify

LONGEST_S = 60


def random_plans(seeds: range) -> None:
    """Apply random plans, each killed at every write, and undo them byte by byte."""
    for seed in seeds:
        print(f"plan {seed}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(interrupted(Path(folder), seed))
    print(f"{len(seeds)} plans: each stood at a boundary whenever it was killed, and was undone")


def single_losses_at_size() -> None:
    """Try the single losses of 16 nodes with 1,000 resources against all kinds of objectives."""
    situation = situation_of(cluster(1000, 16, 300))
    sids = sorted(situation.resources)
    desired = read_desired(
        "version: 1\nobjectives:\n  all: {tolerates: true, after: node}\n"
        f"  back: {{back: [{', '.join(sids)}], within_s: 3600, after: node}}\n"
        f"  spread: {{share: [{', '.join(sids[:20])}], most: 1, after: node}}\n"
    )
    begun = time.process_time()
    found = verify(situation, objectives(desired, situation))
    took_s = time.process_time() - begun
    print(
        f"16 x 1,000, single losses: {took_s:.1f} s of {LONGEST_S}; {[one.tried for one in found]}"
    )
    assert took_s < LONGEST_S


def minimal_advice(wanted: int, first: int = 0) -> None:
    """Hold advice for so many broken generated cases against all smaller sets of changes."""
    seed, broken = first, 0
    while broken < wanted:
        found = is_minimal(seed)
        assert found is not False, seed
        broken += found is not None
        seed += 1
    print(f"advice: {broken} of {seed - first} cases broken: none smaller mends any", flush=True)


if __name__ == "__main__":
    first, _, last = (sys.argv[1] if len(sys.argv) > 1 else "0..100").partition("..")
    single_losses_at_size()
    minimal_advice(300)
    random_plans(range(int(first), int(last)))
