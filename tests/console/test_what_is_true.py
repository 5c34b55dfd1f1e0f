"""The page is told what is true: who is down, what is only last known, and whence a guest came."""

from typing import Any

import pytest

from tests.console.visit import Visit, settle
from tests.proxmox.playback import service

pytestmark = pytest.mark.anyio
STATUS = "/cluster/ha/status/current"
INVENTORY = "/cluster/resources"
MEMBERSHIP = "/cluster/status"


async def look(visit: Visit, after_s: float = 2.0) -> dict[str, Any]:
    """Return the page after another look at the cluster."""
    browser = visit.browsers[0] if visit.browsers else await visit.logged_in()
    await visit.clock.step(after_s)
    await visit.poller.poll_once()
    page = (await browser.get("/api/snapshot")).json()
    assert isinstance(page, dict)
    return page


def row(page: dict[str, Any], sid: str = "vm:100") -> dict[str, Any]:
    found = next(row for row in page["resources"] if row["sid"] == sid)
    assert isinstance(found, dict)
    return found


def guest(visit: Visit, vmid: int = 100) -> dict[str, Any]:
    found = next(r for r in visit.cluster.answers[INVENTORY] if r.get("vmid") == vmid)
    assert isinstance(found, dict)
    return found


def move(visit: Visit, node: str, state: str = "started") -> None:
    rows = visit.cluster.answers[STATUS]
    rows[:] = [r for r in rows if r["id"] != "service:vm:100"] + [service("vm:100", node, state)]
    guest(visit)["node"] = node


def lose(visit: Visit, node: str) -> None:
    for member in visit.cluster.answers[MEMBERSHIP]:
        if member["name"] == node:
            member["online"] = 0


async def test_a_guest_that_stopped_is_down_though_it_is_said_to_be_started(visit: Visit) -> None:
    assert row(await look(visit))["down"] is False
    guest(visit)["status"] = "stopped"
    told = row(await look(visit))
    assert (told["state"], told["guest"], told["down"]) == ("started", "stopped", True)
    guest(visit)["status"] = "running"
    assert row(await look(visit))["down"] is False


async def test_a_guest_that_has_just_started_is_not_down_for_a_late_report(visit: Visit) -> None:
    guest(visit)["status"] = "stopped"
    move(visit, "phum03", "starting")
    await look(visit)
    move(visit, "phum03")
    assert row(await look(visit))["down"] is False
    assert row(await look(visit, 10))["down"] is False
    assert row(await look(visit, 10))["down"] is True


async def test_what_is_told_of_a_lost_node_is_what_was_last_known(visit: Visit) -> None:
    assert row(await look(visit))["last_known"] is False
    lose(visit, "phum03")
    page = await look(visit)
    assert [node["name"] for node in page["nodes"] if node["lost"]] == ["phum03"]
    assert row(page)["last_known"] is True
    assert row(page, "vm:121")["last_known"] is False
    assert row(page)["down"] is False


async def test_a_node_that_the_manager_fences_is_lost_whoever_reaches_it(visit: Visit) -> None:
    manager = visit.cluster.answers["/cluster/ha/status/manager_status"]["manager_status"]
    manager["node_status"]["phum03"] = "fence"
    assert row(await look(visit))["last_known"] is True


async def test_a_recovery_that_passed_between_two_looks_is_a_recovery(visit: Visit) -> None:
    await look(visit)
    lose(visit, "phum03")
    await look(visit)
    move(visit, "phum02")
    arrival = row(await look(visit))["arrival"]
    assert (arrival["origin"], arrival["how"]) == ("phum03", "recovered")
    assert row(await look(visit, 60))["arrival"] == arrival


async def test_a_recovery_is_told_though_no_look_fell_into_it_at_all(visit: Visit) -> None:
    await look(visit)
    lose(visit, "phum03")
    move(visit, "phum02")
    assert row(await look(visit))["arrival"]["how"] == "recovered"


async def test_a_move_between_living_nodes_is_a_move(visit: Visit) -> None:
    await look(visit)
    move(visit, "phum01")
    arrival = row(await look(visit))["arrival"]
    assert (arrival["origin"], arrival["how"]) == ("phum03", "moved")


async def test_a_resource_that_was_removed_is_told_as_no_longer_configured(visit: Visit) -> None:
    assert row(await look(visit))["configured"] is True
    visit.cluster.answers["/cluster/ha/resources"].pop(0)
    move(visit, "phum03", "deleting")
    assert row(await look(visit))["configured"] is False


async def test_data_that_is_old_is_not_fresh(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        assert stream.shown()["fresh"] is True
        for seconds, fresh in ((6, True), (2, False)):
            await visit.clock.step(seconds)
            visit.poller.feed.beat()
            await settle()
            assert stream.events()[-1][1]["fresh"] is fresh


async def test_who_may_not_see_guests_is_told_that_they_are_hidden(visit: Visit) -> None:
    assert (await look(visit))["guests_hidden"] is False
    visit.cluster.privileges["audit@pve"] = {"/": {"Sys.Audit": 1}}
    browser = await visit.logged_in("audit@pve", "audit-password")
    assert (await browser.get("/api/snapshot")).json()["guests_hidden"] is True


async def test_rounds_that_take_long_come_more_rarely(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with visit.at_work(), browser.stream():
        visit.clock.work_of_each_look = 1.0
        await visit.clock.step(2)
        await visit.clock.step(2)
        asked = visit.cluster.paths().count(STATUS)
        await visit.clock.step(2)
        assert visit.cluster.paths().count(STATUS) == asked
        await visit.clock.step(2)
        assert visit.cluster.paths().count(STATUS) == asked + 1
