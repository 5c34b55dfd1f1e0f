"""The API over HTTP: bodies, paths, errors, and what the answers look like."""

import json

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.still_world import StillWorld
from tests.test_strict_json import HOSTILE
from virton.embedded.cluster import EmbeddedCluster


def test_a_form_and_a_json_body_mean_the_same(root: AppClient, cluster: EmbeddedCluster) -> None:
    path = "/cluster/ha/resources/vm:100"
    root.put(path, data={"failback": "0", "max_restart": "3"})
    by_form = cluster.files.read("ha/resources.cfg")
    root.put(path, data={"delete": "failback,max_restart"})
    root.put(path, json={"failback": False, "max_restart": 3})
    assert cluster.files.read("ha/resources.cfg") == by_form
    assert "\tfailback 0\n\tmax_restart 3\n" in by_form


def test_a_list_may_be_repeated_in_a_form_and_an_array_in_json(root: AppClient) -> None:
    first = {
        "rule": "one",
        "type": "node-affinity",
        "nodes": ["alfa:2", "bravo"],
        "resources": "vm:100",
    }
    assert root.post("/cluster/ha/rules", data=first).status_code == 200
    second = {**first, "rule": "two", "resources": ["ct:200"]}
    assert root.post("/cluster/ha/rules", json=second).status_code == 200
    rules = root.get("/cluster/ha/rules").json()["data"]
    assert {rule["nodes"] for rule in rules} == {"alfa:2,bravo"}


@pytest.mark.parametrize("sid", ["vm:100", "vm%3A100", "100"])
def test_an_id_may_be_percent_encoded(root: AppClient, sid: str) -> None:
    data = root.get(f"/cluster/ha/resources/{sid}").json()["data"]
    assert (data["sid"], data["state"]) == ("vm:100", "started")


def test_parameters_may_stand_in_the_query_of_a_write(root: AppClient) -> None:
    assert root.delete("/cluster/ha/resources/vm:100", params={"purge": 0}).status_code == 200


def test_what_keeps_caches_from_answering_is_no_parameter(root: AppClient) -> None:
    assert root.get("/cluster/ha/resources", params={"_dc": "1767225600"}).status_code == 200


def test_wrong_parameters_are_named(root: AppClient) -> None:
    answer = root.post("/cluster/ha/resources", data={"sid": "!", "colour": "red"})
    assert answer.status_code == 400
    assert answer.json()["data"] is None
    assert answer.json()["message"] == "Parameter verification failed.\n"
    assert answer.json()["errors"].keys() == {"sid", "colour"}


def test_the_path_and_the_body_must_agree(root: AppClient) -> None:
    path = "/cluster/ha/resources/vm:100"
    assert root.put(path, data={"sid": "vm:100", "state": "stopped"}).status_code == 200
    answer = root.put(path, data={"sid": "ct:200", "state": "stopped"})
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"sid"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/cluster/ha/resources/vm:1", "no such resource 'vm:1'"),
        ("/cluster/ha/rules/none", "no such ha rule 'none'"),
        ("/nodes/nowhere/status", "no such node"),
        ("/nodes/alfa/qemu/999/config", "does not exist"),
    ],
)
def test_what_is_not_there_is_named(root: AppClient, path: str, words: str) -> None:
    answer = root.get(path)
    assert answer.status_code == 500
    assert words in answer.json()["message"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b'"text"'),
        ("application/json", b"[" * 100_000),
        ("application/json", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"\xff=\xfe"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_bad_request(
    root: AppClient, content_type: str, body: bytes
) -> None:
    headers = {"content-type": content_type}
    answer = root.post("/cluster/ha/resources", content=body, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", ["/access/ticket", "/cluster/ha/resources", "https://small/lab"])
def test_no_body_makes_us_stumble(root: AppClient, path: str, body: str | bytes) -> None:
    answer = root.post(path, content=body, headers={"content-type": "application/json"})
    # Nothing at all is a call without parameters.
    assert answer.status_code == 400
    assert answer.json()["data"] is None


@pytest.mark.parametrize("name", ["username", "password", "realm"])
def test_half_a_pair_in_a_login_is_a_bad_request(outside: AppClient, name: str) -> None:
    login = {"username": "root", "password": "x", "realm": "pam", name: "\ud800"}
    headers = {"content-type": "application/json"}
    answer = outside.post("/access/ticket", content=json.dumps(login), headers=headers)
    assert answer.status_code == 400


def test_a_number_of_a_form_may_be_long_without_making_us_stumble(root: AppClient) -> None:
    for number in ("9" * 400, "9" * 5000):
        path = "/cluster/ha/resources/vm:100"
        assert root.put(path, data={"max_restart": number}).status_code == 400


def test_a_huge_body_is_refused(root: AppClient) -> None:
    answer = root.post("/cluster/ha/resources", content=b"a=" + b"x" * 600_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS", "BREW"])
def test_an_unknown_method_is_not_implemented(root: AppClient, method: str) -> None:
    assert root.request(method, "/version").status_code in (401, 501)


def test_doubled_slashes_do_not_count(root: AppClient) -> None:
    assert root.get("/cluster//ha/").json()["data"][0] == {"id": "status"}


def test_a_change_of_what_has_changed_meanwhile_is_refused(root: AppClient) -> None:
    path = "/cluster/ha/resources/vm:100"
    digest = root.get(path).json()["data"]["digest"]
    first = root.put(path, data={"state": "stopped", "digest": digest})
    second = root.put(path, data={"state": "started", "digest": digest})
    assert (first.status_code, second.status_code) == (200, 500)


def test_without_quorum_nothing_can_be_written(
    root: AppClient, world: StillWorld, cluster: EmbeddedCluster
) -> None:
    world.has_quorum = False
    before = cluster.files.read("ha/resources.cfg")
    assert root.put("/cluster/ha/resources/vm:100", data={"state": "stopped"}).status_code == 500
    assert root.post("/cluster/ha/status/arm-ha").status_code == 500
    assert root.get("/cluster/ha/status/current").json()["data"][0]["quorate"] == 0
    assert cluster.files.read("ha/resources.cfg") == before


def test_a_node_that_is_off_cannot_be_asked(root: AppClient) -> None:
    assert root.get("/nodes/charlie/status").status_code == 595
    assert root.get("/nodes/alfa/status").json()["data"]["cpuinfo"]["cpus"] == 8


def test_the_cluster_lists_its_nodes_and_guests_with_their_ha_state(root: AppClient) -> None:
    entries = {entry["id"]: entry for entry in root.get("/cluster/resources").json()["data"]}
    assert entries["node/alfa"]["hastate"] == "online"
    assert entries["node/charlie"]["status"] == "offline"
    assert entries["qemu/100"]["hastate"] == "started"
    assert "hastate" not in entries["qemu/101"]
    assert entries["qemu/102"]["status"] == "unknown"
    assert entries["lxc/200"]["hastate"] == "stopped"
    only = root.get("/cluster/resources", params={"type": "node"}).json()["data"]
    assert {entry["type"] for entry in only} == {"node"}


def test_the_settings_are_told_in_their_parts_and_kept_as_text(
    root: AppClient, cluster: EmbeddedCluster
) -> None:
    change = {"crs": "ha=static,ha-rebalance-on-start=1", "max_workers": 6}
    assert root.put("/cluster/options", data=change).status_code == 200
    settings = root.get("/cluster/options").json()["data"]
    assert settings["crs"] == {"ha": "static", "ha-rebalance-on-start": 1}
    assert settings["max_workers"] == 6
    assert "crs: ha=static,ha-rebalance-on-start=1\n" in cluster.files.read("datacenter.cfg")
    assert root.put("/cluster/options", data={"crs": "ha=best"}).json()["errors"].keys() == {"crs"}
    assert root.put("/cluster/options", data={"delete": "crs"}).status_code == 200
    assert "crs" not in root.get("/cluster/options").json()["data"]


@pytest.mark.parametrize(
    "path",
    [
        "/version",
        "/cluster",
        "/cluster/status",
        "/cluster/log",
        "/cluster/config/nodes",
        "/access",
        "/access/roles",
        "/access/acl",
        "/access/users",
        "/nodes",
        "/nodes/alfa",
        "/nodes/localhost/version",
        "/nodes/alfa/qemu",
        "/nodes/alfa/lxc",
        "/nodes/alfa/qemu/100",
        "/nodes/alfa/qemu/100/status",
        "/nodes/alfa/qemu/100/migrate",
        "/cluster/ha/status/manager_status",
    ],
)
def test_everything_that_lists_answers(root: AppClient, path: str) -> None:
    answer = root.get(path)
    assert answer.status_code == 200
    assert answer.json()["data"]


def test_a_status_file_that_is_broken_is_named(root: AppClient, cluster: EmbeddedCluster) -> None:
    cluster.files.write("nodes/bravo/lrm_status", "{broken")
    answer = root.get("/cluster/ha/status/current")
    assert answer.status_code == 500
    assert "nodes/bravo/lrm_status" in answer.json()["message"]


def test_a_group_is_shown_as_the_rule_that_it_will_become(
    root: AppClient, cluster: EmbeddedCluster
) -> None:
    cluster.files.write("ha/groups.cfg", "group: near\n\tnodes alfa:1\n\trestricted 1\n\n")
    cluster.files.write("ha/resources.cfg", "vm: 100\n\tgroup near\n\n")
    rule = root.get("/cluster/ha/rules").json()["data"][0]
    assert (rule["rule"], rule["nodes"], rule["strict"]) == ("ha-group-near", "alfa:1", 1)
    assert root.get("/cluster/ha/groups").json()["data"][0]["group"] == "near"
    assert root.get("/cluster/ha/resources").json()["data"][0]["group"] == "near"
