"""The embedded cluster speaks the version of Proxmox VE that was asked for."""

from pathlib import Path

import pytest

from tests.embedded.living import Living

SETTINGS = "ha=static,ha-auto-rebalance=1,ha-auto-rebalance-threshold=1"


@pytest.mark.parametrize(("version", "release"), [(None, "9.1"), ("9.2.6", "9.2")])
def test_it_tells_its_version(tmp_path: Path, version: str | None, release: str) -> None:
    living = Living(tmp_path, version=version)
    told = living.get("/version")
    assert told["release"] == release
    assert told["version"].startswith(f"{release}.")
    assert living.get("/nodes/phum02/version") == told


def test_it_keeps_its_version_until_another_one_is_asked_for(tmp_path: Path) -> None:
    for asked, spoken in ((None, "9.1.6"), ("9.2.6", "9.2.6"), (None, "9.2.6"), ("9.1.6", "9.1.6")):
        assert Living(tmp_path, version=asked).get("/version")["version"] == spoken


@pytest.mark.parametrize(("version", "moves"), [("9.1.6", False), ("9.2.6", True)])
def test_a_threshold_of_1_is_all_imbalance_before_9_2_and_a_hundredth_of_it_since(
    tmp_path: Path, version: str, moves: bool
) -> None:
    living = Living(tmp_path, version=version)
    living.send("PUT", "/cluster/options", crs=SETTINGS)
    living.step(120)
    on_the_empty_node = [row for row in living.services() if row["node"] == "phum02"]
    assert bool(on_the_empty_node) is moves


def test_before_9_2_a_resource_cannot_be_kept_out_of_balance(tmp_path: Path) -> None:
    living = Living(tmp_path)
    refused = living.client.put("/cluster/ha/resources/vm:100", data={"auto-rebalance": 0})
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == ["auto-rebalance"]
    assert "auto-rebalance" not in (living.service("vm:100") or {})


def test_since_9_2_a_resource_may_be_kept_out_of_balance(tmp_path: Path) -> None:
    living = Living(tmp_path, version="9.2.6")
    for vmid in (100, 121, 122, 124, 999):
        living.send("PUT", f"/cluster/ha/resources/vm:{vmid}", **{"auto-rebalance": 0})
    assert living.get("/cluster/ha/resources/vm:100")["auto-rebalance"] == 0
    assert (living.service("vm:100") or {})["auto-rebalance"] == 0
    living.send("PUT", "/cluster/options", crs=SETTINGS)
    living.step(120)
    assert [row for row in living.services() if row["node"] == "phum02"] == []
    living.send("PUT", "/cluster/ha/resources/vm:100", delete="auto-rebalance")
    assert "auto-rebalance" not in living.get("/cluster/ha/resources/vm:100")
    assert (living.service("vm:100") or {})["auto-rebalance"] == 1


AVOID = {"type": "node-affinity", "rule": "away", "resources": "vm:100", "nodes": "phum03"}


def test_before_9_2_a_node_rule_cannot_avoid_nodes(tmp_path: Path) -> None:
    answer = Living(tmp_path).client.post(
        "/cluster/ha/rules", data={**AVOID, "affinity": "negative"}
    )
    assert answer.status_code == 500


def test_since_9_2_a_node_rule_may_avoid_nodes(tmp_path: Path) -> None:
    living = Living(tmp_path, version="9.2.6")
    living.send("POST", "/cluster/ha/rules", **AVOID, affinity="negative")
    assert living.get("/cluster/ha/rules/away")["affinity"] == "negative"
    living.wait(lambda: living.state("vm:100")[1] != "phum03")


def test_a_rule_of_9_2_is_another_one_to_9_1(tmp_path: Path) -> None:
    Living(tmp_path, version="9.2.6").send(
        "POST", "/cluster/ha/rules", **AVOID, affinity="negative"
    )
    older = Living(tmp_path, version="9.1.6")
    assert "affinity" not in older.get("/cluster/ha/rules/away")
