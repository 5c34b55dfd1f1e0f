"""The machine's clock is set while nobody runs: the cluster's time follows it, and says so."""

import json
from pathlib import Path

import pytest

from tests.embedded.living import STARTED_AT_S, Living
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.store import FileStore

TEN_YEARS_S = 10 * 365 * 86_400
NODES = ("phum01", "phum02", "phum03")


def test_one_start_ten_years_ahead_leaves_nothing_of_it_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Living(tmp_path).step(60)
    ahead = Living(tmp_path, STARTED_AT_S + TEN_YEARS_S)
    assert ahead.running.world.now() >= STARTED_AT_S + TEN_YEARS_S
    ahead.step(60)
    before = {vmid: ahead.runs_on(vmid) for vmid in (100, 121, 122, 124, 999)}
    back = Living(tmp_path, STARTED_AT_S + 3600)
    assert STARTED_AT_S + 3600 <= back.running.world.now() < STARTED_AT_S + 3600 + 600
    assert "behind what it was when the cluster last ran" in caplog.text
    back.step(300)
    assert [back.node_state(node) for node in NODES] == ["online"] * 3
    assert {vmid: back.runs_on(vmid) for vmid in before} == before
    assert all(len(nodes) == 1 for nodes in before.values())


def test_a_folder_of_an_older_version_that_was_ten_years_ahead_comes_back(tmp_path: Path) -> None:
    Living(tmp_path)
    files = ClusterFiles(store=FileStore(tmp_path / "cluster.sqlite"))
    for path in files.paths("virton/world"):
        files.remove(path)
    hosts = {n: {"power": True, "network": True, "running": []} for n in NODES}
    former = {"hosts": hosts, "locks": {}, "now": STARTED_AT_S + TEN_YEARS_S}
    files.write("virton/world", json.dumps(former))
    assert Living(tmp_path, STARTED_AT_S).running.world.now() < STARTED_AT_S + 600
