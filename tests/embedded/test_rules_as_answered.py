"""Refused rules and blocked moves, as the real API answers them."""

from pathlib import Path
from typing import Any

import pytest

from tests.embedded.living import Living

PAIR = {"type": "resource-affinity", "rule": "pair", "resources": "vm:100,vm:121"}


def refused(living: Living, method: str, path: str, **params: Any) -> dict[str, Any]:
    """Send what is refused with status 500; return the body."""
    answer = living.client.request(method, path, data=params)
    assert answer.status_code == 500, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_rule_that_cannot_be_kept_is_refused_in_two_lines(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.send("POST", "/cluster/ha/rules", **PAIR, affinity="negative")
    bad = {**PAIR, "rule": "bad", "affinity": "positive"}
    body = refused(living, "POST", "/cluster/ha/rules", **bad)
    assert body == {
        "data": None,
        "message": "create ha rule failed: 400 Rule 'bad' is invalid.\nresources: rule shares two"
        " or more resources with a negative resource affinity rule\n",
    }


def test_a_change_that_cannot_be_kept_says_that_an_update_failed(tmp_path: Path) -> None:
    living = Living(tmp_path)
    living.send("POST", "/cluster/ha/rules", **PAIR, affinity="negative")
    path, change = "/cluster/ha/rules/pair", {"type": "resource-affinity", "resources": "vm:100"}
    body = refused(living, "PUT", path, **change)
    assert body["message"].startswith(
        "update HA rules failed: 400 Rule 'pair' is invalid.\nresources: rule is ineffective"
    )


WRONG = {"type": "resource-affinity", "rule": "r1", "resources": "vm:100", "affinity": "negative"}


def test_since_9_2_a_parameter_of_the_other_type_of_rule_is_a_bad_one(tmp_path: Path) -> None:
    living = Living(tmp_path, version="9.2.6")
    answer = living.client.post("/cluster/ha/rules", data={**WRONG, "nodes": "phum01"})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["nodes"]


def test_since_9_2_what_is_wrong_with_a_property_of_one_type_names_that_type(
    tmp_path: Path,
) -> None:
    living = Living(tmp_path, version="9.2.6")
    given = {"type": "node-affinity", "rule": "r1", "resources": "vm:100", "nodes": "-x-"}
    answer = living.client.post("/cluster/ha/rules", data=given)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["oneOf[node-affinity].nodes"]


HOME = {
    "type": "node-affinity",
    "rule": "home",
    "resources": "vm:100",
    "nodes": "phum02:1,phum03:2",
}
ITSELF = {"sid": "vm:100", "cause": "node-affinity"}


@pytest.mark.parametrize(
    ("version", "rule", "failback", "blocked"),
    [
        ("9.1.6", {"strict": 1}, 1, []),
        ("9.2.6", {"strict": 1}, 1, ["phum01", "phum02"]),
        ("9.2.6", {"strict": 1}, 0, ["phum01"]),
        ("9.2.6", {"strict": 0}, 0, []),
        ("9.2.6", {"strict": 0}, 1, ["phum01", "phum02"]),
    ],
)
def test_since_9_2_a_node_that_a_resource_would_leave_again_blocks_its_move(
    tmp_path: Path, version: str, rule: dict[str, int], failback: int, blocked: list[str]
) -> None:
    living = Living(tmp_path, version=version)
    living.send("POST", "/cluster/ha/rules", **HOME, **rule)
    living.send("PUT", "/cluster/ha/resources/vm:100", failback=failback)
    told = living.get("/nodes/phum03/qemu/100/migrate")["not_allowed_nodes"]
    assert told == {node: {"blocking-ha-resources": [ITSELF]} for node in blocked}
    for node in ("phum01", "phum02"):
        answer = living.send("POST", "/cluster/ha/resources/vm:100/migrate", node=node)
        assert answer.get("blocking-resources", []) == ([ITSELF] if node in blocked else [])
