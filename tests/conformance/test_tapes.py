"""The tapes of a real cluster: what was forecast from the reading before each deed is what came."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.tape import read_tape
from tests.conformance.tape_ends import CURRENT, GUESTS, MANAGER, MEMBERS
from tests.conformance.tape_forecast import Checked, Said, compared, said_of

TAPES = Path(__file__).parents[3] / "shared" / "tapes"
NAMES = sorted(path.name for path in TAPES.glob("*.jsonl"))
needs_tapes = pytest.mark.skipif(not NAMES, reason="needs the recorded tapes beside the project")

Row = dict[str, Any]


@cache
def said(name: str) -> tuple[Said, ...]:
    """Forecast every deed of a tape, once for all tests."""
    return tuple(said_of(read_tape(TAPES / name)))


@cache
def checked(name: str) -> tuple[Checked, ...]:
    tape = read_tape(TAPES / name)
    return tuple(compared(one, tape) for one in said(name))


@needs_tapes
@pytest.mark.parametrize("name", NAMES)
def test_what_came_had_been_forecast(name: str) -> None:
    assert [told for one in checked(name) for told in one.differences] == []


@needs_tapes
def test_ranges_are_narrow_enough_to_be_of_use() -> None:
    widths = [width for name in NAMES for one in checked(name) for width in one.widths]
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


def _guest_elsewhere(row: Row) -> None:
    for guest in row["data"]:
        if row["t"] > 240 and guest.get("vmid") == 100:
            guest["node"] = "pve2"


def _not_there(row: Row) -> None:
    for member in row["data"]:
        if row["t"] > 240 and member["name"] == "pve2":
            member["online"] = 0


def _in_maintenance(row: Row) -> None:
    if row["t"] > 240:
        row["data"]["lrm_status"]["pve2"]["state"] = "maintenance"


def _in_error_on_the_page(row: Row) -> None:
    for one in row["data"]:
        if row["t"] > 240 and one.get("sid") == "vm:100":
            one["crm_state"] = "error"


@needs_tapes
@pytest.mark.parametrize(
    ("path", "alter"),
    [
        (MANAGER, _elsewhere),
        (MANAGER, _never_fenced),
        (MANAGER, _too_early),
        (MANAGER, _in_error),
        (MANAGER, _in_maintenance),
        (MEMBERS, _not_there),
        (GUESTS, _guest_elsewhere),
        (CURRENT, _in_error_on_the_page),
    ],
)
def test_a_tape_whose_answers_were_altered_is_found_out(
    path: str, alter: Callable[[Row], None], tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (TAPES / "a.jsonl").read_text().splitlines()]
    known: Any = None
    for row in rows:
        if row.get("get") != path:
            continue
        known = json.dumps(row["data"]) if "data" in row else known
        row["data"] = json.loads(known)
        row.pop("same", None)
        alter(row)
    altered = tmp_path / "a.jsonl"
    altered.write_text("\n".join(map(json.dumps, rows)))
    tape = read_tape(altered)
    assert any(compared(one, tape).differences for one in said("a.jsonl"))
