"""Clocks that disagree, and the cluster's own time, by which ages are told."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.visit import Browser
from tests.faults.desk import PASSWORD, Desk
from tests.faults.faults import answers
from tests.faults.proxy import rendered, said
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import start
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio


async def test_a_node_whose_clock_is_ahead_is_told_with_the_time_by_which_it_counts(
    desk: Desk,
) -> None:
    desk.node.date = desk.clock.now + 300
    clock = (await desk.look())["cluster"]["clock"]
    assert clock == {"now": desk.clock.now + 300.5, "runs": True, "skew_s": 300}
    desk.node.date = desk.clock.now - 40
    assert (await desk.look())["cluster"]["clock"]["skew_s"] == -40


async def test_a_second_or_two_between_two_clocks_are_nothing(desk: Desk) -> None:
    for ahead_s in (-2, 0, 2):
        desk.node.date = desk.clock.now + ahead_s
        assert (await desk.look())["cluster"]["clock"]["skew_s"] == 0


async def test_a_clock_that_goes_wrong_is_news_and_one_that_goes_on_is_none(desk: Desk) -> None:
    desk.node.date = desk.clock.now
    await desk.look()
    async with desk.browser.stream() as stream:
        stream.events()
        desk.clock.now += 2
        desk.node.date += 3
        await desk.seen(stream)
        assert stream.events() == []
        desk.node.date += 300
        assert (await desk.seen(stream))["cluster"]["clock"]["skew_s"] > 290


async def test_a_date_that_is_none_is_no_fault(desk: Desk) -> None:
    for data in (b"date: yesterday", b"date: ", b"date: Thu, 99 Foo 2026 00:00:00 GMT"):
        desk.node.extra_header = data
        told = await desk.look()
        assert told["cluster"]["clock"]["skew_s"] is None
        assert all(part["ok"] for part in told["parts"].values())


async def test_a_node_whose_answers_are_not_dated_is_asked_for_its_time(desk: Desk) -> None:
    later = (await desk.look())["cluster"]["clock"]["now"] + 500
    path = f"/nodes/{desk.poller.readings.status.data.current.quorum.node}/time"  # type: ignore[union-attr]
    desk.node.faults[path] = answers(rendered(200, said({"time": later, "timezone": "UTC"})))
    desk.clock.now += 61
    await desk.look()
    clock = (await desk.look())["cluster"]["clock"]
    assert clock == {"now": later, "runs": False, "skew_s": None}
    desk.node.faults.clear()
    desk.node.date = desk.clock.now
    await desk.look()
    desk.node.asked.clear()
    assert (await desk.look())["cluster"]["clock"]["runs"] is True
    assert ("GET", path) not in desk.node.asked


async def test_the_embedded_clusters_time_is_that_of_what_it_writes(tmp_path: Path) -> None:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    browser = Browser(create_app(client, ConsoleSettings(tmp_path, cluster.console_token)))
    assert (await browser.log_in("root@pam", PASSWORD)).status_code == 200

    async def look() -> dict[str, Any]:
        body = (await browser.get("/api/snapshot?fresh=1")).json()
        assert isinstance(body, dict)
        return body

    before = (await look())["cluster"]["clock"]
    cluster.world.step(3600)
    told = await look()
    clock = told["cluster"]["clock"]
    assert (clock["runs"], clock["skew_s"]) == (False, None)
    assert 3580 <= clock["now"] - before["now"] <= 3620
    stamps = [told["master"]["at"], *(node["lrm"]["at"] for node in told["nodes"])]
    assert all(0 <= clock["now"] - stamp <= 15 for stamp in stamps)
    await browser.http.aclose()
    await client.aclose()
