"""A cluster of any size lives as the ordinary one does, and costs little at rest."""

from pathlib import Path

import pytest

from tests.embedded.living import PASSWORD, STARTED_AT_S
from virton.embedded.demo import Demo, DemoError
from virton.embedded.endpoints.ha.files import RULES
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.embedded.store import FileStore
from virton.ha.rules.config import parse_rules
from virton.ha.states import ServiceState


def cluster_of(text: str, folder: Path | None = None, now_s: int = STARTED_AT_S) -> RunningCluster:
    store = None if folder is None else FileStore(folder / "cluster.sqlite")
    return RunningCluster(ClusterFiles(store=store), PASSWORD, now_s, demo=Demo.parse(text))


def states(cluster: RunningCluster) -> set[str]:
    status = cluster.cluster.files.read_json("ha/manager_status")
    return {row["state"] for row in status["service_status"].values()}


def test_it_has_as_many_nodes_resources_and_rules_as_were_asked_for_and_comes_to_rest() -> None:
    cluster = cluster_of("nodes=5,resources=60,rules=12")
    cluster.world.step(120)
    assert list(cluster.world.hosts) == ["node01", "node02", "node03", "node04", "node05"]
    rules = parse_rules(cluster.cluster.files.read(RULES))
    assert (len(rules.rules), rules.complaints) == (12, ())
    status = cluster.cluster.files.read_json("ha/manager_status")
    assert len(status["service_status"]) == 60
    assert states(cluster) == {ServiceState.STARTED}
    assert len(cluster.world.guests()) == 63


def test_it_goes_on_after_a_restart_and_is_not_taken_for_another(tmp_path: Path) -> None:
    cluster_of("nodes=4,resources=20", tmp_path).world.step(60)
    files = ClusterFiles(store=FileStore(tmp_path / "cluster.sqlite"))
    again = RunningCluster(files, None, STARTED_AT_S + 300)
    assert len(again.world.hosts) == 4
    again.world.step(60)
    assert states(again) == {ServiceState.STARTED}
    with pytest.raises(DemoError, match="another cluster"):
        cluster_of("nodes=5,resources=20", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "nodes=2,resources=1,votes=0",
        "nodes=2,resources=1,qdevice=2",
        "",
        "nodes=3",
        "nodes=3,resources=x",
        "nodes=0,resources=1",
        "nodes=99,resources=1",
        "a=1",
    ],
)
def test_a_size_of_which_no_cluster_can_be_made_is_refused(text: str) -> None:
    with pytest.raises(DemoError):
        Demo.parse(text)


def test_a_large_demo_cluster_comes_up_and_plays_at_sixty_times_its_speed(tmp_path: Path) -> None:
    cluster = cluster_of("nodes=16,resources=200,rules=20", tmp_path)
    cluster.world.step(120)
    assert states(cluster) == {ServiceState.STARTED}
    cluster.world.set_speed(60)
    began_s = cluster.world.now()
    cluster.world.elapse(0.25)
    assert cluster.world.now() == began_s + 15
    assert states(cluster) == {ServiceState.STARTED}
