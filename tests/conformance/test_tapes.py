"""The tapes of a real cluster: what was forecast from the reading before each deed is what came."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.tape import read_tape
from tests.conformance.tape_forecast import check, forecast_difference, groups

TAPES = Path(__file__).parents[3] / "shared" / "tapes"
NAMES = sorted(path.name for path in TAPES.glob("*.jsonl"))
needs_tapes = pytest.mark.skipif(not NAMES, reason="needs the recorded tapes beside the project")

Row = dict[str, Any]


@needs_tapes
@pytest.mark.parametrize("name", NAMES)
def test_what_came_had_been_forecast(name: str) -> None:
    assert forecast_difference(read_tape(TAPES / name)) is None


@needs_tapes
def test_ranges_are_narrow_enough_to_be_of_use() -> None:
    widths: list[int] = []
    for name in NAMES:
        tape = read_tape(TAPES / name)
        widths += [width for group in groups(tape) for width in check(tape, group).widths]
    assert sum(widths) / len(widths) <= 30


def _elsewhere(row: Row) -> None:
    services = row["data"]["manager_status"]["service_status"]
    if row["t"] > 200 and services["vm:101"]["node"] == "pve2":
        services["vm:101"]["node"] = "pve1"


def _never_fenced(row: Row) -> None:
    nodes = row["data"]["manager_status"]["node_status"]
    nodes["pve3"] = "online"


def _too_early(row: Row) -> None:
    if row["t"] > 42:
        row["data"]["manager_status"]["node_status"]["pve3"] = "unknown"


def _in_error(row: Row) -> None:
    services = row["data"]["manager_status"]["service_status"]
    if row["t"] > 180:
        services["vm:108"]["state"] = "error"


@needs_tapes
@pytest.mark.parametrize("alter", [_elsewhere, _never_fenced, _too_early, _in_error])
def test_a_tape_whose_answers_were_altered_is_found_out(
    alter: Callable[[Row], None], tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (TAPES / "a.jsonl").read_text().splitlines()]
    known: Any = None
    for row in rows:
        if row.get("get") != "/cluster/ha/status/manager_status":
            continue
        known = json.dumps(row["data"]) if "data" in row else known
        row["data"] = json.loads(known)
        row.pop("same", None)
        alter(row)
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert forecast_difference(read_tape(path)) is not None
