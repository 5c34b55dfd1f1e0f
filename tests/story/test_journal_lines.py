"""Events written as journal lines are read back as they were, and so are a real node's lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.journal import run_case
from virton.ha.events.base import KINDS
from virton.story.journal_lines import Told, read_line, text_of, told_kinds

SCENARIOS = sorted((Path(__file__).parents[1] / "simulation" / "scenarios").glob("*.json"))


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_the_events_of_a_scenario_come_back_from_their_lines(file: Path) -> None:
    assert run_case(json.loads(file.read_text("utf-8"))) is None


def test_every_kind_that_lines_tell_is_an_event_or_a_fact_of_a_node() -> None:
    facts = {kind for kind in told_kinds() if kind not in KINDS}
    assert {kind.partition(".")[0] for kind in facts} <= {"daemon", "lock", "task", "watchdog"}


REAL = [
    ("status change startup => wait_for_quorum", "daemon.state", {"from": "startup"}),
    ("successfully acquired lock 'ha_manager_lock'", "lock.acquired", {"lock": "ha_manager_lock"}),
    (
        "lost lock 'ha_agent_pve3_lock - cfs lock update failed - Permission denied",
        "lock.lost",
        {"lock": "ha_agent_pve3_lock", "because": "Permission denied"},
    ),
    ("lost lock 'ha_agent_pve3_lock - can't get cfs lock", "lock.lost", {}),
    (
        "service 'vm:104': state changed from 'started' to 'migrate'  (node = pve1, target = pve3)",
        "resource.state",
        {"sid": "vm:104", "from": "started", "to": "migrate", "node": "pve1", "target": "pve3"},
    ),
    (
        "crm command 'migrate vm:103 pve3' - migrate service 'ct:110' to node 'pve3' (service"
        " 'ct:110' in positive affinity with service 'vm:103')",
        "crm.command_follows",
        {"command": "migrate vm:103 pve3", "sid": "ct:110", "because": "vm:103"},
    ),
    (
        "recovery policy for service vm:107 failed, entering error state. Failed nodes: pve1, pve2",
        "resource.gave_up",
        {"failed_nodes": ("pve1", "pve2")},
    ),
    (
        "<root@pam> end task UPID:pve2:0000024F:00097112:6B0876C0:qmstart:107:root@pam: start"
        " failed: QEMU exited with code 1",
        "task.ended",
        {"user": "root@pam", "status": "start failed: QEMU exited with code 1"},
    ),
    (
        "start VM 101: UPID:pve2:000001E2:000904D6:6B0875AB:qmstart:101:root@pam:",
        "task.worker",
        {"vmid": 101},
    ),
    ("watchdog active", "watchdog.opened", {}),
    ("server stopped", "daemon.stopped", {}),
]


@pytest.mark.parametrize(("line", "kind", "fields"), REAL, ids=[row[0][:40] for row in REAL])
def test_a_line_of_a_real_node_is_understood(line: str, kind: str, fields: dict[str, Any]) -> None:
    told = read_line(line)
    assert told is not None
    assert told.kind == kind
    assert told.fields.items() >= fields.items()


def test_words_of_the_simulator_are_no_words_of_a_node() -> None:
    assert read_line("killed by poweroff") is None
    assert read_line("killed by poweroff", simulator=True) == Told("daemon.killed", {})
    assert text_of("lrm.move_started", {"sid": "vm:1", "how": "migrate", "target": "a"}) is None


def test_another_line_tells_nothing() -> None:
    assert read_line("Started session 4 of user root.") is None
