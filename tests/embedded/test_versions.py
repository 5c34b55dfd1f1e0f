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
