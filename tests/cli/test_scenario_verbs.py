"""`virton simulate` and `virton explain`, as a person meets them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.ha.play import play
from virton.cli.language import Language, environment_language, printable
from virton.cli.main import app
from virton.simulation.scenario import scenario_from

SCENARIO: dict[str, Any] = {
    "nodes": {f"node{number}": {"power": "off", "network": "off"} for number in (1, 2, 3)},
    "resources": {
        "vm:100": {"node": "node2", "state": "started"},
        "vm:101": {"node": "node1", "state": "started"},
    },
    "rules": [
        {
            "id": "split",
            "type": "resource-affinity",
            "affinity": "negative",
            "resources": ["vm:100", "vm:101"],
        }
    ],
    "commands": [
        [f"power node{number} on" for number in (1, 2, 3)],
        ["network node2 off"],
    ],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "loss.json"
    path.write_text(json.dumps(SCENARIO))
    return path


@pytest.fixture(autouse=True)
def _no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def virton(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines(result: Result) -> Sequence[str]:
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.stdout.splitlines()]


# simulate


def test_the_story_is_told_in_korean_unless_the_environment_says_otherwise(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lines(virton("simulate", file))[0].split(maxsplit=2) == [
        "0초",
        "하드웨어",
        "시뮬레이션을 시작합니다.",
    ]
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert lines(virton("simulate", file))[0].strip() == "0 s  hardware    The simulation begins."
    asked = lines(virton("simulate", file, "--lang", "ko"))
    assert asked[-1].endswith("시뮬레이션을 마쳤습니다.")


def test_every_event_is_a_line_with_time_source_sentence_and_cause(file: Path) -> None:
    told = lines(virton("simulate", file, "--lang", "en"))
    assert len(told) == len(play(scenario_from(SCENARIO, "loss")))
    fence = next(line for line in told if "vm:100: Started → Being fenced" in line)
    assert fence.split(maxsplit=3)[:3] == ["160", "s", "node1/crm"]
    assert fence.endswith("— Node node2 has been away for 60 s.")


def test_events_are_printed_as_a_scenario_expects_them(file: Path) -> None:
    told = [json.loads(line) for line in lines(virton("simulate", file, "--events"))]
    assert told == [record.to_json() for record in play(scenario_from(SCENARIO, "loss"))]


def test_a_terminal_is_not_steered_by_a_file(file: Path) -> None:
    evil = SCENARIO | {"commands": [[*SCENARIO["commands"][0], "service \x1b[2J stop 1"]]}
    file.write_text(json.dumps(evil))
    result = virton("simulate", file)
    assert "\x1b" not in result.output
    assert "\N{REPLACEMENT CHARACTER}[2J" in result.output
    assert printable("가\n\x07b") == "가\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("nodes", [30, 31, 48])
def test_a_cluster_whose_watchdogs_would_fire_at_rest_is_refused(
    tmp_path: Path, nodes: int
) -> None:
    names = [f"node{number:02}" for number in range(nodes)]
    large = {
        "nodes": {name: {"power": "off", "network": "off"} for name in names},
        "resources": {
            f"vm:{100 + at}": {"node": n, "state": "started"} for at, n in enumerate(names)
        },
        "commands": [[f"power {name} on" for name in names]],
    }
    path = tmp_path / "large.json"
    path.write_text(json.dumps(large))
    result = virton("simulate", path, "--events")
    assert "watchdog" not in result.stdout
    assert (result.exit_code == 0) == (nodes == 30)
    assert ("너무 많습니다" in result.output) == (nodes > 30)


# explain


def test_a_recovered_resource_is_explained(file: Path) -> None:
    told = "\n".join(lines(virton("explain", file, "--resource", "vm:100", "--lang", "en")))
    assert told.startswith("vm:100 at ")
    assert "Where      on node3" in told
    assert "Master     node1" in told
    assert "At 240 s: node3 takes it over from the fenced node node2. It is the only node" in told
    assert "Kept apart from vm:101 on node1 (rule split)." in told
    assert "160 s  vm:100: Started → Being fenced" in told
    assert "Node node2 has been away for 60 s." in told


def test_a_resource_is_explained_as_of_a_second(file: Path) -> None:
    early = "\n".join(
        lines(virton("explain", file, "--resource", "vm:100", "--at", 100, "--lang", "en"))
    )
    assert early.startswith("vm:100 at 100 s")
    assert "on node2" in early
    assert "It was there from the beginning." in early
    assert "fence" not in early.lower()


def test_a_resource_is_explained_in_korean(file: Path) -> None:
    told = "\n".join(lines(virton("explain", file, "--resource", "vm:100")))
    assert "240초: 차단된 node2 노드에서 node3 노드가 이어받았습니다." in told
    assert "node1 노드에 분리해야 하는 리소스가 있습니다: vm:101 (규칙 split)" in told


def test_before_there_is_a_master_that_is_what_is_said(file: Path) -> None:
    told = "\n".join(
        lines(virton("explain", file, "--resource", "vm:100", "--at", 0, "--lang", "en"))
    )
    assert "no master has taken it over yet" in told
    assert "Without a master nobody decides now." in told
    assert "Its state never changed." in told


def test_a_removed_resource_is_told_by_its_history(file: Path) -> None:
    gone = SCENARIO | {"commands": [SCENARIO["commands"][0], ["service vm:100 delete"]]}
    file.write_text(json.dumps(gone))
    told = "\n".join(lines(virton("explain", file, "--resource", "vm:100", "--lang", "en")))
    assert "not under HA" in told
    assert "vm:100 left HA: it is not configured any more." in told


# complaints


def complaint(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def test_a_wrong_file_is_told_in_one_line_with_its_field(file: Path) -> None:
    file.write_text(json.dumps(SCENARIO | {"resources": {"vm:100": {"state": "started"}}}))
    expected = f"virton: {file}: resources.vm:100.node: 값이 없습니다"
    assert complaint(virton("simulate", file)) == expected
    assert complaint(virton("explain", file, "--resource", "vm:100")) == expected


def test_a_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    expected = f"virton: {path}: 읽을 수 없습니다 (파일이 없습니다)"
    assert complaint(virton("simulate", path)) == expected


def test_a_wrong_command_is_told_in_one_line(file: Path) -> None:
    file.write_text(json.dumps(SCENARIO | {"commands": [["fly node1"]]}))
    expected = f"virton: {file}: commands: 명령이 아닙니다: fly node1"
    assert complaint(virton("simulate", file, "--events")) == expected
    assert complaint(virton("explain", file, "--resource", "vm:100")) == expected


def test_an_unknown_resource_is_told_with_those_that_are_there(file: Path) -> None:
    expected = "virton: --resource: vm:7 리소스가 없습니다. 있는 리소스: vm:100, vm:101"
    assert complaint(virton("explain", file, "--resource", "vm:7")) == expected


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, Language.KO),
        ({"LANG": "C.UTF-8"}, Language.KO),
        ({"LANG": "en_US.UTF-8"}, Language.EN),
        ({"LANG": "ko_KR.UTF-8"}, Language.KO),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "en_US"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_ALL": ""}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.KO),
    ],
)
def test_the_language_is_the_environment_s_where_it_is_ours(
    variables: dict[str, str], language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment_language() is language
