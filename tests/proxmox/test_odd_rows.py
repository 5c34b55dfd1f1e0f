"""One odd row takes no part away: it is left out, and everything beside it is read."""

from typing import Any

import pytest

from tests.console.visit import Visit
from tests.console.visit import visiting as _visiting
from tests.proxmox.playback import Playback, healthy, lrm
from virton.proxmox.configuration import parse_groups, parse_resources, parse_rules
from virton.proxmox.inventory import parse_inventory, parse_membership, parse_use
from virton.proxmox.manager import parse_manager_status
from virton.proxmox.status import parse_status
from virton.proxmox.values import document

pytestmark = pytest.mark.anyio
ODD: list[Any] = [None, 3, "text", [], {}, {"type": "qemu"}, {"type": "lrm"}, {"type": None}]


def test_guests_without_a_number_and_nodes_without_a_name_are_left_out() -> None:
    odd = [
        {"type": "qemu", "node": "a"},
        {"type": "lxc", "vmid": "x"},
        {"type": "node", "node": ""},
    ]
    told = parse_inventory([*ODD, *odd, *healthy()["/cluster/resources"]])
    assert [guest.vmid for guest in told.guests] == [100, 121, 200]
    assert sorted(told.nodes) == ["phum01", "phum02", "phum03"]
    assert sorted(parse_use([*odd, *healthy()["/cluster/resources"]])) == [
        "ct:200",
        "vm:100",
        "vm:121",
    ]


def test_numbers_that_are_none_are_missing_and_take_no_answer_away() -> None:
    text = (
        b'{"data": [{"cpu": nan, "mem": -inf, "name": "nan, \\" inf"}, {"cpu": NaN, "mem": 1e999}]}'
    )
    assert document(text)["data"] == [
        {"cpu": None, "mem": None, "name": 'nan, " inf'},
        {"cpu": None, "mem": None},
    ]


def test_a_nameless_row_of_the_status_is_left_out() -> None:
    nameless = [
        {"id": "lrm:", "type": "lrm", "node": "", "status": " (idle, watchdog standby, now)"},
        {"id": "service:", "type": "service", "sid": ""},
        {"id": "master", "type": "master"},
    ]
    told = parse_status([*ODD, *nameless, *healthy()["/cluster/ha/status/current"]])
    assert sorted(told.lrms) == ["phum01", "phum02", "phum03"]
    assert sorted(told.services) == ["vm:100", "vm:121"]
    assert told.master is not None
    assert told.master.node == "phum01"


def test_odd_entries_of_the_stacks_own_files_are_left_out() -> None:
    answer = healthy()["/cluster/ha/status/manager_status"]
    answer["manager_status"]["service_status"]["vm:9"] = "odd"
    answer["lrm_status"]["phum09"] = 7
    told = parse_manager_status(answer)
    assert sorted(told.services) == ["vm:100", "vm:121"]
    assert sorted(told.lrms) == ["phum01", "phum02", "phum03"]


def test_odd_rows_of_the_configuration_are_left_out() -> None:
    answers = healthy()
    assert len(parse_resources([*ODD, *answers["/cluster/ha/resources"]])) == 2
    assert len(parse_rules([*ODD, *answers["/cluster/ha/rules"]])) == 1
    assert [g.group for g in parse_groups([*ODD, {"group": "near", "nodes": "a:x,b:2"}])] == [
        "near"
    ]
    members = parse_membership([*ODD, {"type": "node"}, *answers["/cluster/status"]])
    assert sorted(members.online) == ["phum01", "phum02", "phum03"]


def test_a_rule_of_an_unknown_type_is_told_as_such() -> None:
    [rule] = parse_rules([{"rule": "dream", "type": "dream-affinity", "resources": "vm:1"}])
    assert rule.type == "dream-affinity"


async def test_a_page_with_odd_rows_everywhere_has_all_its_parts(tmp_path: Any) -> None:
    cluster = Playback()
    for path in ("/cluster/resources", "/cluster/ha/status/current", "/cluster/status"):
        cluster.answers[path] = [*ODD, *cluster.answers[path]]
    async with _visiting(tmp_path, cluster=cluster) as visit:
        told = await _told(visit)
    assert all(part["ok"] for part in told["parts"].values())
    assert [row["sid"] for row in told["resources"]] == ["vm:100", "vm:121"]


async def test_a_word_that_nobody_knows_is_told_as_it_came(tmp_path: Any) -> None:
    cluster = Playback()
    cluster.answers["/cluster/ha/status/current"][3] = lrm("phum01", "tomorrow mode", "active")
    async with _visiting(tmp_path, cluster=cluster) as visit:
        told = (await _told(visit))["nodes"][0]["lrm"]
    assert (told["display"], told["state"]) == ("unknown", "tomorrow mode")


async def _told(visit: Visit) -> dict[str, Any]:
    body = (await (await visit.logged_in()).get("/api/snapshot")).json()
    assert isinstance(body, dict)
    return body
