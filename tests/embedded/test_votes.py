"""What the simulated world counts as votes is what the API tells: of nodes and of a QDevice."""

import re
from pathlib import Path

import pytest

from tests.embedded.living import STARTED_AT_S, Living
from virton.embedded.demo import Demo

TWO = Demo.parse("nodes=2,resources=4,qdevice=1")


def test_a_qdevice_is_told_and_keeps_the_quorum_of_the_node_that_is_left(tmp_path: Path) -> None:
    living = Living(tmp_path, demo=TWO)
    device = living.get("/cluster/config/qdevice")
    assert (device["State"], device["Algorithm"]) == ("Connected", "Fifty-Fifty split")
    assert living.lab(action="power", node="node02", on=False)["qdevice"] is True
    living.step(30)
    assert living.get("/cluster/status")[0]["quorate"] == 1
    assert living.lab(action="qdevice", on=False)["qdevice"] is False
    assert living.get("/cluster/status")[0]["quorate"] == 0
    assert living.get("/cluster/config/qdevice")["State"] == "Connect failed"
    again = Living(tmp_path, STARTED_AT_S + 60)
    assert again.get("/cluster/config/qdevice")["State"] == "Connect failed"


def test_a_node_with_more_votes_is_told_and_is_the_majority(tmp_path: Path) -> None:
    living = Living(tmp_path, demo=Demo.parse("nodes=3,resources=3,votes=3"))
    votes = [row["quorum_votes"] for row in living.get("/cluster/config/nodes")]
    assert votes == ["3", "1", "1"]
    for node in ("node02", "node03"):
        living.lab(action="power", node=node, on=False)
    living.step(30)
    assert living.get("/cluster/status")[0]["quorate"] == 1


@pytest.mark.parametrize("text", ["nodes=2,resources=4,qdevice=1", "nodes=3,resources=3,votes=3"])
def test_a_demo_is_named_as_it_was_given(text: str) -> None:
    assert Demo.parse(str(Demo.parse(text))) == Demo.parse(text)


def test_the_uids_are_those_of_a_real_manager_in_form(tmp_path: Path) -> None:
    living = Living(tmp_path)
    status = living.get("/cluster/ha/status/manager_status")
    services = status["manager_status"]["service_status"]
    uids = [row["uid"] for row in services.values()]
    assert len(set(uids)) == len(uids) > 0
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{22}", uid) for uid in uids)
    told = {uid for lrm in status["lrm_status"].values() for uid in lrm["results"]}
    assert set(uids) & told
