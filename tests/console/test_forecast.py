"""The console's own forecast of the embedded cluster: a process beside it answers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.console.watch.forecasts import Forecasts
from virton.embedded import RunningCluster, start
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"


class Seat:
    """Somebody who is logged in, and the console's forecasts."""

    def __init__(self, browser: Browser, forecasts: Forecasts, cluster: RunningCluster) -> None:
        self.browser = browser
        self.forecasts = forecasts
        self.cluster = cluster

    async def pass_time(self, seconds: int) -> int:
        """Let the cluster's time pass, look at it, and return what time it is there."""
        self.cluster.world.step(seconds)
        page = (await self.browser.get("/api/snapshot?fresh=1")).json()
        return int(page["cluster"]["clock"]["now"])

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.browser.get(f"/api/forecast/{path}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert isinstance(body, dict)
        return body


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    app = create_app(client, ConsoleSettings(tmp_path, cluster.console_token))
    async with app.router.lifespan_context(app):
        browser = Browser(app)
        await browser.log_in(password=PASSWORD)
        await browser.get("/api/snapshot?fresh=1")
        yield Seat(browser, app.state.console.forecasts, cluster)
        await browser.http.aclose()
    await client.aclose()


async def test_courses_reasons_and_advice_are_told_and_what_cannot_be_asked_is_refused_with_why(
    seat: Seat,
) -> None:
    told = await seat.get("course?lose=phum03")
    assert told["resources"]["vm:100"]["verdict"] == "back"
    assert told["resources"]["vm:121"]["verdict"] == "stays"
    assert told["outside_ha"] == ["ct:201"]
    told = await seat.get("why/vm:100")
    assert told["node"] == "phum03"
    rule = "home resources=vm:100 nodes=phum01"
    advice = await seat.get(f"advice?add_rule={rule.replace(' ', '%20')}")
    assert [(move["sid"], move["node"]) for move in advice["moves"]] == [("vm:100", "phum01")]
    stopped = await seat.get("advice?move=vm:100%20phum02%20relocate")
    assert [(m["sid"], m["node"], m["how"]) for m in stopped["moves"]] == [
        ("vm:100", "phum02", "stopped")
    ]
    assert [row["name"] for row in stopped["after"]] == ["phum01", "phum02", "phum03"]
    for lang, words in (
        ("en", "there is no node nowhere"),
        ("ko", "그런 노드가 없습니다: nowhere"),
    ):
        answer = await seat.browser.get(f"/api/forecast/course?lose=nowhere&lang={lang}")
        assert answer.status_code == 400
        assert answer.json()["error"]["detail"] == words


async def test_what_rules_say_against_a_rule_or_a_move_is_told_at_once(seat: Seat) -> None:
    rule = {"rule": "home", "type": "node-affinity", "resources": ["vm:100"], "strict": True}
    nodes = [{"node": "phum01", "priority": 0}]
    made = await seat.browser.write("POST", "/api/rules", rule | {"nodes": nodes})
    assert made.status_code == 200, made.text
    await seat.browser.get("/api/snapshot?fresh=1")
    again = "rule=again&type=node-affinity&resources=vm:100,vm:121&nodes=phum02:1"
    (conflict,) = (await seat.browser.get(f"/api/advice/rule?{again}")).json()["conflicts"]
    assert (conflict["reason"], conflict["against"]) == (
        "resource-in-several-node-rules",
        ["home"],
    )
    assert [(way["kind"], way["rule"]) for way in conflict["mendings"]] == [
        ("take_out", "again"),
        ("disable", "again"),
        ("disable", "home"),
    ]
    told = (await seat.browser.get("/api/advice/move?sid=vm:121,vm:100&node=phum02")).json()
    assert {
        sid: [(one["effect"], one["rules"]) for one in all_of_it]
        for sid, all_of_it in told["consequences"].items()
    } == {"vm:100": [("forbidden", ["home"])], "vm:121": []}


async def test_what_a_user_has_read_holds_until_the_cluster_changes(seat: Seat) -> None:
    read: list[str] = []

    async def capture(_: object) -> dict[str, Any]:
        read.append("again")
        return {"read": len(read)}

    async def seen(user: str) -> Any:
        return (await seat.forecasts.sights.of(user, capture))["read"]

    assert [await seen("one"), await seen("one"), await seen("other")] == [1, 1, 2]
    await seat.browser.write("PUT", "/api/resources/vm:100", {"max_restart": 3})
    await seat.browser.get("/api/snapshot?fresh=1")
    assert [await seen("one"), await seen("one")] == [3, 3]


async def test_who_may_see_all_is_answered_from_the_consoles_own_sight_and_nobody_else(
    seat: Seat,
) -> None:
    await seat.get("why/vm:100")
    sights = seat.forecasts.sights
    own = await sights.own()
    await seat.get("why/vm:121")
    assert await sights.own() is own  # what was read for one question answers the next
    client = ProxmoxClient.in_process(seat.cluster.app)
    ticket = await ClusterApi(client).log_in("root@pam", PASSWORD, 0)
    for method, path, params in (
        ("POST", "/access/users", {"userid": "eye@pve", "password": PASSWORD}),
        ("PUT", "/access/acl", {"path": "/", "users": "eye@pve", "roles": "PVEAuditor"}),
        ("PUT", "/access/acl", {"path": "/vms/100", "users": "eye@pve", "roles": "NoAccess"}),
    ):
        await client.call(method, path, ticket, params)
    await client.aclose()
    await seat.browser.log_in("eye@pve", PASSWORD)
    for asked in ("why/vm:100", "course?lose=phum01"):
        answer = await seat.browser.get(f"/api/forecast/{asked}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    page = (await seat.browser.get("/api/snapshot")).json()
    assert page["guests_hidden"]
    assert {row["sid"]: row["name"] for row in page["resources"]}["vm:100"] is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("rule?rule=nowhere", "rule"),
        ("rule?type=odd", "type"),
        ("rule?type=node-affinity&resources=vm:100", "nodes"),
        ("rule?type=resource-affinity&resources=vm:100&affinity=odd", "affinity"),
        ("move?sid=vm:100", "node"),
    ],
)
async def test_advice_that_cannot_be_given_names_the_field(
    seat: Seat, asked: str, field: str
) -> None:
    answer = await seat.browser.get(f"/api/advice/{asked}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


async def test_the_table_is_made_once_it_is_asked_for_and_the_score_begins_at_nothing(
    seat: Seat,
) -> None:
    first = await seat.get("table")
    assert first["rows"] == []
    await asyncio.wait_for(seat.forecasts.drawn(), 300)
    told = await seat.get("table")
    assert told["fresh"]
    names = {row["name"] for row in told["rows"] if row["kind"] == "node"}
    assert names == {"phum01", "phum02", "phum03"}
    assert told["armed"] == ["phum01", "phum03"]
    assert (await seat.get("score"))["losses"] == 0
    page = (await seat.browser.get("/api/snapshot?fresh=1")).json()
    assert page["outlook"] == {"fresh": True, "number": told["number"]}
    settings = (await seat.browser.get("/api/ha/settings")).json()
    wanted = settings | {"mode": "static", "before": settings}
    assert (await seat.browser.write("PUT", "/api/ha/settings", wanted)).status_code == 200
    page = (await seat.browser.get("/api/snapshot?fresh=1")).json()
    assert page["outlook"]["number"] > told["number"] or not page["outlook"]["fresh"]
    told = await seat.get("table")
    rule = {"rule": "away", "type": "node-affinity", "resources": ["vm:100"]}
    rule |= {"nodes": [{"node": "phum02", "priority": 0}], "strict": True, "disabled": False}
    assert (await seat.browser.write("POST", "/api/rules", rule)).status_code == 200
    page = (await seat.browser.get("/api/snapshot?fresh=1")).json()
    # the table of before is not told as if it held of the cluster with the rule
    assert page["outlook"]["number"] > told["number"] or not page["outlook"]["fresh"]


async def test_who_is_not_logged_in_learns_nothing(seat: Seat) -> None:
    await seat.browser.write("POST", "/api/logout")
    answer = await seat.browser.get("/api/forecast/table")
    assert answer.status_code == 401


async def test_the_fence_clock_names_who_comes_back_nowhere(seat: Seat) -> None:
    rule = {"rule": "only-there", "type": "node-affinity", "resources": ["vm:100"]}
    rule |= {"nodes": [{"node": "phum03", "priority": 0}], "strict": True, "disabled": False}
    assert (await seat.browser.write("POST", "/api/rules", rule)).status_code == 200
    seat.cluster.world.set_network("phum03", False)
    await seat.pass_time(40)
    assert (await seat.get("fence-clock"))["nodes"]["phum03"]["stuck"] == ["vm:100"]


async def test_the_fence_clock_narrows_until_the_guests_run_again(seat: Seat) -> None:
    assert (await seat.get("fence-clock"))["nodes"] == {}
    lost_at = await seat.pass_time(7)
    seat.cluster.world.set_network("phum03", False)
    now = await seat.pass_time(28)
    told = (await seat.get("fence-clock"))["nodes"]["phum03"]
    assert lost_at + 50 <= told["fence"][0] <= told["fence"][1] <= lost_at + 70
    assert now + 90 <= told["again"][0] <= told["again"][1] <= lost_at + 150
    await seat.pass_time(45)
    later = (await seat.get("fence-clock"))["nodes"]["phum03"]
    assert "fence" not in later
    assert told["again"][0] <= later["again"][0] <= later["again"][1] <= told["again"][1]
    await seat.pass_time(90)
    assert (await seat.get("fence-clock"))["nodes"]["phum03"] == {}
