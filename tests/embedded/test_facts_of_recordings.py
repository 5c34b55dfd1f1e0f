"""What recordings of a real cluster showed that nobody would expect: the embedded one does the same.

What one of them shows second by second is held against it in `test_like_the_tapes`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.living import Living
from virton.ha.events import Record
from virton.ha.events.daemon import DaemonState


@pytest.fixture
def living(tmp_path: Path) -> Living:
    cluster = Living(tmp_path)
    cluster.step(60)
    return cluster


@pytest.fixture
def told(living: Living) -> Iterator[list[Record]]:
    records: list[Record] = []
    living.running.world.listeners.append(records.append)
    yield records
    living.running.world.listeners.remove(records.append)


def words(living: Living, sid: str, act: Callable[[], object], seconds: int = 40) -> list[str]:
    """Return each word that the status says of a resource, from a deed on."""
    act()
    found: list[str] = []
    for _ in range(seconds):
        row = living.service(sid)
        word = "gone" if row is None else str(row["state"])
        if word not in found[-1:]:
            found.append(word)
        living.step(1)
    return found


def test_the_words_on_the_way_of_a_request(living: Living) -> None:
    path = "/cluster/ha/resources/vm:121"

    def asked(state: str) -> list[str]:
        return words(living, "vm:121", lambda: living.send("PUT", path, state=state))

    assert asked("stopped") == ["stopping", "request_stop", "stopped"]
    assert asked("started") == ["starting", "started"]
    assert asked("ignored") == ["ignored"]
    assert asked("started") == ["queued", "starting", "started"]
    assert words(living, "vm:121", lambda: living.send("DELETE", path)) == ["deleting", "gone"]


def test_a_rule_that_keeps_apart_moves_both_guests_where_one_move_would_do(living: Living) -> None:
    assert {living.state(sid)[1] for sid in ("vm:122", "vm:999")} == {"phum01"}
    rule = {"type": "resource-affinity", "affinity": "negative", "resources": "vm:122,vm:999"}
    living.send("POST", "/cluster/ha/rules", rule="apart", **rule)
    living.step(60)
    assert {living.state(sid)[1] for sid in ("vm:122", "vm:999")} == {"phum02", "phum03"}


def test_without_any_resource_slaves_wait_for_quorum_that_is_there(
    living: Living, told: list[Record]
) -> None:
    def changes() -> set[tuple[str, str]]:
        states = [record.event for record in told if isinstance(record.event, DaemonState)]
        told.clear()
        return {(event.from_, event.to) for event in states}

    for row in living.services():
        living.send("DELETE", f"/cluster/ha/resources/{row['sid']}")
    living.step(60)
    assert changes() == {("slave", "wait_for_quorum")}
    living.send("POST", "/cluster/ha/resources", sid="vm:122")
    living.step(20)
    assert ("wait_for_quorum", "slave") in changes()


def test_a_rule_is_refused_until_the_manager_has_seen_enough_nodes(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.running.cluster.files.write("ha/manager_status", '{"node_status": {"phum01": "online"}}')
    rule = {"type": "resource-affinity", "affinity": "negative", "resources": "vm:122,vm:999"}
    answer = living.client.post("/cluster/ha/rules", data={"rule": "apart", **rule})
    assert answer.status_code == 500
    assert "defines more resources than available nodes" in answer.json()["message"]


def test_a_reboot_shuts_guests_down_and_freezes_them_until_the_node_is_back(
    tmp_path: Path,
) -> None:
    living = Living(tmp_path)
    living.step(60)
    order = {"command": "reboot"}
    found = words(
        living, "vm:121", lambda: living.send("POST", "/nodes/phum01/status", **order), 200
    )
    assert found == ["started", "freeze", "starting", "started"]
