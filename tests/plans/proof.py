"""`python -m tests.plans.proof`: 100 random plans, each killed at every write, and undone."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.plans.test_applying import interrupted


def main(count: int) -> None:
    """Try so many random plans."""
    for seed in range(count):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(interrupted(Path(folder), seed))
    print(f"{count} plans: each stood at a boundary whenever it was killed, and was undone")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
