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
        "comment": "Ã©",
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
    visit.cluster.answers["/cluster/ha/rules"][0] |= {"comment": "old", "disable": 1}
    await visit.poller.poll_once()
    assert await sent(visit, "PUT", "/api/rules/pin", body | {"resources": ["vm:100"]}) == {
        "type": "node-affinity",
        "resources": "vm:100",
        "nodes": "phum02:5,phum01",
        "digest": "r1",
        "delete": "comment,disable,strict",
    }
    assert visit.cluster.written().path == "/cluster/ha/rules/pin"


PIN = {
    "type": "node-affinity",
    "resources": ["vm:121", "vm:100"],
    "nodes": [{"node": "gone", "priority": 0}, {"node": "phum02", "priority": 2}],
    "strict": True,
    "affinity": "positive",
    "disabled": False,
    "comment": "새 설명",
}


@pytest.mark.parametrize("digest", [{}, {"digest": "r1"}])
async def test_of_a_rule_only_what_was_changed_is_sent(
    visit: Visit, digest: dict[str, str]
) -> None:
    visit.cluster.answers["/cluster/ha/rules"][0] |= {"nodes": "phum02:2,gone", "comment": "old"}
    await visit.poller.poll_once()
    assert (
        await sent(visit, "PUT", "/api/rules/pin", PIN | digest)
        == {
            "type": "node-affinity",
            "comment": "%EC%83%88 %EC%84%A4%EB%AA%85",
        }
        | digest
    )


async def test_a_form_that_was_filled_in_from_other_rules_is_sent_whole(visit: Visit) -> None:
    await visit.poller.poll_once()
    params = await sent(visit, "PUT", "/api/rules/pin", PIN | {"digest": "older"})
    assert (params["digest"], params["resources"], params["nodes"]) == (
        "older",
        "vm:121,vm:100",
        "gone,phum02:2",
    )


@pytest.mark.parametrize(
    ("typed", "as_rule", "as_resource"),
    [
        ("plain, with words", "plain, with words", "plain, with words"),
        ("규칙", "%EA%B7%9C%EC%B9%99", "ê·\x9cì¹\x99"),
        ("Prüfung", "Pr%C3%BCfung", "PrÃ¼fung"),
        ("100 %41", "100 %2541", "100 %41"),
        ("🙂 다음\n줄", "%F0%9F%99%82 %EB%8B%A4%EC%9D%8C%0A%EC%A4%84", None),
    ],
)
async def test_a_comment_is_sent_as_the_api_takes_it(
    visit: Visit, typed: str, as_rule: str, as_resource: str | None
) -> None:
    params = await sent(visit, "POST", "/api/rules", NODE_RULE | {"comment": typed})
    assert params["comment"] == as_rule
    params = await sent(visit, "PUT", "/api/resources/vm:100", {"comment": typed})
    assert params["comment"] == (as_resource or typed.encode().decode("latin-1"))


async def test_later_versions_take_comments_as_they_are(visit: Visit) -> None:
    visit.cluster.answers["/version"] = {"version": "10.0.1", "release": "10.0", "repoid": "1"}
    await visit.poller.poll_once()
    params = await sent(visit, "POST", "/api/rules", NODE_RULE | {"comment": "규칙"})
    assert params["comment"] == "규칙"
    params = await sent(visit, "PUT", "/api/resources/vm:100", {"comment": "규칙"})
    assert params["comment"] == "규칙"


@pytest.mark.parametrize("times", range(4))
async def test_a_comment_is_read_as_it_was_meant(visit: Visit, times: int) -> None:
    damaged = "코멘트 ü"
    for _ in range(times):
        damaged = damaged.encode().decode("latin-1")
    for path in ("/cluster/ha/resources", "/cluster/ha/rules"):
        visit.cluster.answers[path][0]["comment"] = damaged
    browser = await visit.logged_in()
    told = (await browser.get("/api/snapshot?fresh=1")).json()
    row = next(row for row in told["resources"] if row["sid"] == "vm:100")
    assert row["comment"] == told["rules"][0]["comment"] == "코멘트 ü"


async def test_what_is_latin_1_and_nothing_else_is_left_alone(visit: Visit) -> None:
    visit.cluster.answers["/cluster/ha/rules"][0]["comment"] = "Größe für Büro ÿ"
    browser = await visit.logged_in()
    told = (await browser.get("/api/snapshot?fresh=1")).json()
    assert told["rules"][0]["comment"] == "Größe für Büro ÿ"


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


INVALID = (
    "400 Rule 'bad' is invalid.\nresources: rule shares two or more resources with a negative "
    "resource affinity rule\nnodes: rule has more resources than nodes\n"
)


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/api/rules", "create ha rule failed: "),
        ("PUT", "/api/rules/pin", "update HA rules failed: "),
        ("POST", "/api/rules", ""),
    ],
)
async def test_a_refused_rule_is_told_at_its_fields(
    visit: Visit, method: str, path: str, said: str
) -> None:
    visit.cluster.writes[method, path.replace("/api", "/cluster/ha")] = Refusal(500, said + INVALID)
    error = await refusal(await visit.logged_in(), method, path, NODE_RULE)
    assert error["fields"] == {
        "resources": "rule shares two or more resources with a negative resource affinity rule",
        "nodes": "rule has more resources than nodes",
    }
    assert error["message"] == (said + INVALID).strip()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("cannot use non-existent node(s) oldname.", "nodes"),
        ("create ha rule failed: cannot use unmanaged resource(s) vm:7.", "resources"),
        ("create ha rule failed: HA rule 'pin' already defined", "rule"),
    ],
)
async def test_what_names_no_parameter_is_told_at_the_one_that_it_is_about(
    visit: Visit, words: str, field: str
) -> None:
    visit.cluster.writes["POST", "/cluster/ha/rules"] = Refusal(500, words)
    error = await refusal(await visit.logged_in(), "POST", "/api/rules", NODE_RULE)
    assert error["fields"] == {field: words.removeprefix("create ha rule failed: ")}


async def test_a_parameter_of_the_other_type_of_rule_is_told_by_its_own_name(
    visit: Visit,
) -> None:
    visit.cluster.writes["POST", "/cluster/ha/rules"] = Refusal(
        400,
        "Parameter verification failed.",
        {"oneOf[node-affinity].nodes": "missing", "oneOf[resource-affinity].disable": "odd"},
    )
    error = await refusal(await visit.logged_in(), "POST", "/api/rules", NODE_RULE)
    assert error["fields"] == {"nodes": "missing", "disabled": "odd"}


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


async def test_a_write_that_the_clusters_disk_does_not_take_is_told_as_such(visit: Visit) -> None:
    browser = await visit.logged_in()

    async def full(path: str) -> Refusal | None:
        words = "nothing was changed: the disk is full"
        return Refusal(507, words) if visit.cluster.asked[-1].method == "POST" else None

    visit.cluster.fault = full
    error = (await browser.write("POST", "/api/resources", {"sid": "vm:1"})).json()["error"]
    assert (error["status"], error["code"]) == (507, "disk")
    assert "unknown" not in error
