"""Several nodes of one cluster: the next one is asked, and the page knows who answers and who does not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.console.visit import settle
from tests.faults.desk import PARTS, Desk, Site, at_desk, failing
from tests.faults.faults import hangs_up, refuses
from virton.console.watch.reader import PROBE_S

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pair(site: Site) -> AsyncIterator[Desk]:
    async with at_desk(site, count=2) as desk:
        yield desk


def standing(told: dict[str, Any]) -> list[tuple[bool, bool]]:
    """Return of each address whether it can be asked, and whether it is the one that answers."""
    return [(entry["ok"], entry["answering"]) for entry in told["cluster"]["addresses"]]


async def test_the_next_node_answers_when_one_is_down_until_it_is_down_itself(pair: Desk) -> None:
    first, second = pair.nodes
    assert standing(await pair.look()) == [(True, True), (True, False)]
    await first.stop()
    told = await pair.look()
    assert failing(told) == {}
    assert standing(told) == [(False, False), (True, True)]
    down = told["cluster"]["addresses"][0]
    assert (down["address"], down["error"]["code"]) == (first.address, "refused")
    assert {part["address"] for part in told["parts"].values()} == {second.address}
    await second.stop()
    told = await pair.look()
    assert failing(told) == dict.fromkeys(PARTS, "refused")
    assert standing(told) == [(False, False), (False, False)]
    await first.start()
    told = await pair.look()
    assert failing(told) == {}
    assert standing(told) == [(True, True), (False, False)]


async def test_a_node_that_is_back_is_noticed_though_another_one_answers(pair: Desk) -> None:
    await pair.nodes[0].stop()
    assert standing(await pair.look()) == [(False, False), (True, True)]
    await pair.nodes[0].start()
    pair.clock.now += PROBE_S
    assert standing(await pair.look()) == [(True, False), (True, True)]


async def test_a_node_whose_services_are_down_is_passed_over(pair: Desk) -> None:
    pair.node.faults["*"] = refuses(595, "Connection refused")
    told = await pair.look()
    assert failing(told) == {}
    assert told["cluster"]["addresses"][0]["error"]["code"] == "peer"


async def test_a_write_goes_to_the_node_that_answers(pair: Desk) -> None:
    await pair.nodes[0].stop()
    response = await pair.browser.write("PUT", "/api/resources/vm:100", {"comment": ""})
    assert response.status_code == 200
    assert ("PUT", "/cluster/ha/resources/vm:100") in pair.nodes[1].asked


async def test_a_write_that_may_have_arrived_is_not_sent_to_another_node(pair: Desk) -> None:
    pair.node.faults["/cluster/ha/resources/vm:100"] = hangs_up
    response = await pair.browser.write("PUT", "/api/resources/vm:100", {"comment": ""})
    error = response.json()["error"]
    assert (error["code"], error["unknown"], error["message"]) == ("cut", True, None)
    assert ("PUT", "/cluster/ha/resources/vm:100") not in pair.nodes[1].asked


async def test_after_a_write_that_may_have_been_done_the_cluster_is_looked_at_at_once(
    pair: Desk,
) -> None:
    await pair.look()
    pair.node.faults["/cluster/ha/resources/vm:100"] = hangs_up
    async with pair.browser.stream() as stream:
        stream.events()
        await pair.browser.write("PUT", "/api/resources/vm:100", {"comment": "it was done"})
        await settle()
        told = stream.shown()
    row = next(row for row in told["resources"] if row["sid"] == "vm:100")
    assert row["comment"] == "it was done", "the node did it, and hung up in the place of saying so"


async def test_a_node_that_restarts_between_two_rounds_is_missed_by_nobody(desk: Desk) -> None:
    await desk.look()
    await desk.node.restart()
    assert failing(await desk.look()) == {}
    await desk.node.restart()
    response = await desk.browser.write("PUT", "/api/resources/vm:100", {"comment": ""})
    assert response.status_code == 200


def without_quorum(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows as a node tells them that is cut off from the majority."""
    rows = [dict(row) for row in data]
    for row in rows:
        if "quorate" in row:
            row["quorate"] = 0
        if row["type"] == "quorum":
            row["status"] = "No quorum on node 'phum01'!"
    return rows


def cut_off(desk: Desk, number: int) -> None:
    desk.nodes[number].rewrites |= {
        "/cluster/ha/status/current": without_quorum,
        "/cluster/status": without_quorum,
    }


async def test_half_a_cluster_without_quorum_is_read_only_and_says_why(desk: Desk) -> None:
    assert (await desk.look())["cluster"]["read_only"] is None
    cut_off(desk, 0)
    told = await desk.look()
    assert told["quorum"]["ok"] is False
    assert told["cluster"]["read_only"] == {
        "code": "no_quorum",
        "node": told["quorum"]["node"],
        "message": "No quorum on node 'phum01'!",
    }
    desk.node.faults["/cluster/ha/resources/vm:100"] = refuses(
        500, "cluster not ready - no quorum?"
    )
    response = await desk.browser.write("PUT", "/api/resources/vm:100", {"comment": ""})
    assert response.json()["error"]["message"] == "cluster not ready - no quorum?"
    desk.node.rewrites.clear()
    assert (await desk.look())["cluster"]["read_only"] is None


async def test_a_minority_is_left_for_a_node_of_the_majority(pair: Desk) -> None:
    cut_off(pair, 0)
    await pair.look()
    pair.clock.now += PROBE_S
    await pair.look()
    told = await pair.look()
    assert told["cluster"]["read_only"] is None
    assert standing(told) == [(True, False), (True, True)]


async def test_where_there_is_no_majority_anywhere_the_same_node_goes_on_answering(
    pair: Desk,
) -> None:
    cut_off(pair, 0)
    cut_off(pair, 1)
    for _ in range(3):
        told = await pair.look()
        pair.clock.now += PROBE_S
        assert standing(told) == [(True, True), (True, False)]
        assert told["cluster"]["read_only"]["code"] == "no_quorum"
