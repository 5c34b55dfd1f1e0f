"""A scenario conforms when its events are those expected, all and in their order."""

import json
from collections.abc import Iterable
from typing import Any

from virton.ha.events import Record
from virton.simulation.commands import CommandError
from virton.simulation.scenario import ScenarioError, run_scenario, scenario_from
from virton.simulation.virtual import EndlessError


def run_case(case: dict[str, Any]) -> str | None:
    """Return None if the case passes, else its first difference."""
    records: list[Record] = []
    try:
        run_scenario(scenario_from(case, "case"), records.append)
    except (ScenarioError, CommandError, EndlessError) as error:
        return f"{type(error).__name__}: {error}"
    return first_difference(case["expect"], as_recorded(records))


def as_recorded(records: Iterable[Record]) -> list[Any]:
    """Return events as a scenario file holds them."""
    told: list[Any] = json.loads(json.dumps([record.to_json() for record in records]))
    return told


def first_difference(expect: list[Any], got: list[Any]) -> str | None:
    """Return where two lists of events part, None if nowhere."""
    for number, (wanted, had) in enumerate(zip(expect, got, strict=False)):
        if wanted != had:
            return f"event {number}: expected {json.dumps(wanted)}, got {json.dumps(had)}"
    if len(expect) != len(got):
        longer, word = (expect, "missing") if len(expect) > len(got) else (got, "unexpected")
        number = min(len(expect), len(got))
        return f"event {number}: {word} {json.dumps(longer[number])}"
    return None
