"""The journals, the tasks and the log of the embedded cluster hold what a real one's hold."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.conftest import Login
from tests.embedded.living import Living
from virton.ha.events import Record
from virton.story.journal_lines import line_of, read_line

LINE = re.compile(r"[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d (\S+) ([\w-]+)\[\d+\]: (.*)")
HA = ("pve-ha-crm", "pve-ha-lrm")


def lines(living: Living, node: str, **params: Any) -> list[tuple[str, str]]:
    """Return (tag, text) of a node's journal."""
    answer = living.client.get(f"/nodes/{node}/journal", params=params)
    assert answer.status_code == 200, answer.text
    parted = [LINE.fullmatch(line) for line in answer.json()["data"][1:-1]]
    assert all(match and match[1] == node for match in parted)
    return [(match[2], match[3]) for match in parted if match]


def told(living: Living, node: str) -> list[str]:
    """Return what the HA daemons of a node have told of the stack, the facts of a node apart."""
    found = [(text, read_line(text)) for tag, text in lines(living, node) if tag in HA]
    assert all(what for _, what in found), [text for text, what in found if what is None]
    return [text for text, what in found if what and what.event is not None]


def test_the_journals_tell_every_event_that_a_node_tells(tmp_path: Path) -> None:
    living = Living(tmp_path)
    records: list[Record] = []
    start = {node: len(told(living, node)) for node in ("phum01", "phum02")}
    living.running.world.listeners.append(records.append)
    living.lab(action="network", node="phum03", on=False)
    living.step(260)
    living.send("POST", "/cluster/ha/resources/vm:121/migrate", node="phum02")
    living.send("POST", "/cluster/ha/status/disarm-ha", **{"resource-mode": "freeze"})
    living.step(60)
    for node, before in start.items():
        written = [
            line.text
            for record in records
            if record.source.startswith(f"{node}/") and (line := line_of(record.event))
        ]
        assert told(living, node)[before:] == written
        assert written


def tasks(living: Living) -> Iterator[tuple[str, str, str]]:
    """Yield type, guest and status of the cluster's tasks, the oldest first."""
    for task in reversed(living.get("/cluster/tasks")):
        assert task["user"] == "root@pam"
        yield task["type"], task["id"], task.get("status", "running")


def test_the_ha_stack_leaves_tasks_of_what_it_does(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.send("POST", "/cluster/ha/resources/vm:121/migrate", node="phum02")
    living.wait(lambda: list(tasks(living)) != [])
    assert list(tasks(living)) == [("qmigrate", "121", "running")]
    assert "pid" in living.get("/cluster/tasks")[0]
    living.wait(lambda: living.state("vm:121") == ("started", "phum02"))
    living.send("POST", "/cluster/ha/resources/vm:121/relocate", node="phum03")
    living.wait(lambda: living.state("vm:121") == ("started", "phum03"))
    assert list(tasks(living)) == [
        ("qmigrate", "121", "OK"),
        ("qmshutdown", "121", "OK"),
        ("qmigrate", "121", "OK"),
        ("qmstart", "121", "OK"),
    ]
    assert "pid" not in living.get("/cluster/tasks")[0]


def test_a_container_is_stopped_to_be_moved(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.send("POST", "/cluster/ha/resources", sid="ct:200")
    living.wait(lambda: living.state("ct:200") == ("started", "phum01"))
    living.send("POST", "/cluster/ha/resources/ct:200/migrate", node="phum02")
    living.wait(lambda: living.state("ct:200") == ("started", "phum02"))
    assert [kind for kind, *_ in tasks(living)] == ["vzshutdown", "vzmigrate", "vzstart"]


def test_a_start_that_fails_is_a_failed_task_and_says_so_in_the_journal(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.lab(action="fail_starts", sid="vm:121", count=1)
    living.lab(action="crash", sid="vm:121")
    living.wait(lambda: len(living.get("/cluster/tasks")) == 2)
    living.step(20)
    failed = "start failed: QEMU exited with code 1"
    assert list(tasks(living)) == [("qmstart", "121", failed), ("qmstart", "121", "OK")]
    texts = [text for tag, text in lines(living, "phum01") if tag == "pve-ha-lrm"]
    assert "unable to start service vm:121" in texts
    assert "restart policy: retry number 1 for service 'vm:121'" in texts
    assert any(re.fullmatch(rf"<root@pam> end task UPID:\S+ {failed}", text) for text in texts)
    assert any(re.fullmatch(r"start VM 121: UPID:\S+", text) for text in texts)


def test_a_rule_that_is_dropped_is_told_with_its_reason(tmp_path: Path) -> None:
    living = Living(tmp_path)
    rule = "resource-affinity: alone\n\taffinity positive\n\tresources vm:121\n\n"
    living.running.cluster.files.write("ha/rules.cfg", rule)
    living.step(30)
    reason = "rule is ineffective as there are less than two resources"
    texts = [text for node in ("phum01", "phum02", "phum03") for _, text in lines(living, node)]
    assert f"Drop rule 'alone', because {reason}." in texts


def test_the_log_of_the_cluster_has_no_word_of_the_ha_stack(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.send("POST", "/cluster/ha/resources/vm:121/migrate", node="phum02")
    living.step(60)
    entries = living.get("/cluster/log")
    forms = r"successful auth for user '.*'|(starting|end) task UPID:.*|starting cluster log"
    assert all(re.fullmatch(forms, entry["msg"]) for entry in entries)
    assert {entry["tag"] for entry in entries} >= {"pve-ha-lrm", "pvedaemon"}
    assert all(isinstance(entry["uid"], str) for entry in entries)


def test_a_journal_is_read_on_from_a_cursor(tmp_path: Path) -> None:
    living = Living(tmp_path)
    first = living.get("/nodes/phum01/journal")
    assert len(first) > 5
    cursor = first[-1]
    assert living.get(f"/nodes/phum01/journal?startcursor={cursor.replace(';', '%3B')}") == [
        cursor,
        cursor,
    ]
    living.send("POST", "/cluster/ha/resources/vm:121/migrate", node="phum02")
    living.step(60)
    new = lines(living, "phum01", startcursor=cursor)
    assert new == lines(living, "phum01")[len(first) - 2 :]
    assert new
    assert lines(living, "phum01", lastentries=3) == new[-3:]
    assert lines(living, "phum01", endcursor=living.get("/nodes/phum01/journal")[-1], lastentries=2)


def test_a_journal_survives_a_restart_and_goes_on(tmp_path: Path) -> None:
    before = Living(tmp_path)
    known = before.get("/nodes/phum01/journal")
    after = Living(tmp_path)
    after.step(30)
    again = after.get("/nodes/phum01/journal")
    assert again[: len(known) - 1] == known[:-1]


def test_since_9_2_a_journal_is_told_in_records_and_by_service(tmp_path: Path) -> None:
    living = Living(tmp_path, version="9.2.11")
    path = "/nodes/phum01/journal?structured=1&service=pve-ha-*&identifiers=1&priority=6"
    host, names, cursor, *entries, end = living.get(path)
    assert host == {"ty": "host", "h": "phum01"}
    assert names == {"ty": "identifiers", "ids": ["cluster", *HA, "pvedaemon"]}
    assert (cursor["ty"], end["ty"]) == ("cursor", "cursor")
    assert {entry["id"] for entry in entries} == set(HA)
    assert all(entry["t"] > 1_000_000_000_000_000 and entry["p"] == 6 for entry in entries)
    older = Living(tmp_path, version="9.1.6").client.get(path)
    assert older.status_code == 400


@pytest.mark.parametrize("path", ["/nodes/alfa/journal", "/nodes/alfa/syslog"])
def test_an_auditor_does_not_see_a_journal(login: Login, path: str) -> None:
    assert login("audit@pve").get(path).status_code == 403
    assert login("root@pam").get(path).status_code == 200


def test_a_journal_is_bounded(tmp_path: Path) -> None:
    living = Living(tmp_path)
    journal = living.running.cluster.journal
    with living.running.cluster.files.batch():
        for number in range(3500):
            journal.write("phum02", "test", f"line {number}")
    kept = lines(living, "phum02")
    assert 2900 <= len(kept) <= 3100
    assert kept[-1][1] == "line 3499"


def test_the_old_form_of_the_log_reads_by_line(tmp_path: Path) -> None:
    living = Living(tmp_path)
    answer = living.client.get("/nodes/phum01/syslog", params={"service": "pve-ha-crm", "limit": 2})
    assert [entry["n"] for entry in answer.json()["data"]] == [1, 2]
    assert answer.json()["total"] > 2
