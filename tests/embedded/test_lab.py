"""The lab's switches, at their own path."""

from typing import Any

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Login
from virton.embedded.cluster import EmbeddedCluster

LAB = "https://small/lab"


def test_the_lab_tells_every_switch(root: AppClient) -> None:
    assert root.get(LAB).json() == {
        "offered": True,
        "maintenance": True,
        "speed": 1,
        "paused": False,
        "now": 1_767_225_600,
        "split": [],
        "qdevice": None,
        "nodes": [
            {"name": "alfa", "power": True, "network": True},
            {"name": "bravo", "power": True, "network": True},
        ],
        "guests": [{"sid": "vm:100", "fail_starts": 0, "running": True, "runs_on": ["alfa"]}],
    }


@pytest.mark.parametrize(
    ("action", "part", "expected"),
    [
        ({"action": "power", "node": "alfa", "on": False}, ("nodes", 0, "power"), False),
        ({"action": "network", "node": "bravo", "on": False}, ("nodes", 1, "network"), False),
        ({"action": "split", "groups": "bravo|alfa"}, ("split",), [["bravo"], ["alfa"]]),
        ({"action": "heal"}, ("split",), []),
        ({"action": "crash", "sid": "vm:100"}, ("guests", 0, "running"), False),
        ({"action": "fail_starts", "sid": "vm:100", "count": 3}, ("guests", 0, "fail_starts"), 3),
        ({"action": "speed", "speed": 60}, ("speed",), 60),
        ({"action": "pause"}, ("paused",), True),
        ({"action": "resume"}, ("paused",), False),
        ({"action": "step", "seconds": 10}, ("now",), 1_767_225_610),
    ],
)
def test_a_switch_is_thrown(
    root: AppClient, action: dict[str, Any], part: tuple[Any, ...], expected: Any
) -> None:
    answer = root.post(LAB, json=action)
    assert answer.status_code == 200
    found: Any = answer.json()
    for key in part:
        found = found[key]
    assert found == expected


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"action": "explode"}, "action"),
        ({"action": "qdevice", "on": False}, "action"),
        ({"action": "power", "on": True}, "node"),
        ({"action": "power", "node": "alfa"}, "on"),
        ({"action": "power", "node": "delta", "on": True}, "node"),
        ({"action": "split"}, "groups"),
        ({"action": "split", "groups": "alfa|delta"}, "groups"),
        ({"action": "split", "groups": "alfa|alfa"}, "groups"),
        ({"action": "crash", "sid": "vm:999"}, "sid"),
        ({"action": "speed", "speed": 2}, "speed"),
        ({"action": "step", "seconds": 0}, "seconds"),
        ({"action": "pause", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_order_names_its_field(root: AppClient, action: dict[str, Any], field: str) -> None:
    answer = root.post(LAB, json=action)
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {field}


def test_only_administrators_enter_the_lab(login: Login, outside: AppClient) -> None:
    assert outside.get(LAB).status_code == 401
    assert login("operator@pve").get(LAB).status_code == 403
    assert login("operator@pve").post(LAB, json={"action": "pause"}).status_code == 403


def test_the_lab_is_guarded_like_every_write(root: AppClient) -> None:
    del root.headers["CSRFPreventionToken"]
    assert root.post(LAB, json={"action": "pause"}).status_code == 401


def test_a_cluster_without_switches_says_so(cluster: EmbeddedCluster, root: AppClient) -> None:
    cluster.lab = None
    assert root.get(LAB).status_code == 501
