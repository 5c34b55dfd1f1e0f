"""What a capture holds, and what it does not, for every kind of cluster."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.proxmox import playback
from tests.proxmox.captured import played, taken, taken_from, unrest
from tests.proxmox.playback import NOW, ROOT, TOKEN, Playback, Refusal
from tests.served import served
from virton.embedded import RunningCluster, start
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient
from virton.proxmox.capture import take_capture
from virton.proxmox.errors import ErrorCode

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"


@pytest.fixture
def embedded(tmp_path: Path) -> RunningCluster:
    return start(tmp_path, PASSWORD)


def healthy() -> dict[str, Any]:
    """Return the answers of a small cluster in good health, its options among them."""
    return playback.healthy() | {"/cluster/options": {"keyboard": "ko"}}


def cluster(**answers: Any) -> Playback:
    """Return that cluster with some answers exchanged."""
    paths = {
        "options": "/cluster/options",
        "rules": "/cluster/ha/rules",
        "groups": "/cluster/ha/groups",
        "resources": "/cluster/ha/resources",
        "manager": "/cluster/ha/status/manager_status",
        "version": "/version",
    }
    return Playback(healthy() | {paths[name]: answer for name, answer in answers.items()})


async def read_at(address: str, token: str) -> bytes:
    return await taken(ProxmoxClient([address]), token)


async def test_the_same_state_gives_the_same_bytes_in_process_and_over_http(
    embedded: RunningCluster,
) -> None:
    token = embedded.console_token
    inside = await taken(ProxmoxClient.in_process(embedded.app), token)
    with served(embedded.app) as address:
        outside = await read_at(address, token)
    assert inside == outside
    assert inside.endswith(b"}\n")


async def test_who_asks_makes_no_difference(embedded: RunningCluster) -> None:
    by_token = await taken(ProxmoxClient.in_process(embedded.app), embedded.console_token)
    client = ProxmoxClient.in_process(embedded.app)
    ticket = await ClusterApi(client).log_in(ROOT, PASSWORD, NOW)
    by_user = await take_capture(ClusterApi(client, ticket))
    await client.aclose()
    assert by_user == by_token


async def test_of_a_cluster_at_rest_only_the_time_is_another_later(
    embedded: RunningCluster,
) -> None:
    embedded.world.step(60)
    before = await taken_from(embedded.app, embedded.console_token)
    embedded.world.step(60)
    after = await taken_from(embedded.app, embedded.console_token)
    assert after["about"]["taken_at"] == before["about"]["taken_at"] + 60
    assert earlier(after, 60) == before


def earlier(told: Any, by_s: int) -> Any:
    """Return a capture with all its times set back."""
    if isinstance(told, dict):
        times = ("timestamp", "taken_at")
        return {k: v - by_s if k in times else earlier(v, by_s) for k, v in told.items()}
    return told


async def test_no_secret_is_in_it(embedded: RunningCluster) -> None:
    client = ProxmoxClient.in_process(embedded.app)
    ticket = await ClusterApi(client).log_in(ROOT, PASSWORD, NOW)
    text = (await take_capture(ClusterApi(client, ticket))).decode()
    await client.aclose()
    for secret in (PASSWORD, ticket.ticket, ticket.csrf, embedded.console_token.partition("=")[2]):
        assert secret not in text


async def test_a_resource_is_captured_with_its_guest_and_its_defaults() -> None:
    capture = await taken_from(cluster(), TOKEN)
    assert capture["resources"] == {
        "vm:100": {
            "node": "phum03",
            "state": "started",
            "max_restart": 1,
            "max_relocate": 1,
            "failback": True,
            "auto-rebalance": True,
        },
        "vm:121": {
            "node": "phum01",
            "state": "started",
            "max_restart": 1,
            "max_relocate": 1,
            "failback": False,
            "auto-rebalance": True,
            "comment": "the ct",
        },
    }
    assert capture["guests"]["ct:200"] == {"name": "dns", "node": "phum02", "status": "running"}
    assert capture["running"]["phum02"] == {"ct:200": 1}


async def test_a_rule_is_captured_with_its_nodes() -> None:
    capture = await taken_from(cluster(), TOKEN)
    assert capture["rules"] == [
        {
            "id": "pin",
            "type": "node-affinity",
            "resources": ["vm:100", "vm:121"],
            "nodes": {"phum01": 0, "phum02": 2},
            "strict": True,
            "disable": False,
        }
    ]


async def test_the_time_is_that_of_the_clusters_last_sign_of_life() -> None:
    assert (await taken_from(cluster(), TOKEN))["about"]["taken_at"] == NOW - 2


async def test_a_cluster_without_rules_is_captured_with_its_groups() -> None:
    group = {"group": "near", "nodes": "phum02:2,phum01", "restricted": 1, "type": "group"}
    resource = {"sid": "vm:100", "type": "vm", "state": "enabled", "group": "near"}
    old = cluster(
        version={"version": "8.4.1", "release": "8.4"},
        rules=Refusal(501, "Method 'GET /cluster/ha/rules' not implemented"),
        groups=[group],
        resources=[resource],
    )
    capture = await taken_from(old, TOKEN)
    assert capture["about"]["rules_supported"] is False
    assert capture["rules"] == []
    assert capture["groups"] == [
        {
            "id": "near",
            "nodes": {"phum01": 0, "phum02": 2},
            "restricted": True,
            "nofailback": False,
        }
    ]
    assert capture["resources"]["vm:100"]["group"] == "near"
    assert capture["resources"]["vm:100"]["state"] == "started"
    assert {node["pve_version"] for node in capture["nodes"].values()} == {"8.4.1"}
    moves = [event for event in played(capture) if event[2] == "resource.move_live"]
    assert [event[3]["target"] for event in moves] == ["phum02"]


async def test_rules_that_only_show_what_groups_will_become_are_left_to_the_groups() -> None:
    shown = {
        "rule": "ha-group-near",
        "type": "node-affinity",
        "resources": "vm:100",
        "nodes": "phum02",
        "order": 1,
    }
    groups = [{"group": "near", "nodes": "phum02", "type": "group"}]
    capture = await taken_from(cluster(rules=[shown], groups=groups), TOKEN)
    assert capture["rules"] == []
    assert [group["id"] for group in capture["groups"]] == ["near"]


async def test_groups_that_cannot_be_read_are_remarked_and_those_that_became_rules_are_not() -> (
    None
):
    assert (await taken_from(cluster(), TOKEN))["about"]["remarks"] == []
    capture = await taken_from(cluster(groups=Refusal(500, "unable to parse groups.cfg")), TOKEN)
    assert capture["about"]["remarks"] == [{"remark": "groups_unreadable"}]


@pytest.mark.parametrize("answer", [{"manager_status": {}}, {"manager_status": None}, {}])
async def test_a_cluster_whose_manager_never_wrote_is_captured_as_it_is(answer: Any) -> None:
    capture = await taken_from(cluster(manager=answer, rules=[]), TOKEN)
    assert capture["manager_status"] == {}
    assert capture["seen"]["locks"] == {}
    kinds = {event[2] for event in unrest(played(capture))}
    assert "resource.added" in kinds
    assert "lrm.start" not in kinds


@pytest.mark.parametrize(
    ("version", "crs", "threshold"),
    [
        (
            "9.1.6",
            {"ha": "dynamic", "ha-auto-rebalance": 1, "ha-auto-rebalance-threshold": 0.4},
            0.4,
        ),
        (
            "9.2.1",
            {"ha": "dynamic", "ha-auto-rebalance": 1, "ha-auto-rebalance-threshold": 40},
            0.4,
        ),
        ("9.2.1", "ha=dynamic,ha-auto-rebalance=1,ha-auto-rebalance-threshold=1", 0.01),
    ],
)
async def test_thresholds_are_fractions_whatever_the_clusters_dialect(
    version: str, crs: Any, threshold: float
) -> None:
    options = {"crs": crs, "ha": {"shutdown_policy": "migrate"}, "keyboard": "ko"}
    capture = await taken_from(cluster(version={"version": version}, options=options), TOKEN)
    assert capture["datacenter"]["ha"] == {"shutdown_policy": "migrate"}
    assert capture["datacenter"]["crs"]["ha"] == "dynamic"
    assert capture["datacenter"]["crs"]["ha-auto-rebalance"] == 1
    assert capture["datacenter"]["crs"]["ha-auto-rebalance-threshold"] == threshold


async def test_settings_of_versions_to_come_do_no_harm() -> None:
    options = {
        "crs": {"ha": "static", "ha-tomorrow": 3},
        "ha": {"shutdown_policy": "freeze", "x": 1},
    }
    settings = (await taken_from(cluster(options=options), TOKEN))["datacenter"]
    assert (settings["crs"]["ha"], settings["ha"]["shutdown_policy"]) == ("static", "freeze")
    capture = await taken_from(cluster(options={"crs": {"ha": "tomorrow"}}), TOKEN)
    assert capture["datacenter"]["crs"]["ha"] == "basic"
    assert capture["about"]["remarks"] == [{"remark": "option_unknown_crs"}]


async def test_rules_of_versions_to_come_are_left_out_and_named() -> None:
    rules = [
        {"rule": "avoid", "type": "node-affinity", "resources": "vm:100", "nodes": "phum01"}
        | {"affinity": "negative"},
        {"rule": "dream", "type": "dream-affinity", "resources": "vm:100"},
    ]
    capture = await taken_from(cluster(rules=rules), TOKEN)
    assert [(rule["id"], rule["affinity"]) for rule in capture["rules"]] == [("avoid", "negative")]
    assert capture["about"]["remarks"] == [
        {"remark": "rule_type_unknown", "rule": "dream", "type": "dream-affinity"}
    ]
    story = played(capture, ["network phum03 off"])
    [recovered] = [e[3] for e in story if e[2] == "resource.recovered" and e[3]["sid"] == "vm:100"]
    assert recovered["to"] == "phum02"


async def test_a_rule_that_says_anything_of_being_disabled_is_disabled() -> None:
    rule = {"rule": "pin", "type": "node-affinity", "resources": "vm:100", "nodes": "phum02"}
    capture = await taken_from(cluster(rules=[rule | {"disable": 0}]), TOKEN)
    assert capture["rules"][0]["disable"] is True


async def test_a_resource_without_a_guest_is_told_of_and_can_be_simulated() -> None:
    resources = [{"sid": "vm:100", "type": "vm"}, {"sid": "vm:555", "type": "vm"}]
    auditor = cluster(resources=resources)
    auditor.privileges[auditor.tokens[TOKEN]] = {"/": {"Sys.Audit": 1, "VM.Audit": 1}}
    capture = await taken_from(auditor, TOKEN, anonymous=True)
    assert capture["resources"]["vm:103"]["node"] is None
    assert {"remark": "no_guest", "sid": "vm:103"} in capture["about"]["remarks"]
    assert played(capture)


async def test_guests_that_may_not_be_seen_are_not_taken_for_missing() -> None:
    blind = cluster(resources=[{"sid": "vm:555", "type": "vm"}])
    blind.privileges[blind.tokens[TOKEN]] = {"/": {"Sys.Audit": 1}}
    with pytest.raises(ApiFailure) as caught:
        await taken_from(blind, TOKEN)
    assert caught.value.error.code is ErrorCode.FORBIDDEN
    assert "Permission check failed (/vms/555, VM.Audit)" in str(caught.value)


async def test_a_node_that_is_away_stays_off() -> None:
    answers = healthy()
    answers["/cluster/status"][-1] = {"type": "node", "name": "phum03", "online": 0}
    answers["/cluster/resources"][2] = {"type": "node", "node": "phum03", "status": "offline"}
    answers["/cluster/resources"][3]["status"] = "unknown"
    capture = await taken_from(Playback(answers), TOKEN)
    assert capture["commands"] == []
    assert {name: node["power"] for name, node in capture["nodes"].items()} == {
        "phum01": "on",
        "phum02": "on",
        "phum03": "off",
    }
    assert capture["nodes"]["phum03"]["online"] is False
    assert "phum03" not in capture["running"]
    remark = {"remark": "node_size_unknown", "node": "phum03"}
    assert remark in capture["about"]["remarks"]


async def test_a_cluster_that_changes_meanwhile_is_read_again() -> None:
    changing = cluster()
    services = changing.answers["/cluster/ha/status/manager_status"]["manager_status"]

    async def change_once(path: str) -> None:
        if path == "/cluster/status" and changing.paths().count(path) == 1:
            services["service_status"]["vm:121"] = {"state": "started", "node": "phum02"}
            changing.answers["/cluster/resources"][4]["node"] = "phum02"
            moved = changing.answers.pop("/nodes/phum01/qemu/121/config")
            changing.answers["/nodes/phum02/qemu/121/config"] = moved

    changing.fault = change_once
    capture = await taken_from(changing, TOKEN)
    assert capture["manager_status"]["service_status"]["vm:121"]["node"] == "phum02"
    assert capture["resources"]["vm:121"]["node"] == "phum02"
    assert capture["about"]["remarks"] == []


async def test_a_cluster_that_never_stands_still_is_captured_with_a_remark() -> None:
    restless = cluster()
    status = restless.answers["/cluster/ha/status/manager_status"]["manager_status"]

    async def change(path: str) -> None:
        if path == "/cluster/status":
            status["node_status"]["phum03"] = f"state {len(restless.asked)}"

    restless.fault = change
    remarks = (await taken_from(restless, TOKEN))["about"]["remarks"]
    assert remarks == [{"remark": "kept_changing"}]


async def test_no_name_and_no_free_text_is_in_an_anonymous_one() -> None:
    answers = healthy()
    answers["/cluster/ha/rules"][0]["comment"] = "for the boss"
    manager = answers["/cluster/ha/status/manager_status"]["manager_status"]
    manager["service_status"]["vm:100"] |= {
        "uid": "phum03.9",
        "failed_nodes": ["phum01"],
        "cmd": ["migrate", "phum02"],
        "maintenance_node": "phum01",
    }
    manager["node_request"] = {"phum02": {"maintenance": 1}}
    capture = await taken_from(Playback(answers), TOKEN, anonymous=True)
    text = json.dumps(capture)
    for name in ("phum", "LOTCES", "dns", "the ct", "boss", "pin", "lab", "121", "vm:200"):
        assert name not in text
    assert capture["manager_status"]["service_status"]["vm:101"] == {
        "cmd": ["migrate", "node2"],
        "failed_nodes": ["node1"],
        "maintenance_node": "node1",
        "node": "node3",
        "running": 1,
        "state": "started",
        "uid": "vm:101",
    }
    assert capture["manager_status"]["node_request"] == {"node2": {"maintenance": 1}}


async def test_half_a_surrogate_pair_in_a_comment_is_kept() -> None:
    odd = cluster(resources=[{"sid": "vm:100", "type": "vm", "comment": "\ud83d 한국어"}])
    data = await taken(ProxmoxClient.in_process(odd), TOKEN)
    assert "한국어" in data.decode()
    assert json.loads(data)["resources"]["vm:100"]["comment"] == "\ud83d 한국어"
