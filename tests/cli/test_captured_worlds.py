"""`virton simulate --until --capture`, and what is played on from there, as a person meets it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.test_scenario_verbs import SCENARIO, lines, virton
from virton.cli.main import app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "loss.json"
    path.write_text(json.dumps(SCENARIO))
    return path


def events(*arguments: object) -> list[Any]:
    return [json.loads(line) for line in lines(virton(*arguments, "--events"))]


@pytest.mark.parametrize("second", [0, 21, 61, 119, 163, 2000])
def test_what_is_printed_before_and_after_a_capture_is_the_whole(file: Path, second: int) -> None:
    out = file.with_name("out.json")
    whole = events("simulate", file)
    before = events("simulate", file, "--until", second, "--capture", out)
    assert all(event[0] <= second for event in before)
    assert before + events("simulate", out) == whole
    assert json.loads(out.read_text())["clock"] == "virtual"


def test_a_captured_world_is_played_on_with_other_commands(file: Path) -> None:
    out = file.with_name("out.json")
    whole = events("simulate", file)
    before = events("simulate", file, "--until", 119, "--capture", out)
    assert before + events("forecast", out, "--do", "network node2 off") == whole
    other = events("forecast", out, "--do", "power node2 off", "--do", "power node3 off")
    assert [event[3]["command"] for event in other if event[2] == "command"] == [
        "power node2 off",
        "power node3 off",
        "power node1 off",
    ]


def test_a_capture_that_cannot_be_kept_or_read_is_said_so(file: Path) -> None:
    where = file.with_name("not-there") / "out.json"
    result = CliRunner().invoke(app, ["simulate", str(file), "--capture", str(where)])
    assert result.exit_code == 2
    assert "cannot be written" in result.output
    out = file.with_name("out.json")
    events("simulate", file, "--until", 50, "--capture", out)
    out.write_text(out.read_text().replace("node2", "node9"))
    result = CliRunner().invoke(app, ["simulate", str(out)])
    assert result.exit_code == 2
    assert "was changed since it was captured" in result.output
