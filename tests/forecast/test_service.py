"""The forecast as a process: tables by rows, questions between them, and the score."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.forecast.clusters import rule
from virton.forecast.service import Service
from virton.language.forecasts import told_waiting
from virton.language.sentences import Sentences

Answers = list[dict[str, Any]]


def document(offline: str | None = None, **places: str) -> dict[str, Any]:
    names = ("node1", "node2", "node3")
    placed = places or {"vm:1": "node1", "vm:2": "node2"}
    running: dict[str, dict[str, int]] = {}
    for sid, node in placed.items():
        running.setdefault(node, {})[sid] = 1
    return {
        "capture": 1,
        "grade": "seen",
        "clock": "paced",
        "about": {},
        "nodes": {
            name: {
                "power": "off" if name == offline else "on",
                "network": "off" if name == offline else "on",
                "online": name != offline,
            }
            for name in names
        },
        "resources": {sid: {"node": node, "state": "started"} for sid, node in placed.items()},
        "guests": {sid: {"node": node, "status": "running"} for sid, node in placed.items()},
        "running": running,
        "commands": [],
        "manager_status": {
            "master_node": "node3",
            "node_status": dict.fromkeys(names, "online"),
            "service_status": {
                sid: {"state": "started", "node": node, "uid": sid, "running": 1}
                for sid, node in placed.items()
            },
        },
        "lrm_status": {
            name: {
                "state": "active",
                "mode": "active",
                "results": {
                    sid: {"sid": sid, "state": "started", "exit_code": 0}
                    for sid, node in placed.items()
                    if node == name
                },
            }
            for name in names
        },
    }


def worked(*jobs: dict[str, Any], score: Path | None = None) -> Answers:
    """Work off jobs that all wait from the beginning; return what was answered."""
    answers: Answers = []
    service = Service(answers.append, score)
    for job in jobs:
        service.hear(job)
    service.end()
    service.run()
    return answers


def worked_in_turn(*jobs: dict[str, Any], score: Path | None = None) -> Answers:
    """Work off jobs of which each comes when the one before has ended."""
    answers: Answers = []
    service = Service(answers.append, score)
    service.end()
    for job in jobs:
        service.hear(job)
        service.run()
    return answers


@pytest.fixture(scope="module")
def two_tables() -> tuple[Answers, Answers]:
    """Return what is answered to a job for a table, and to another for one of the same cluster."""
    job = {"do": "table", "capture": document()}
    answers = worked_in_turn({"id": 1, **job}, {"id": 2, **job})
    first, second = ([one for one in answers if one["id"] == number] for number in (1, 2))
    return first, second


def test_a_table_comes_row_by_row_with_its_progress(two_tables: tuple[Answers, Answers]) -> None:
    answers = two_tables[0]
    rows = [answer for answer in answers if "done" in answer]
    assert [row["done"] for row in rows] == list(range(1, rows[0]["of"] + 1))
    assert {"id": 1, "ended": True, "again": len(rows)} in answers


def test_rows_of_nodes_come_once_more_with_their_times(
    two_tables: tuple[Answers, Answers],
) -> None:
    answers = two_tables[0]
    timed = [answer["row"] for answer in answers if "after_s" in answer.get("row", ())]
    assert [row["nodes"] for row in timed] == [["node1"], ["node2"], ["node3"]]
    assert timed[0]["after_s"][0] >= 120
    assert timed[2]["after_s"] is None
    assert answers[-1] == {"id": 1, "timed": True}


def test_a_second_table_of_the_same_cluster_is_not_played_again(
    two_tables: tuple[Answers, Answers],
) -> None:
    assert {"id": 2, "ended": True, "again": 0} in two_tables[1]


def test_a_newer_table_overtakes_the_one_under_way_and_a_cancelled_one_ends() -> None:
    first, second = (
        {"id": number, "do": "table", "capture": document(), "pairs": True} for number in (1, 2)
    )
    answers = worked(first, second)
    assert {answer["id"] for answer in answers if "row" in answer} == {2}
    assert not [a for a in worked({"do": "cancel", "job": 1}, first) if "row" in a]


@pytest.mark.parametrize(
    "question",
    [
        {"do": "course", "question": {"lose": ["node1"]}},
        {"do": "why", "sid": "vm:1"},
        {"do": "advice", "question": {"add_rule": ["x resources=vm:1 nodes=node3"]}},
        {"do": "fit", "size": "memory=1GiB"},
        {"do": "maintenance", "nodes": ["node1", "node2"]},
    ],
    ids=lambda question: question["do"],
)
def test_a_question_is_given_up_when_nobody_waits_for_it(question: dict[str, Any]) -> None:
    job = {"id": 1, "capture": document(), **question}
    assert [answer["id"] for answer in worked(job)] == [1]
    assert worked({"do": "cancel", "job": 1}, job, {"id": 2, "do": "score"})[0]["id"] == 2


def test_questions_are_answered_while_a_table_is_made() -> None:
    answers = worked(
        {"id": 1, "do": "table", "capture": document()},
        {"id": 2, "do": "course", "capture": document(), "question": {"lose": ["node1"]}},
        {"id": 3, "do": "why", "capture": document(), "sid": "vm:1"},
        {
            "id": 4,
            "do": "advice",
            "capture": document(),
            "question": {"add_rule": ["x resources=vm:1 nodes=node3"]},
        },
        {"id": 5, "do": "course", "capture": document(), "question": {"lose": ["nowhere"]}},
        {"id": 6, "do": "why", "capture": document(), "sid": "vm:9"},
    )
    told = {answer["id"]: answer for answer in answers if "row" not in answer}
    assert told[2]["answer"]["resources"]["vm:1"]["verdict"] == "back"
    assert told[3]["answer"]["node"] == "node1"
    assert told[4]["answer"]["moves"][0]["node"] == "node3"
    assert told[5]["error"] == "there is no node nowhere"
    assert "vm:1" in told[6]["error"]
    assert told[1]["timed"]


def test_what_will_not_run_by_itself_is_told_with_its_reason() -> None:
    bound = rule("bound", ["vm:1"], nodes={"node3": 0}, strict=1)
    places = {"vm:1": "node3", "vm:2": "node3", "vm:3": "node1"}
    capture = document("node3", **places) | {"rules": [bound]}
    manager = capture["manager_status"]
    manager["node_status"]["node3"] = "unknown"
    manager["service_status"]["vm:1"]["state"] = "recovery"
    manager["service_status"]["vm:2"]["state"] = "recovery"
    (told,) = worked({"id": 1, "do": "waiting", "capture": capture})
    (reason,) = told["answer"].values()
    assert told["answer"].keys() == {"vm:1"}
    assert {node: one[0] for node, one in reason["objections"].items()} == {
        "node1": "outside_rule",
        "node2": "outside_rule",
        "node3": "offline",
    }
    ko, en = (told_waiting(reason, Sentences.of(locale)) for locale in ("ko", "en"))
    assert ko["says"] == "엄격한 규칙 bound는 node3만 허용하는데, node3이 오프라인입니다"
    assert en["says"] == "Strict rule bound allows node3 only, and node3 is offline"


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\xfe", b"[1]", b"{}", b'{"losses": Infinity}', b"[" * 100_000]
)
def test_a_damaged_score_is_laid_aside_and_hinders_nothing(
    tmp_path: Path, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    score = tmp_path / "score.json"
    score.write_bytes(garbage)
    assert worked({"id": 1, "do": "score"}, score=score)[0]["answer"]["losses"] == 0
    assert (tmp_path / "score.damaged").read_bytes() == garbage
    assert "score.json is damaged" in caplog.text


def made(looks: Sequence[tuple[int, int, dict[str, Any]]]) -> Answers:
    return [{"id": at, "do": "table", "capture": c, "held": h, "at": at} for h, at, c in looks]


def test_what_really_came_is_held_against_what_was_said(tmp_path: Path) -> None:
    score = tmp_path / "score.json"
    fallen = document("node1")
    fallen["running"] = {"node2": {"vm:2": 1}}
    recovered = document("node1", **{"vm:1": "node3", "vm:2": "node2"})
    looks = [(0, 0, document()), (58, 60, fallen), (100, 140, recovered)]
    jobs = made(looks)
    worked_in_turn(*jobs, score=score)
    told = json.loads(score.read_text())
    assert (told["losses"], told["fates"]) == (1, {"hits": 1, "of": 1})
    assert told["times"] == {"hits": 0, "of": 1}  # it ran again sooner than it ever can
    (miss,) = told["misses"]
    assert (miss["sid"], miss["came"], miss["because"]) == ("vm:1", "after 40-82", "early")
    back = document(**{"vm:1": "node1", "vm:2": "node2"})  # before it was fenced
    undone = [*jobs[:2], jobs[2] | {"capture": back}]
    worked_in_turn(*undone, score=tmp_path / "undone.json")
    assert not (tmp_path / "undone.json").exists()
    # of nodes that take quorum with them nobody is awaited: what runs on is not lost yet
    fell = document("node2", **{"vm:1": "node1"}), document("node2", **{"vm:1": "node1"})
    for late in fell:
        late["nodes"]["node3"].update(power="off", network="off", online=False)
    fell[1]["running"] = {}
    fell[1]["guests"]["vm:1"]["status"] = "stopped"
    both = [(0, 0, document(**{"vm:1": "node1"})), (58, 60, fell[0]), (62, 64, fell[0])]
    both = [*both, (490, 500, fell[1])]
    pairs = [job | {"pairs": True} for job in made(both)]
    worked_in_turn(*pairs, score=tmp_path / "both.json")
    assert json.loads((tmp_path / "both.json").read_text())["fates"] == {"hits": 1, "of": 1}
    rare = [job | {"at": job["at"] + 60} for job in jobs]  # a clock that runs faster than looks
    worked_in_turn(*rare, score=tmp_path / "rare.json")
    assert json.loads((tmp_path / "rare.json").read_text())["times"] == {"hits": 1, "of": 1}
    assert worked({"id": 1, "do": "score"}, score=score)[0]["answer"] == told


def test_a_capture_that_has_a_name_is_told_once_for_all_questions() -> None:
    told = {"do": "capture", "name": "first", "capture": document()}
    asked = {"do": "why", "capture": "first", "sid": "vm:1"}
    many = [told | {"name": str(name)} for name in range(20)]  # that push the first one out
    answers = worked(told, {"id": 1, **asked}, *many, {"id": 2, **asked, "capture": "19"})
    assert answers[0]["answer"] == answers[1]["answer"]
    assert answers[0]["answer"]["node"] == "node1"
