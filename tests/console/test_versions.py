"""Versions 7.4 to 9.2 and later: nothing is sent that one does not know, and nothing is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.console.versions import EVERY, NEW, OLD, Versioned, later
from tests.console.visit import Browser, Visit, visiting
from tests.proxmox.playback import Refusal

pytestmark = pytest.mark.anyio

PAGE = {
    "state": "started",
    "max_restart": 1,
    "max_relocate": 2,
    "failback": True,
    "comment": "",
    "auto_rebalance": None,
}
"""A form as the page sends it."""


@asynccontextmanager
async def playing(data: Path, version: str) -> AsyncIterator[tuple[Versioned, Visit, Browser]]:
    cluster = Versioned(version)
    async with visiting(data, cluster=cluster) as visit:
        yield cluster, visit, await visit.logged_in()


async def look(browser: Browser) -> dict[str, Any]:
    body = (await browser.get("/api/snapshot?fresh=1")).json()
    assert isinstance(body, dict)
    assert {name for name, part in body["parts"].items() if not part["ok"]} == set()
    return body


async def fields(browser: Browser, method: str, path: str, body: Any) -> list[str]:
    response = await browser.write(method, path, body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid")
    return sorted(error["fields"])


@pytest.mark.parametrize("version", EVERY)
async def test_each_version_is_known_by_what_it_answers(tmp_path: Path, version: str) -> None:
    async with playing(tmp_path, version) as (_, _, browser):
        cluster = (await look(browser))["cluster"]
    release = float(version[:3])
    assert cluster["version"] == version
    assert cluster["rules_supported"] is (release >= 9)
    assert cluster["features"] == {
        "rules": release >= 9,
        "disarm": release >= 9.1,
        "purge": release >= 9.1,
        "auto_rebalance": release >= 9.2,
        "negative_node_affinity": release >= 9.2,
    }


@pytest.mark.parametrize("version", EVERY)
async def test_resources_work_fully_on_every_version(tmp_path: Path, version: str) -> None:
    async with playing(tmp_path, version) as (cluster, _, browser):
        for method, path, body in (
            ("POST", "/api/resources", PAGE | {"sid": "ct:200"}),
            ("PUT", "/api/resources/vm:100", PAGE | {"state": "stopped", "digest": "d1"}),
            ("DELETE", "/api/resources/vm:100?purge=1", None),
            ("DELETE", "/api/resources/vm:100?purge=0", None),
            ("POST", "/api/resources/vm:100/move", {"node": "phum02"}),
        ):
            response = await browser.write(method, path, body)
            assert response.status_code == 200, (path, response.text)
        assert cluster.paths("DELETE") == ["/cluster/ha/resources/vm:100"] * 2


@pytest.mark.parametrize("version", NEW)
async def test_rules_work_fully_since_there_are_some(tmp_path: Path, version: str) -> None:
    rule = {
        "type": "node-affinity",
        "resources": ["vm:100"],
        "nodes": [{"node": "phum01", "priority": 1}],
        "strict": True,
        "affinity": "positive",
        "disabled": False,
        "comment": "",
    }
    async with playing(tmp_path, version) as (cluster, _, browser):
        for method, path in (("POST", "/api/rules"), ("PUT", "/api/rules/pin")):
            response = await browser.write(method, path, rule | {"rule": "pin"})
            assert response.status_code == 200, response.text
            said = cluster.written().params.get("affinity")
            assert said == ("positive" if version.startswith("9.2") else None)
        assert (await browser.write("DELETE", "/api/rules/pin")).status_code == 200


@pytest.mark.parametrize("version", OLD)
async def test_groups_are_shown_as_the_rules_that_they_will_become(
    tmp_path: Path, version: str
) -> None:
    async with playing(tmp_path, version) as (_, _, browser):
        told = await look(browser)
    left, right, unused = told["cluster"]["groups"]
    assert left["rule"] == {
        "rule": "ha-group-left",
        "type": "node-affinity",
        "resources": ["vm:100"],
        "nodes": [{"node": "phum01", "priority": 3}, {"node": "phum02", "priority": 0}],
        "strict": True,
        "affinity": None,
        "disabled": False,
        "comment": "Generated from HA group 'left'.",
        "errors": {},
        "order": left["rule"]["order"],
        "extra": {},
        "conflicts": [],
    }
    assert (right["rule"]["strict"], right["rule"]["comment"]) == (False, "by hand")
    assert right["extra"] == {"tomorrow": "yes"}
    assert unused["rule"] is None
    assert told["rules"] == []
    assert [(r["group"], r["failback"]) for r in told["resources"]] == [
        ("left", True),
        ("right", False),
    ]
    assert told["fencing"] is None
    assert told["nodes"][0]["lrm"]["watchdog"] is None


@pytest.mark.parametrize("version", OLD)
async def test_a_group_is_chosen_and_left_where_there_are_groups(
    tmp_path: Path, version: str
) -> None:
    async with playing(tmp_path, version) as (cluster, _, browser):
        body = {"sid": "ct:200", "group": "left", "state": "started"}
        assert (await browser.write("POST", "/api/resources", body)).status_code == 200
        assert cluster.written().params == {"sid": "ct:200", "group": "left"}
        await browser.write("PUT", "/api/resources/vm:100", {"group": ""})
        assert cluster.written().params == {"delete": "group"}


async def test_failback_is_sent_back_as_it_is_shown_but_is_changed_on_the_group_alone(
    tmp_path: Path,
) -> None:
    async with playing(tmp_path, "8.4.1") as (cluster, _, browser):
        shown = (await look(browser))["resources"][1]
        same = {"failback": shown["failback"], "max_restart": 3}
        assert (await browser.write("PUT", "/api/resources/vm:121", same)).status_code == 200
        assert cluster.written().params == {"max_restart": "3"}
        other = {"failback": not shown["failback"]}
        assert await fields(browser, "PUT", "/api/resources/vm:121", other) == ["failback"]


async def test_what_a_version_cannot_do_is_refused_with_its_field(tmp_path: Path) -> None:
    avoid = {
        "rule": "avoid",
        "type": "node-affinity",
        "resources": ["vm:100"],
        "nodes": [{"node": "phum01"}],
        "affinity": "negative",
    }
    async with playing(tmp_path, "9.1.6") as (_, _, browser):
        body = {"auto_rebalance": False}
        assert await fields(browser, "PUT", "/api/resources/vm:100", body) == ["auto_rebalance"]
        body = {"sid": "ct:200", "group": "left"}
        assert await fields(browser, "POST", "/api/resources", body) == ["group"]
        assert await fields(browser, "POST", "/api/rules", avoid) == ["affinity"]
    async with playing(tmp_path, "9.2.11") as (cluster, _, browser):
        assert (await browser.write("POST", "/api/rules", avoid)).status_code == 200
        assert cluster.written().params["affinity"] == "negative"


async def test_automatic_balancing_is_shown_and_changed_where_it_is_known(tmp_path: Path) -> None:
    async with playing(tmp_path, "9.2.11") as (cluster, _, browser):
        told = await look(browser)
        assert [r["auto_rebalance"] for r in told["resources"]] == [True, False]
        assert "auto-rebalance" not in told["resources"][1]["extra"]
        assert told["rules"][0]["affinity"] == "negative"
        await browser.write("PUT", "/api/resources/vm:100", {"auto_rebalance": False})
        assert cluster.written().params == {"auto-rebalance": "0"}
        await browser.write("PUT", "/api/resources/vm:121", {"auto_rebalance": True})
        assert cluster.written().params == {"delete": "auto-rebalance"}


async def test_an_older_engine_under_a_newer_version_is_known_by_what_it_does_not_show(
    tmp_path: Path,
) -> None:
    async with playing(tmp_path, "9.1.6") as (cluster, _, browser):
        cluster.answers["/version"] = {"version": "9.2.11"}
        told = await look(browser)
        assert told["cluster"]["features"]["auto_rebalance"] is False
        assert (await browser.write("PUT", "/api/resources/vm:100", PAGE)).status_code == 200


async def test_what_no_version_of_today_says_is_kept_and_shown(tmp_path: Path) -> None:
    async with playing(tmp_path, "9.2.11") as (cluster, _, browser):
        later(cluster.answers)
        told = await look(browser)
    assert told["resources"][0]["extra"] == {"retries": {"a": 1}, "tomorrow": 7}
    assert told["rules"][1]["type"] == "time-affinity"
    assert told["rules"][1]["extra"] == {"hour": 3}


async def test_a_half_upgraded_cluster_shows_rules_and_the_groups_that_wait(tmp_path: Path) -> None:
    async with playing(tmp_path, "9.0.10") as (cluster, _, browser):
        cluster.answers["/cluster/ha/groups"] = [
            {"group": "late", "type": "group", "nodes": "phum01"}
        ]
        cluster.answers["/cluster/ha/resources"][0]["group"] = "late"
        told = await look(browser)
        assert told["cluster"]["rules_supported"] is True
        assert [group["rule"]["rule"] for group in told["cluster"]["groups"]] == ["ha-group-late"]
        body = {"sid": "ct:200", "group": "late"}
        assert (await browser.write("POST", "/api/resources", body)).status_code == 200


async def test_an_upgrade_is_noticed_within_a_minute_and_asked_for_no_more_often(
    tmp_path: Path,
) -> None:
    async with playing(tmp_path, "8.4.1") as (cluster, visit, browser):
        for _ in range(5):
            await visit.clock.step(2)
            await look(browser)
        assert cluster.paths().count("/version") == 1
        assert cluster.paths().count("/cluster/ha") == 1
        assert "/cluster/ha/rules" not in cluster.paths()
        cluster.become("9.1.6")
        await visit.clock.step(60)
        await look(browser)
        told = await look(browser)
        assert told["cluster"]["version"] == "9.1.6"
        assert [rule["rule"] for rule in told["rules"]] == ["pin"]
        assert told["cluster"]["groups"] == []


async def test_a_cluster_that_was_away_is_asked_again_what_it_is(tmp_path: Path) -> None:
    async with playing(tmp_path, "9.0.10") as (cluster, visit, browser):
        await look(browser)
        assert cluster.paths().count("/version") == 1

        async def away(path: str) -> Refusal:
            return Refusal(596, "Connection refused")

        cluster.fault = away
        await visit.poller.poll_once()
        cluster.fault = None
        cluster.become("9.1.6")
        await visit.poller.poll_once()
        await visit.poller.poll_once()
        assert (await look(browser))["cluster"]["features"]["disarm"] is True


async def test_a_version_that_cannot_be_told_is_met_with_the_least(tmp_path: Path) -> None:
    async with playing(tmp_path, "9.2.11") as (cluster, _, browser):
        cluster.answers["/version"] = Refusal(500, "boom")
        body = {"sid": "ct:200", "auto_rebalance": True, "failback": True}
        assert (await browser.write("POST", "/api/resources", body)).status_code == 200
        assert cluster.written().params == {"sid": "ct:200"}
        await browser.write("DELETE", "/api/resources/ct:200?purge=1")
        assert cluster.written().params == {}
        await browser.write("DELETE", "/api/resources/ct:200?purge=0")
        assert cluster.written().params == {"purge": "0"}
