"""A recorded tape of a real cluster against what the model says of it: forecast and story."""

from collections.abc import Callable
from pathlib import Path

from tests.conformance.tape import Tape, read_tape
from tests.conformance.tape_forecast import forecast_difference
from tests.conformance.tape_story import story_difference

CHECKS: tuple[tuple[str, Callable[[Tape], str | None]], ...] = (
    ("forecast", forecast_difference),
    ("story", story_difference),
)


def run_file(path: Path) -> str | None:
    """Hold one tape against the model; return None if it agrees, else where it does not."""
    tape = read_tape(path)
    found = [f"{name}: {told}" for name, check in CHECKS if (told := check(tape)) is not None]
    return "; ".join(found) or None
