"""The recorded cases of the reference; they lie beside the repository, and may be absent.

Its scenarios and our own are played in tests/story/test_both_stories.py, which looks at them as well.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import rules, scenarios

SHARED = Path(__file__).resolve().parents[3] / "shared"


def _cases(*folders: Path) -> list[Any]:
    files = sorted(file for folder in folders for file in folder.glob("*.json"))
    if not files:
        absent = pytest.mark.skip(reason=f"no recorded cases at {folders[0]}")
        return [pytest.param(None, marks=absent, id="absent")]
    return [pytest.param(file, id=file.stem) for file in files]


def _difference(run_case: Callable[[dict[str, Any]], str | None], file: Path) -> str | None:
    return run_case(json.loads(file.read_text(encoding="utf-8")))


def _faults() -> list[Any]:
    """Return the scenarios among the recorded faults: those that tell what to expect."""
    told = [case for case in _cases(SHARED / "faults") if case.values[0] is not None]
    texts = {case.id: case.values[0].read_text(encoding="utf-8") for case in told}
    return [case for case in told if {"nodes", "expect"} <= json.loads(texts[case.id]).keys()]


@pytest.mark.parametrize("file", [*_cases(SHARED / "scenarios" / "scale"), *_faults()])
def test_a_recorded_scenario_happens_event_by_event(file: Path) -> None:
    assert _difference(scenarios.run_case, file) is None


@pytest.mark.parametrize("file", _cases(SHARED / "rules"))
def test_a_recorded_set_of_rules_is_checked_merged_and_compiled_alike(file: Path) -> None:
    assert _difference(rules.run_case, file) is None
