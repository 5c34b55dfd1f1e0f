"""A source that is slow, or hangs: the others go on, and the page says whose answer is waited for."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.console.visit import Visit, settle
from tests.proxmox.playback import NOW, lrm

pytestmark = pytest.mark.anyio
EMBEDDED = "http://embedded"


def waits_for(answered: asyncio.Event) -> Callable[[str], Awaitable[None]]:
    """Return the fault of a cluster whose guests and nodes are not told before an event."""

    async def slow(path: str) -> None:
        if path == "/cluster/resources":
            await answered.wait()

    return slow


async def test_a_slow_source_holds_up_no_other(visit: Visit) -> None:
    answered = asyncio.Event()
    browser = await visit.logged_in()
    visit.cluster.fault = waits_for(answered)
    async with browser.stream() as stream:
        assert stream.events() == []
        await visit.clock.step(1)
        await visit.clock.step(1)
        told = stream.shown()
        assert told["parts"]["status"]["ok"] is True
        nodes = {"at": None, "ok": False, "error": None, "slow_s": 2.0, "address": EMBEDDED} | {
            "age_s": None
        }
        assert told["parts"]["nodes"] == nodes
        assert told["resources"][0]["name"] is None
        answered.set()
        await settle()
        told = stream.shown()
        assert told["parts"]["nodes"]["ok"] is True
        assert told["parts"]["nodes"]["slow_s"] == 2.0
        assert told["resources"][0]["name"] == "LOTCES-WIN"


async def test_while_one_source_hangs_the_others_go_on_at_their_pace(visit: Visit) -> None:
    answered = asyncio.Event()
    browser = await visit.logged_in()
    async with visit.at_work(), browser.stream() as stream:
        visit.cluster.fault = waits_for(answered)
        await visit.clock.step(2)
        await visit.clock.step(1)
        for state in ("lost_agent_lock", "active", "lost_agent_lock"):
            visit.cluster.answers["/cluster/ha/status/current"][3] = lrm("phum01", state)
            await visit.clock.step(2)
            told = stream.shown()
            assert told["nodes"][0]["lrm"]["state"] == "active"
            assert told["nodes"][0]["lrm"]["display"] == state.removesuffix("_agent_lock")
            assert told["parts"]["status"]["ok"] is True
        assert told["parts"]["nodes"]["slow_s"] == 7.0
        assert visit.cluster.paths().count("/cluster/resources") == 2
        answered.set()
        await settle()
        await visit.clock.step(2)
        told = stream.shown()
        assert told["parts"]["nodes"]["at"] == visit.clock.now
        assert told["parts"]["nodes"]["slow_s"] is None


async def test_a_retry_does_not_wait_for_ever_for_a_source_that_hangs(visit: Visit) -> None:
    browser = await visit.logged_in()
    await browser.get("/api/snapshot")
    hanging = asyncio.Event()

    visit.cluster.fault = waits_for(hanging)
    asked = asyncio.create_task(browser.get("/api/snapshot?fresh=1"))
    await settle()
    assert not asked.done()
    await visit.clock.step(2)
    told = (await asked).json()
    assert told["parts"]["nodes"]["slow_s"] == 2.0
    assert told["parts"]["status"]["at"] == NOW
    hanging.set()
