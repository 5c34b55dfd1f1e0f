"""`virton maintenance` as a person meets it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tests.forecast.clusters import rule
from virton.cli.main import app

HOSTS = {f"node{number}": {"power": "on", "network": "on"} for number in (1, 2, 3)}
BOUND = rule("bound", ["vm:3"], nodes={"node2": 0}, strict=1)


def planned(folder: Path, *arguments: str) -> tuple[int, str]:
    cluster: dict[str, Any] = {
        "nodes": HOSTS,
        "resources": {
            "vm:1": {"node": "node1", "state": "started"},
            "vm:3": {"node": "node2", "state": "started"},
        },
        "rules": [BOUND],
        "commands": [],
    }
    path = folder / "cluster.json"
    path.write_text(json.dumps(cluster), "utf-8")
    done = CliRunner().invoke(app, ["maintenance", str(path), *arguments])
    return done.exit_code, done.output


def test_a_plan_is_printed_and_one_that_is_not_borne_has_a_code_of_its_own(tmp_path: Path) -> None:
    code, text = planned(tmp_path, "--node", "node1", "--lang", "en")
    assert (code, "vm:1 → node3 (live)" in text) == (0, True)
    code, text = planned(tmp_path, "--node", "node2", "--lang", "ko")
    assert (code, "모두 비울 수는 없음" in text) == (3, True)


def test_it_answers_in_json_and_names_a_node_that_there_is_not(tmp_path: Path) -> None:
    code, text = planned(tmp_path, "--node", "node1", "--node", "node3", "--json")
    assert (code, json.loads(text)["best"]["order"]) == (0, ["node1", "node3"])
    code, text = planned(tmp_path, "--node", "node9")
    assert (code, "--node: there is no node node9" in text) == (2, True)
