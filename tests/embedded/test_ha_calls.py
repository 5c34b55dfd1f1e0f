"""Calls below `/cluster/ha` at their edges: odd values, odd files and odd states."""

import json
from typing import Any

import pytest

from tests.conformance.api import run_case
from tests.embedded.still_world import FILES, NOW, make_cluster
from virton.embedded.access.access import Caller
from virton.embedded.access.names import ROOT
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Answer, Request, dispatch
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.pmxcfs import ClusterFiles
from virton.ha.config.sections import digest_of

HA = "/cluster/ha"
LACKS_NODES = "node-affinity: lame\n\tresources vm:100\n\n"
PAIR = "resource-affinity: pair\n\taffinity positive\n\tresources ct:200,vm:100\n\n"
GROUP = "group: best\n\tnodes alfa:2,bravo\n\n"


def cluster_with(**changes: Any) -> EmbeddedCluster:
    """Return the small cluster with some files of `ha/` replaced."""
    texts = {
        f"ha/{name.replace('_cfg', '.cfg')}": text if isinstance(text, str) else json.dumps(text)
        for name, text in changes.items()
    }
    return make_cluster(ClusterFiles(FILES | texts))


def call(cluster: EmbeddedCluster, method: str, path: str, **params: Any) -> Answer:
    return dispatch(REGISTRY, cluster, Caller(ROOT), Request(method, f"{HA}{path}", params))


def current(status: Any) -> dict[str, Any]:
    """Return the rows of the status by their id."""
    answer = call(cluster_with(manager_status=status), "GET", "/status/current")
    return {entry["id"]: entry for entry in answer.data}


def test_a_rule_that_lacks_a_property_keeps_its_file_from_being_written() -> None:
    cluster = cluster_with(rules_cfg=LACKS_NODES + PAIR)
    assert call(cluster, "DELETE", "/rules/pair").status == 500
    assert cluster.files.read("ha/rules.cfg") == LACKS_NODES + PAIR


def test_a_rule_that_lacks_a_property_can_be_removed_or_made_anew() -> None:
    cluster = cluster_with(rules_cfg=LACKS_NODES + PAIR)
    assert call(cluster, "DELETE", "/rules/lame").status == 200
    assert cluster.files.read("ha/rules.cfg") == PAIR
    cluster = cluster_with(rules_cfg=LACKS_NODES)
    rule = {"type": "node-affinity", "rule": "lame", "nodes": "alfa", "resources": "vm:100"}
    assert call(cluster, "POST", "/rules", **rule).status == 200
    assert "nodes alfa" in cluster.files.read("ha/rules.cfg")


def test_purging_a_resource_removes_rules_that_lack_a_property() -> None:
    cluster = cluster_with(rules_cfg=LACKS_NODES + PAIR)
    assert call(cluster, "DELETE", "/resources/vm:100").status == 200
    assert cluster.files.read("ha/rules.cfg") == PAIR.replace(",vm:100", "")


def test_a_group_without_nodes_stands_in_the_way_of_list_and_change() -> None:
    cluster = cluster_with(groups_cfg=GROUP + "group: lame\n\n")
    assert call(cluster, "GET", "/groups").status == 500
    assert call(cluster, "PUT", "/groups/best", comment="x").status == 500
    assert call(cluster, "GET", "/groups/best").status == 200


def test_a_group_without_nodes_is_still_a_group_not_yet_migrated() -> None:
    cluster = cluster_with(groups_cfg="group: lame\n\n")
    rule = {"type": "node-affinity", "rule": "new", "nodes": "alfa", "resources": "vm:100"}
    assert call(cluster, "POST", "/rules", **rule).status == 500


def test_what_this_version_does_not_know_is_gone_once_the_file_is_written() -> None:
    cluster = cluster_with(resources_cfg="vm: 100\n\tmood good\n\tstate started\n\n")
    assert call(cluster, "PUT", "/resources/vm:100", state="stopped").status == 200
    assert cluster.files.read("ha/resources.cfg") == "vm: 100\n\tstate stopped\n\n"


def test_of_several_priorities_of_a_node_the_last_one_holds() -> None:
    rule = "node-affinity: pin\n\tnodes alfa:2,alfa,alfa:2\n\tresources vm:100\n\n"
    assert call(cluster_with(rules_cfg=rule), "GET", "/rules/pin").data["nodes"] == "alfa:2"


def test_a_value_with_a_carriage_return_inside_is_left_out() -> None:
    cluster = cluster_with(resources_cfg="vm: 100\n\tcomment a\rb\n\tstate stopped\n\n")
    assert "comment" not in call(cluster, "GET", "/resources/vm:100").data


def test_a_rule_from_a_group_takes_the_place_of_one_of_its_name() -> None:
    cluster = cluster_with(
        resources_cfg="vm: 100\n\tgroup best\n\n",
        groups_cfg=GROUP,
        rules_cfg="node-affinity: ha-group-best\n\tnodes bravo\n\tresources vm:100\n\tstrict 1\n\n",
    )
    rule = call(cluster, "GET", "/rules/ha-group-best").data
    assert (rule["nodes"], rule["strict"]) == ("alfa:2,bravo", None)


def test_a_group_whose_comment_is_zero_has_none_to_give_its_rule() -> None:
    cluster = cluster_with(
        resources_cfg="vm: 100\n\tgroup best\n\n",
        groups_cfg=GROUP.replace("\n\n", "\n\tcomment 0\n\n"),
    )
    comment = call(cluster, "GET", "/rules/ha-group-best").data["comment"]
    assert comment == "Generated from HA group 'best'."


def test_rules_of_a_resource_without_a_name_are_none() -> None:
    cluster = cluster_with(rules_cfg=PAIR)
    assert call(cluster, "GET", "/rules", resource="").data == []
    assert len(call(cluster, "GET", "/rules").data) == 1


@pytest.mark.parametrize("digest", ["", "0"])
def test_an_empty_digest_guards_nothing(digest: str) -> None:
    answer = call(cluster_with(), "PUT", "/resources/vm:100", state="stopped", digest=digest)
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/resources/vm: 100", "/rules/a b", "/groups/a\tb"])
def test_a_path_with_a_blank_leads_nowhere(path: str) -> None:
    assert call(cluster_with(), "GET", path).status == 501


def test_a_whole_number_of_json_may_carry_a_point() -> None:
    cluster = cluster_with()
    answer = call(cluster, "PUT", "/resources/vm:100", max_restart=3.0, failback=0.0)
    assert answer.status == 200
    text = cluster.files.read("ha/resources.cfg")
    assert "\tfailback 0\n\tmax_restart 3\n\tstate started\n" in text


@pytest.mark.parametrize("setting", ["state", "group", "failback", "max_restart", "comment"])
def test_a_setting_is_left_out_or_given_but_never_null(setting: str) -> None:
    answer = call(cluster_with(), "PUT", "/resources/vm:100", **{setting: None})
    assert answer.status == 500


def test_to_delete_nothing_from_a_rule_is_refused() -> None:
    cluster = cluster_with(rules_cfg=PAIR)
    rule = {"type": "resource-affinity", "comment": "x"}
    assert call(cluster, "PUT", "/rules/pair", **rule, delete="").status == 500
    assert call(cluster, "PUT", "/rules/pair", **rule, delete=",").status == 200


def test_what_no_setting_is_may_be_null() -> None:
    answer = call(cluster_with(), "PUT", "/resources/vm:100", delete=None, digest=None)
    assert answer.status == 200


@pytest.mark.parametrize("status", ["[]", "7", '{"service_status":5}', '{"node_status":"x"}', "?"])
def test_a_manager_status_of_another_shape_is_refused(status: str) -> None:
    assert call(cluster_with(manager_status=status), "GET", "/status/current").status == 500


def test_an_unreadable_manager_status_does_not_matter_to_an_ignored_resource() -> None:
    cluster = cluster_with(manager_status="?", resources_cfg="vm: 100\n\tstate ignored\n\n")
    assert call(cluster, "PUT", "/resources/vm:100", comment="x").status == 200


def test_a_timestamp_is_told_as_it_was_written() -> None:
    rows = current({"master_node": "alfa", "timestamp": str(NOW), "node_status": {}})
    assert rows["master"]["timestamp"] == str(NOW)
    assert "active" in rows["master"]["status"]


def test_a_timestamp_that_is_no_number_is_very_old() -> None:
    rows = current({"master_node": "alfa", "timestamp": "soon"})
    assert "dead?" in rows["master"]["status"]
    assert rows["fencing"]["armed-state"] == "standby"


def test_a_disarming_that_says_nothing_is_still_one() -> None:
    fencing = current({"disarm": {}})["fencing"]
    assert (fencing["armed-state"], fencing["resource_mode"]) == ("unknown", "unknown")


@pytest.mark.parametrize("running", ["0", 0, "", None, False])
def test_a_started_resource_is_starting_until_it_runs(running: Any) -> None:
    entry = {"node": "alfa", "state": "started", "uid": "a", "running": running}
    rows = current({"service_status": {"vm:100": entry}})
    assert rows["service:vm:100"]["state"] == "starting"


def test_an_empty_node_is_told_as_it_is() -> None:
    rows = current({"service_status": {"vm:100": {"node": "", "state": "stopped"}}})
    assert rows["service:vm:100"]["status"] == "vm:100 (, starting)"


def test_an_empty_entry_of_the_manager_counts_as_not_yet_processed() -> None:
    rows = current({"service_status": {"vm:100": None}, "node_status": {"alfa": "online"}})
    assert rows["service:vm:100"]["state"] == "queued"


def test_a_case_recorded_as_bytes_is_read_as_the_text_that_they_are() -> None:
    text = "vm: 100\n\tcomment 한글\n\n"
    seen = {"sid": "vm:100", "type": "vm", "comment": "한글", "digest": digest_of(text)}
    case = {
        "state": {"files": {"ha/resources.cfg": text}, "localnode": "node1", "now": NOW},
        "request": {"method": "GET", "path": f"{HA}/resources/vm:100"},
        "expect": {"status": 200, "data": seen},
    }
    assert run_case(case) is None
    as_bytes = json.dumps(case, ensure_ascii=False).encode().decode("latin-1")
    assert run_case(json.loads(as_bytes)) is None


@pytest.mark.parametrize("number", ["9223372036854775807", "00000000000000000007"])
def test_a_number_of_64_bits_is_kept(number: str) -> None:
    cluster = cluster_with()
    assert call(cluster, "PUT", "/resources/vm:100", max_restart=number).status == 200
    assert call(cluster, "GET", "/resources/vm:100").data["max_restart"] == int(number)
    group = {"group": "best", "nodes": f"alfa:{number}"}
    cluster.files.write("ha/groups.cfg", GROUP.replace("best", "other"))
    assert call(cluster, "POST", "/groups", **group).status == 200
