"""A capture that is simulated goes on where the cluster stood, under whatever names."""

from pathlib import Path
from typing import Any

import pytest

from tests.proxmox.captured import REST, Json, decided, played, renamed, taken_from, unrest
from tests.proxmox.playback import TOKEN, Playback, healthy
from virton.embedded import RunningCluster, start
from virton.embedded.endpoints.ha.files import queue_command
from virton.proxmox import ClusterApi, ProxmoxClient
from virton.proxmox.past import as_it_stood

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"


@pytest.fixture
def embedded(tmp_path: Path) -> RunningCluster:
    return start(tmp_path, PASSWORD)


async def both(app: Any, token: str) -> tuple[Json, Json]:
    plain = await taken_from(app, token)
    return plain, await taken_from(app, token, anonymous=True)


async def as_root(cluster: RunningCluster, method: str, path: str, **params: Any) -> None:
    client = ProxmoxClient.in_process(cluster.app)
    ticket = await ClusterApi(client).log_in("root@pam", PASSWORD, 0)
    await client.call(method, path, ticket, params)
    await client.aclose()


@pytest.mark.parametrize("later_s", [0, 7, 60, 600])
async def test_a_cluster_at_rest_stays_at_rest(embedded: RunningCluster, later_s: int) -> None:
    embedded.world.step(later_s)
    capture = await taken_from(embedded.app, embedded.console_token)
    assert unrest(played(capture)) == []


async def test_a_node_in_maintenance_stays_in_maintenance(embedded: RunningCluster) -> None:
    queue_command(embedded.cluster, "enable-node-maintenance phum03")
    embedded.world.step(180)
    capture = await taken_from(embedded.app, embedded.console_token)
    assert capture["manager_status"]["node_status"]["phum03"] == "maintenance"
    assert capture["manager_status"]["service_status"]["vm:100"]["node"] != "phum03"
    assert unrest(played(capture)) == []
    back = played(capture, ["crm phum03 disable-node-maintenance"])
    returning = [event for event in back if event[2] == "resource.returning_from_maintenance"]
    assert {event[3]["sid"] for event in returning} == {"vm:100", "vm:124"}


@pytest.mark.parametrize("mode", ["freeze", "ignore"])
async def test_a_disarmed_cluster_stays_disarmed(embedded: RunningCluster, mode: str) -> None:
    queue_command(embedded.cluster, f"disarm-ha {mode}")
    embedded.world.step(120)
    capture = await taken_from(embedded.app, embedded.console_token)
    assert capture["manager_status"]["disarm"] == {"mode": mode, "state": "disarmed"}
    assert [event[2] for event in unrest(played(capture))] == []
    armed = {event[2] for event in played(capture, ["crm phum01 arm-ha"])}
    assert "arm.done" in armed
    assert not armed & {"lrm.start", "resource.move", "resource.move_live"}


async def test_resources_in_error_and_stopped_ones_stay_so(embedded: RunningCluster) -> None:
    await as_root(embedded, "PUT", "/cluster/ha/resources/vm:122", state="stopped")
    world = embedded.world
    world.fail_starts("vm:121", 1000)
    world.crash("vm:121")
    world.step(600)
    capture = await taken_from(embedded.app, embedded.console_token)
    services = capture["manager_status"]["service_status"]
    assert (services["vm:121"]["state"], services["vm:122"]["state"]) == ("error", "stopped")
    assert services["vm:121"]["failed_nodes"]
    kinds = {event[2] for event in unrest(played(capture))}
    assert kinds <= {"lrm.error_state"}


async def test_a_move_that_has_ended_is_not_done_again(embedded: RunningCluster) -> None:
    queue_command(embedded.cluster, "migrate vm:100 phum02")
    for _ in range(60):
        embedded.world.step(1)
        if embedded.world.guests()[100].node == "phum02":
            break
    capture = await taken_from(embedded.app, embedded.console_token)
    assert capture["resources"]["vm:100"]["node"] == "phum02"
    assert capture["manager_status"]["service_status"]["vm:100"]["state"] == "migrate"
    assert "vm:100" in capture["lrm_status"]["phum03"]["results"]
    told = unrest(played(capture))
    assert [(event[2], event[3]["to"]) for event in told] == [("resource.state", "started")]


@pytest.mark.parametrize("mode", ["basic", "static"])
async def test_an_anonymous_snapshot_tells_the_same_story_whichever_node_is_lost(
    embedded: RunningCluster, mode: str
) -> None:
    await as_root(embedded, "PUT", "/cluster/options", crs=f"ha={mode}")
    rules: tuple[dict[str, Any], ...] = (
        {"rule": "z-apart", "type": "resource-affinity", "affinity": "negative"}
        | {"resources": "vm:121,vm:122"},
        {
            "rule": "a-near",
            "type": "node-affinity",
            "resources": "vm:999",
            "nodes": "phum01:2,phum03",
        },
        {"rule": "m-both", "type": "resource-affinity", "affinity": "positive"}
        | {"resources": "vm:100,vm:124"},
    )
    for rule in rules:
        await as_root(embedded, "POST", "/cluster/ha/rules", **rule)
    embedded.world.step(120)
    plain, anonymous = await both(embedded.app, embedded.console_token)
    nodes = zip(("phum01", "phum02", "phum03"), sorted(anonymous["nodes"]), strict=True)
    for lost, cut in nodes:
        story = played(plain, [f"network {lost} off"], [f"network {lost} on"])
        told = played(anonymous, [f"network {cut} off"], [f"network {cut} on"])
        assert decided(renamed(story, plain, anonymous)) == decided(told), lost
        assert "resource.recovered" in {event[2] for event in told}, lost


def unordered_names() -> dict[str, Any]:
    """Return answers of a cluster whose names sort in ways that numbers do not."""
    nodes = ["zeta", "Alpha", "beta10", "beta9"]
    guests = {99: "zeta", 100: "zeta", 1000: "zeta", 9: "zeta", 20: "beta10", 200: "beta9"}
    answers = healthy()
    answers["/cluster/status"] = [{"type": "node", "name": node, "online": 1} for node in nodes]
    answers["/cluster/resources"] = [
        {"type": "node", "node": node, "status": "online", "maxcpu": 8, "maxmem": 1 << 36}
        for node in nodes
    ] + [
        {"id": f"qemu/{vmid}", "type": "qemu", "vmid": vmid, "node": node, "status": "running"}
        | {"maxcpu": 2, "maxmem": 1 << 30, "cpu": 0.5, "mem": 1 << 29}
        for vmid, node in guests.items()
    ]
    answers["/cluster/ha/resources"] = [{"sid": f"vm:{vmid}", "type": "vm"} for vmid in guests]
    answers["/cluster/ha/rules"] = []
    answers["/cluster/ha/status/manager_status"] = {
        "manager_status": {
            "master_node": "zeta",
            "node_status": dict.fromkeys(nodes, "online"),
            "service_status": {
                f"vm:{vmid}": {"state": "started", "node": node, "uid": f"{vmid}", "running": 1}
                for vmid, node in guests.items()
            },
        },
        "lrm_status": {node: {"state": "active", "mode": "active"} for node in nodes},
    }
    return answers


async def test_ties_are_broken_as_before_under_other_names() -> None:
    plain, anonymous = await both(Playback(unordered_names()), TOKEN)
    story = played(plain, ["network zeta off"])
    told = played(anonymous, [f"network {sorted(anonymous['nodes'])[-1]} off"])
    assert len({e[3]["to"] for e in told if e[2] == "resource.recovered"}) == 3
    assert decided(renamed(story, plain, anonymous)) == decided(told)


async def test_a_guest_that_is_not_under_ha_can_be_put_under_it(embedded: RunningCluster) -> None:
    capture = await taken_from(embedded.app, embedded.console_token)
    told = unrest(played(capture, ["service ct:200 add phum01 started 1"]))
    kinds = [event[2] for event in told]
    assert "resource.added" in kinds
    assert "lrm.start" not in kinds


async def test_a_cluster_without_quorum_is_simulated_without_quorum() -> None:
    answers = healthy()
    answers["/cluster/status"][2]["online"] = answers["/cluster/status"][3]["online"] = 0
    capture = await taken_from(Playback(answers), TOKEN)
    assert [name for name, node in capture["nodes"].items() if node["power"] == "on"] == ["phum01"]
    assert {event[2] for event in played(capture)} <= {
        "daemon.state",
        "daemon.killed",
        "node.watchdog_poweroff",
    } | REST


def test_at_a_past_moment_an_lrm_in_maintenance_held_its_lock_for_guests_alone() -> None:
    names = ("pve1", "pve2")
    lrm = {"state": "maintenance", "mode": "maintenance"}
    row = {"sid": "vm:100", "node": "pve2", "crm_state": "started", "guest": "running"}
    rows = {
        "nodes": [{"name": name, "online": True, "lrm": lrm} for name in names],
        "resources": [row],
        "rules": [],
    }
    now: Json = {"nodes": {name: {} for name in names}, "manager_status": {"timestamp": 100}}
    then = as_it_stood(now | {"guests": {}, "resources": {}, "running": {}}, rows)
    assert [lock for lock in then["seen"]["locks"] if "agent" in lock] == ["ha_agent_pve2_lock"]
