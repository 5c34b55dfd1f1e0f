"""The texts of `/cluster/ha/status/current`, as recorded from the real handlers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.proxmox.playback import FENCING, MASTER, QUORUM, lrm, service
from virton.proxmox.status import parse_status

RECORDED = Path("/work/shared/api/cases")


@pytest.mark.parametrize(
    ("told", "display"),
    [
        ("active", "active"),
        ("idle", "idle"),
        ("wait_for_agent_lock", "waiting"),
        ("lost_agent_lock", "lost"),
        ("maintenance mode", "maintenance"),
        ("disarm mode", "disarm"),
        ("restart mode", "restart"),
        ("shutdown mode", "shutdown"),
        ("reboot mode", "shutdown"),
        ("old timestamp - dead?", "dead"),
        ("detected time drift!", "time_drift"),
        ("unable to read lrm status", "unreadable"),
        ("error", "error"),
        ("something of tomorrow", "unknown"),
    ],
)
def test_a_local_resource_manager_is_shown_by_what_its_text_says(told: str, display: str) -> None:
    row = parse_status([lrm("n1", told)]).lrms["n1"]
    assert (row.display, row.raw) == (display, told)


@pytest.mark.parametrize("watchdog", ["active", "standby", "released", None])
def test_the_watchdog_is_read_where_the_version_tells_it(watchdog: str | None) -> None:
    assert parse_status([lrm("n1", "active", watchdog)]).lrms["n1"].watchdog == watchdog


@pytest.mark.parametrize(
    ("inside", "state"),
    [
        ("active", "active"),
        ("idle", "idle"),
        ("old timestamp - dead?", "dead"),
        ("detected time drift!", "time_drift"),
    ],
)
@pytest.mark.parametrize(
    "after", ["", " - disarming, resource mode: freeze", " - dynamic load CRS"]
)
def test_the_masters_state_is_the_first_word_between_the_parentheses(
    inside: str, state: str, after: str
) -> None:
    row = MASTER | {"status": f"phum01 ({inside}, Wed Dec 31 23:59:58 2025){after}"}
    master = parse_status([row]).master
    assert master is not None
    assert (master.node, master.state) == ("phum01", state)


@pytest.mark.parametrize(("quorate", "ok"), [(1, True), ("1", True), (0, False), ("", False)])
def test_quorum_is_a_boolean_in_any_spelling(quorate: Any, ok: bool) -> None:
    quorum = parse_status([QUORUM | {"quorate": quorate}]).quorum
    assert quorum is not None
    assert quorum.ok is ok


def test_the_stack_may_be_disarmed_in_a_mode() -> None:
    row = FENCING | {"armed-state": "disarmed", "resource_mode": "ignore"}
    fencing = parse_status([row]).fencing
    assert fencing is not None
    assert (fencing.armed_state, fencing.resource_mode) == ("disarmed", "ignore")


def test_a_service_without_a_node_has_none_and_unknown_fields_are_kept() -> None:
    row = parse_status([service("vm:1", "---", tomorrow=[1])]).services["vm:1"]
    assert row.node is None
    assert row.extra == {"tomorrow": [1]}


def test_rows_of_unknown_type_are_kept() -> None:
    assert parse_status([{"id": "oracle", "type": "oracle"}]).extra[0]["id"] == "oracle"


@pytest.mark.parametrize("answer", [{}, "text", None, [3]])
def test_an_answer_of_another_shape_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError):
        parse_status(answer)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not on this machine")
def test_every_recorded_status_is_understood() -> None:
    seen = 0
    for path in sorted(RECORDED.glob("status-*.json")):
        case = json.loads(path.read_text())
        if case["request"]["path"].endswith("/current") and case["expect"]["status"] == 200:
            status = parse_status(case["expect"]["data"])
            assert "unknown" not in {row.display for row in status.lrms.values()}
            assert status.extra == ()
            seen += 1
    assert seen > 10
