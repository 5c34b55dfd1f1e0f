"""What a monitor asks: is the console there, and does it know the cluster as it is now."""

from typing import Any

import pytest

from tests.console.visit import Visit
from tests.proxmox.playback import Refusal
from virton.console.request_ids import HEADER, WithRequestId

pytestmark = pytest.mark.anyio


async def ready(visit: Visit, query: str = "") -> tuple[int, dict[str, Any]]:
    response = await visit.browser().get(f"/readyz{query}")
    body = response.json()
    assert isinstance(body, dict)
    return response.status_code, body


async def test_the_console_is_there_whatever_the_cluster_does(visit: Visit) -> None:
    async def away(path: str) -> Refusal:
        return Refusal(500, "out of order")

    visit.cluster.fault = away
    response = await visit.browser().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_console_that_nobody_watches_is_ready_and_asks_nothing(visit: Visit) -> None:
    unwatched = {"status": "unwatched", "age_s": None, "errors": []}
    assert await ready(visit, "?cluster=1") == (200, {"status": "ok", "cluster": unwatched})
    assert visit.cluster.asked == []


async def test_how_fresh_the_cluster_is_is_told_apart_from_the_console(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream():
        assert (await ready(visit))[1]["cluster"] == {"status": "fresh", "age_s": 0.0, "errors": []}
        visit.cluster.answers["/cluster/ha/rules"] = Refusal(500, "secret words of the cluster")
        visit.clock.now += 40
        await visit.poller.poll_once()
        status, told = await ready(visit)
        assert (status, told["status"]) == (200, "ok")
        assert told["cluster"] == {"status": "stale", "age_s": 40.0, "errors": ["cluster"]}
        assert (await ready(visit, "?cluster=1"))[0] == 503


async def test_every_answer_names_its_request_and_so_does_the_log_of_a_mistake(
    visit: Visit, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.handler.addFilter(WithRequestId())
    browser = await visit.logged_in()
    one, other = await browser.get("/healthz"), await browser.get("/healthz")
    assert one.headers[HEADER] != other.headers[HEADER]

    async def mistaken() -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(visit.poller, "refresh", mistaken)
    failed = await browser.get("/api/snapshot")
    error = failed.json()["error"]
    assert (failed.status_code, error["code"], error["message"]) == (500, "internal", None)
    mistake = next(record for record in caplog.records if record.exc_info)
    assert vars(mistake)["request"] == failed.headers[HEADER]
