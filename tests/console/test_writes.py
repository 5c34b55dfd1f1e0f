"""The console's forms, in the words of the Proxmox VE API."""

from typing import Any

import pytest

from tests.console.visit import Browser, Visit
from tests.proxmox.playback import ROOT, Refusal
from tests.test_strict_json import HOSTILE

pytestmark = pytest.mark.anyio

WHOLE = {
    "sid": "ct:200",
    "state": "started",
    "max_restart": 1,
    "max_relocate": 1,
    "failback": True,
    "comment": "",
}
NODE_RULE = {
    "rule": "pin",
    "type": "node-affinity",
    "resources": ["vm:100", "vm:121"],
    "nodes": [{"node": "phum02", "priority": 5}, {"node": "phum01", "priority": 0}],
    "strict": False,
    "affinity": None,
    "disabled": False,
    "comment": "",
}


async def sent(visit: Visit, method: str, path: str, body: Any = None) -> dict[str, str]:
    """Write, and return what the cluster was sent."""
    browser = visit.browsers[0] if visit.browsers else await visit.logged_in()
    response = await browser.write(method, path, body)
    assert response.status_code == 200, response.text
    asked = visit.cluster.written()
    assert asked.user == ROOT
    return dict(asked.params)


async def test_defaults_go_without_saying_when_a_resource_is_added(visit: Visit) -> None:
    assert await sent(visit, "POST", "/api/resources", WHOLE) == {"sid": "ct:200"}
    assert visit.cluster.written().path == "/cluster/ha/resources"


async def test_what_differs_from_the_defaults_is_sent(visit: Visit) -> None:
    body = WHOLE | {"state": "ignored", "max_restart": 0, "failback": False, "comment": "é"}
    assert await sent(visit, "POST", "/api/resources", body) == {
        "sid": "ct:200",
        "state": "ignored",
        "max_restart": "0",
        "failback": "0",
        "comment": "é",
    }


async def test_a_resource_set_back_to_defaults_has_them_deleted(visit: Visit) -> None:
    body = WHOLE | {"max_relocate": 3, "digest": "abc"}
    assert await sent(visit, "PUT", "/api/resources/ct:200", body) == {
        "max_relocate": "3",
        "digest": "abc",
        "delete": "comment,failback,max_restart,state",
    }
    assert visit.cluster.written().path == "/cluster/ha/resources/ct:200"


async def test_what_the_page_does_not_say_is_left_alone(visit: Visit) -> None:
    sent_now = await sent(visit, "PUT", "/api/resources/ct:200", {"state": "disabled"})
    assert sent_now == {"state": "disabled"}


@pytest.mark.parametrize(
    ("query", "params"), [("", {}), ("?purge=1", {"purge": "1"}), ("?purge=0", {"purge": "0"})]
)
async def test_a_resource_is_removed_with_or_without_its_place_in_rules(
    visit: Visit, query: str, params: dict[str, str]
) -> None:
    assert await sent(visit, "DELETE", f"/api/resources/vm:100{query}") == params


@pytest.mark.parametrize("how", ["migrate", "relocate"])
async def test_a_move_tells_what_goes_along_and_what_blocks_it(visit: Visit, how: str) -> None:
    path = f"/cluster/ha/resources/vm:100/{how}"
    visit.cluster.writes["POST", path] = {
        "sid": "vm:100",
        "requested-node": "phum02",
        "comigrated-resources": ["vm:121"],
        "blocking-resources": [{"sid": "vm:9", "cause": "resource-affinity"}],
    }
    browser = await visit.logged_in()
    body = {"node": "phum02", "how": how}
    response = await browser.write("POST", "/api/resources/vm:100/move", body)
    assert response.json() == {
        "sid": "vm:100",
        "node": "phum02",
        "comigrated": ["vm:121"],
        "blocking": [{"sid": "vm:9", "cause": "resource-affinity"}],
    }
    assert visit.cluster.written().params == {"node": "phum02"}


async def test_a_node_rule_is_added(visit: Visit) -> None:
    assert await sent(visit, "POST", "/api/rules", NODE_RULE) == {
        "rule": "pin",
        "type": "node-affinity",
        "resources": "vm:100,vm:121",
        "nodes": "phum02:5,phum01",
    }


async def test_a_strict_and_disabled_rule_says_so(visit: Visit) -> None:
    body = NODE_RULE | {"strict": True, "disabled": True, "comment": "why"}
    params = await sent(visit, "POST", "/api/rules", body)
    assert (params["strict"], params["disable"], params["comment"]) == ("1", "1", "why")


async def test_a_resource_rule_has_neither_nodes_nor_strictness(visit: Visit) -> None:
    body = NODE_RULE | {"type": "resource-affinity", "affinity": "negative"}
    assert await sent(visit, "POST", "/api/rules", body) == {
        "rule": "pin",
        "type": "resource-affinity",
        "resources": "vm:100,vm:121",
        "affinity": "negative",
    }


async def test_a_rule_is_changed_with_its_digest(visit: Visit) -> None:
    body = NODE_RULE | {"digest": "r1"}
    assert await sent(visit, "PUT", "/api/rules/pin", body) == {
        "type": "node-affinity",
        "resources": "vm:100,vm:121",
        "nodes": "phum02:5,phum01",
        "digest": "r1",
        "delete": "comment,disable,strict",
    }
    assert visit.cluster.written().path == "/cluster/ha/rules/pin"


async def test_a_rule_is_switched_off_alone(visit: Visit) -> None:
    body = {"type": "resource-affinity", "disabled": True}
    assert await sent(visit, "PUT", "/api/rules/keep", body) == {
        "type": "resource-affinity",
        "disable": "1",
    }


async def test_positive_node_affinity_is_said_only_where_the_cluster_says_it(visit: Visit) -> None:
    body = {"type": "node-affinity", "affinity": "positive"}
    assert await sent(visit, "PUT", "/api/rules/pin", body) == {"type": "node-affinity"}
    visit.cluster.answers["/cluster/ha/rules"][0]["affinity"] = "negative"
    await visit.poller.poll_once()
    assert (await sent(visit, "PUT", "/api/rules/pin", body))["affinity"] == "positive"


async def test_a_rule_is_removed(visit: Visit) -> None:
    assert await sent(visit, "DELETE", "/api/rules/pin") == {}
    assert visit.cluster.written().path == "/cluster/ha/rules/pin"


async def test_a_write_is_followed_by_a_round_at_once(visit: Visit) -> None:
    browser = await visit.logged_in()
    await browser.get("/api/snapshot")
    version = visit.poller.feed.version
    visit.cluster.answers["/cluster/ha/rules"].clear()
    await browser.write("DELETE", "/api/rules/pin")
    assert visit.poller.feed.version == version + 1


async def refusal(browser: Browser, method: str, path: str, body: Any) -> dict[str, Any]:
    response = await browser.write(method, path, body)
    error = response.json()["error"]
    assert isinstance(error, dict)
    return error | {"answered": response.status_code}


async def test_the_clusters_errors_come_back_by_field_under_our_names(visit: Visit) -> None:
    visit.cluster.writes["POST", "/cluster/ha/rules"] = Refusal(
        400, "Parameter verification failed.", {"disable": "not a boolean", "rule": "bad name"}
    )
    error = await refusal(await visit.logged_in(), "POST", "/api/rules", NODE_RULE)
    assert error["answered"] == error["status"] == 400
    assert error["fields"] == {"disabled": "not a boolean", "rule": "bad name"}


async def test_the_clusters_own_words_reach_the_page(visit: Visit) -> None:
    words = "resource ID 'ct:200' already defined"
    visit.cluster.writes["POST", "/cluster/ha/resources"] = Refusal(500, words)
    error = await refusal(await visit.logged_in(), "POST", "/api/resources", WHOLE)
    assert (error["answered"], error["code"], error["message"]) == (500, "cluster", words)


async def test_a_forbidden_write_is_403(visit: Visit) -> None:
    visit.cluster.writes["POST", "/cluster/ha/resources"] = Refusal(403, "Permission check failed")
    error = await refusal(await visit.logged_in(), "POST", "/api/resources", WHOLE)
    assert (error["answered"], error["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/resources", {}, "sid"),
        ("/api/resources", {"sid": "vm:1", "max_restart": "many"}, "max_restart"),
        ("/api/rules", {"type": "node-affinity"}, "rule"),
        ("/api/rules", {"rule": "r"}, "type"),
        ("/api/rules", {"rule": "r", "type": "oracle"}, "type"),
        ("/api/resources/vm:1/move", {}, "node"),
    ],
)
async def test_a_body_that_makes_no_sense_names_its_field(
    visit: Visit, path: str, body: Any, field: str
) -> None:
    error = await refusal(await visit.logged_in(), "POST", path, body)
    assert (error["answered"], error["code"]) == (400, "invalid")
    assert field in error["fields"]


async def test_a_version_without_rules_gets_no_parameter_that_it_does_not_know(
    visit: Visit,
) -> None:
    del visit.cluster.answers["/cluster/ha/rules"]
    visit.cluster.answers["/cluster/ha/groups"] = []
    await visit.poller.poll_once()
    params = await sent(visit, "PUT", "/api/resources/vm:100", WHOLE)
    assert "failback" not in params["delete"]
    assert await sent(visit, "DELETE", "/api/resources/vm:100?purge=1") == {}
    browser = visit.browsers[0]
    error = await refusal(browser, "POST", "/api/resources", WHOLE | {"failback": False})
    assert "failback" in error["fields"]


async def test_the_lab_is_forwarded_with_the_users_ticket(visit: Visit) -> None:
    visit.cluster.lab = {"offered": True, "speed": 1, "paused": False, "nodes": []}
    browser = await visit.logged_in()
    assert (await browser.get("/api/lab")).json() == visit.cluster.lab
    action = {"action": "network", "node": "phum01", "on": False}
    response = await browser.write("POST", "/api/lab", action)
    assert response.json() == visit.cluster.lab
    asked = visit.cluster.written()
    assert (asked.path, asked.params, asked.user) == ("/lab", action, ROOT)


async def test_a_cluster_without_a_lab_offers_none(visit: Visit) -> None:
    browser = await visit.logged_in()
    assert (await browser.get("/api/lab")).json() == {"offered": False}
    error = await refusal(browser, "POST", "/api/lab", {"action": "pause"})
    assert error["answered"] == 501


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", ["/api/login", "/api/resources", "/api/rules", "/api/lab"])
async def test_no_body_makes_the_console_stumble(
    visit: Visit, path: str, body: str | bytes
) -> None:
    browser = await visit.logged_in()
    headers = {"X-CSRF-Token": browser.csrf, "content-type": "application/json"}
    answer = await browser.http.post(path, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
