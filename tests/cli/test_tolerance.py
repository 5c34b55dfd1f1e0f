"""`virton tolerance` as a person meets it: the fault domains that are given to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_scenario_verbs import SCENARIO, virton


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.json"
    virton("simulate", _scenario(tmp_path), "--until", 50, "--capture", path)
    return path


def _scenario(folder: Path) -> Path:
    path = folder / "scenario.json"
    path.write_text(json.dumps(SCENARIO))
    return path


@pytest.mark.parametrize(
    "text", ['{"rack": "node1"}', '{"rack": 1}', '{"rack": {"node1": 1}}', "{node1}"]
)
def test_domains_that_are_no_lists_are_refused_in_one_line(capture: Path, text: str) -> None:
    domains = capture.with_name("domains")
    domains.write_text(text)
    result = virton("tolerance", capture, "--domains", domains)
    assert result.exit_code == 2
    assert "is not an object of lists" in result.stderr.replace("\n", " ")


def test_a_domains_name_does_not_steer_the_terminal(capture: Path) -> None:
    domains = capture.with_name("domains")
    domains.write_text("ra\x1b]0;ck: node1\n")
    result = virton("tolerance", capture, "--domains", domains)
    assert "ra\ufffd]0;ck (node1)" in result.stdout
    assert "\x1b" not in result.stdout


def test_it_says_after_how_many_seconds_the_guests_of_each_node_run_again(capture: Path) -> None:
    told = json.loads(virton("tolerance", capture, "--json").stdout)
    times = {row["name"]: row["after_s"] for row in told["rows"] if row["kind"] == "node"}
    assert any(times.values())
    shown = virton("tolerance", capture, "--lang", "en").stdout
    for from_s, to_s in filter(None, times.values()):
        assert 110 < from_s < to_s < 220
        assert f"{from_s}–{to_s}" in shown


def test_it_says_what_mends_the_losses_that_are_not_borne(tmp_path: Path) -> None:
    file = tmp_path / "two.json"
    nodes = {name: {"power": "on", "network": "on"} for name in ("node1", "node2")}
    resources = {"vm:1": {"node": "node1", "state": "started"}}
    two: dict[str, Any] = {"nodes": nodes, "resources": resources, "commands": []}
    file.write_text(json.dumps(two))
    told = virton("tolerance", file, "--advise", "--lang", "en")
    assert "Helps: add a vote (a QDevice)" in told.stdout
    reason = virton("why", "vm:1", file, "--lang", "en")
    assert "a vote more (a QDevice) → back → node2" in reason.stdout
    file.write_text(json.dumps(two | {"qdevice": {"votes": 1, "on": True}}))
    told = virton("tolerance", file, "--advise", "--lang", "en")
    assert (told.exit_code, "Helps" in told.stdout) == (0, False)
