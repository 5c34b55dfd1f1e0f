"""A captured cluster at rest stays at rest, however many nodes it has, and goes on where it stood."""

from typing import Any

import pytest

from virton.ha.events import Record
from virton.proxmox.capture import capture_of_answers
from virton.simulation.scenario import run_scenario, scenario_from

NOW = 1_800_000_000


def answers(nodes: int, *, master: int = 0, silent: frozenset[int] = frozenset()) -> dict[str, Any]:
    """Return the answers of a cluster at rest with a guest on every second node."""
    names = [f"n{number:02}" for number in range(1, nodes + 1)]
    guests = {f"vm:{100 + at}": name for at, name in enumerate(names) if at % 2 == 0}
    busy = set(guests.values())
    lrms = {
        name: {
            "state": "active" if name in busy else "wait_for_agent_lock",
            "mode": "active",
            "timestamp": NOW - (4000 if at in silent else at % 10 if name in busy else at % 5),
            "results": {},
        }
        for at, name in enumerate(names)
    }
    return {
        "/version": {"version": "9.1.5"},
        "/cluster/status": [
            {"type": "cluster", "name": "calm", "quorate": 1},
            *({"type": "node", "name": name, "online": 1} for name in names),
        ],
        "/cluster/resources": [
            *(
                {"type": "node", "node": name, "status": "online", "maxcpu": 8, "maxmem": 1 << 36}
                for name in names
            ),
            *(
                {"type": "qemu", "vmid": int(sid[3:]), "node": node, "status": "running"}
                | {"maxcpu": 1, "maxmem": 1 << 30}
                for sid, node in guests.items()
            ),
        ],
        "/cluster/ha/resources": [{"sid": sid, "type": "vm", "state": "started"} for sid in guests],
        "/cluster/ha/rules": [],
        "/cluster/ha/status/manager_status": {
            "manager_status": {
                "master_node": names[master],
                "timestamp": NOW - 3,
                "node_status": dict.fromkeys(names, "online"),
                "service_status": {
                    sid: {"state": "started", "node": node, "uid": sid, "running": 1}
                    for sid, node in guests.items()
                },
            },
            "lrm_status": lrms,
        },
        "/cluster/config/nodes": [{"node": name, "quorum_votes": "1"} for name in names],
    }


def played(told: dict[str, Any], *batches: list[str], until_s: int | None = None) -> list[Record]:
    records: list[Record] = []
    document = capture_of_answers(told) | {"commands": list(batches)}
    run_scenario(scenario_from(document, "calm"), records.append, until_s)
    return records


@pytest.mark.parametrize("nodes", [3, 16, 31, 32, 48])
def test_a_cluster_at_rest_stays_at_rest(nodes: int) -> None:
    assert played(answers(nodes, master=nodes // 2), until_s=1800) == []


def test_the_master_stays_the_master() -> None:
    told = played(answers(5, master=3), ["network n05 off"])
    assert {record.source for record in told if record.event.kind == "node.state"} == {"n04/crm"}
    taken = [
        record.event.fields()["lock"] for record in told if record.event.kind == "lock.acquired"
    ]
    assert "ha_manager_lock" not in taken


def test_rounds_come_when_the_last_ones_said_so() -> None:
    told = played(answers(5, master=3), ["network n05 off"])
    seen = next(record for record in told if record.event.kind == "node.state")
    # The master wrote 3 s before the capture, so its rounds come at 7, 17 and 27 s: the last one has
    # to wait until those who are left agree, 10.9 s after the cut, and the next one sees it.
    assert seen.time_s == 41


def test_a_node_whose_lrm_is_silent_starts_nothing() -> None:
    told = played(answers(4, silent=frozenset({1, 3})), ["network n01 off"])
    assert not [r for r in told if r.source in ("n02/lrm", "n04/lrm")]
