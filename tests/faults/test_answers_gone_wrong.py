"""Every fault of an answer is told where it is, costs nothing that was known, and passes."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest

from tests.faults.desk import PARTS, Desk, Site, at_desk, content, failing
from tests.faults.faults import QUICK, SLOW, answers, refuses
from tests.faults.proxy import Fault, rendered, said

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def opened(site: Site) -> AsyncIterator[Desk]:
    async with at_desk(site) as desk:
        yield desk


@pytest.fixture
async def desk(opened: Desk) -> AsyncIterator[Desk]:
    """One console for all: what went wrong in one test is mended before the next."""
    yield opened
    opened.node.faults.clear()
    opened.node.release()


@pytest.mark.parametrize(("fault", "code"), QUICK.values(), ids=QUICK.keys())
async def test_a_fault_of_one_part_shows_there_alone_and_passes(
    desk: Desk, fault: Fault, code: str
) -> None:
    good = await desk.look()
    assert failing(good) == {}
    last_good = dict.fromkeys(PARTS, desk.clock.now)
    for name, path in PARTS.items():
        desk.clock.now += 10
        desk.node.faults = {path: fault}  # and what failed before answers well again
        told = await desk.look()
        last_good |= dict.fromkeys(set(PARTS) - {name}, desk.clock.now)
        assert failing(told) == {name: code}
        assert {part: told["parts"][part]["at"] for part in PARTS} == last_good
        assert content(told) == content(good)
    desk.clock.now += 10
    desk.node.faults = {}
    healed = await desk.look()
    assert failing(healed) == {}
    assert healed["parts"][name]["at"] == desk.clock.now
    assert content(healed) == content(good)


@pytest.mark.parametrize(("fault", "code"), QUICK.values(), ids=QUICK.keys())
async def test_an_open_page_tells_a_fault_of_everything_and_recovers_by_itself(
    desk: Desk, fault: Fault, code: str
) -> None:
    await _fails_and_recovers(desk, fault, code)


@pytest.mark.parametrize(("fault", "code"), SLOW.values(), ids=SLOW.keys())
async def test_an_open_page_tells_a_cluster_that_keeps_it_waiting_and_recovers_by_itself(
    desk: Desk, fault: Fault, code: str
) -> None:
    await _fails_and_recovers(desk, fault, code)


async def _fails_and_recovers(desk: Desk, fault: Fault, code: str) -> None:
    good = await desk.look()
    async with desk.browser.stream() as stream:
        stream.events()
        desk.node.faults["*"] = fault
        with desk.impatient() if code == "timeout" else nullcontext():
            bad = await desk.seen(stream)
        assert failing(bad) == dict.fromkeys(PARTS, code)
        assert content(bad) == content(good)
        desk.node.faults.clear()
        desk.node.release()
        assert failing(await desk.seen(stream)) == {}
        assert not stream.ended


@pytest.mark.parametrize(("fault", "code"), QUICK.values(), ids=QUICK.keys())
async def test_a_write_that_meets_a_fault_is_answered_and_can_be_sent_again(
    desk: Desk, fault: Fault, code: str
) -> None:
    body = {"comment": "so"}
    desk.node.faults["/cluster/ha/resources/vm:100"] = fault
    response = await desk.browser.write("PUT", "/api/resources/vm:100", body)
    # What a write that is done answers is of no interest, if it is an answer at all.
    if response.status_code != 200:
        assert response.json()["error"]["code"] == code
    else:
        readable = ("other data", "rows of nothing", "a number without end")
        assert fault in [QUICK[name][0] for name in readable]
    desk.node.faults.clear()
    assert (await desk.browser.write("PUT", "/api/resources/vm:100", body)).status_code == 200


async def test_the_clusters_own_words_survive_every_way_in_which_it_says_them(desk: Desk) -> None:
    desk.node.faults[PARTS["rules"]] = refuses(500, "cfs-lock 'file-ha_rules_cfg' error\n")
    told = (await desk.look())["parts"]["rules"]["error"]
    assert told["message"] == "cfs-lock 'file-ha_rules_cfg' error"
    assert told["status"] == 500
    old = b"HTTP/1.1 500 cluster not ready - no quorum?\r\ncontent-length: 13\r\n\r\n"
    desk.node.faults[PARTS["rules"]] = answers(old + b'{"data":null}')
    told = (await desk.look())["parts"]["rules"]["error"]
    assert told["message"] == "cluster not ready - no quorum?"


async def test_half_a_character_in_a_comment_breaks_nothing(desk: Desk) -> None:
    row = {"sid": "vm:100", "type": "vm", "comment": "half \ud83d"}
    desk.node.faults[PARTS["resources"]] = answers(rendered(200, said([row])))
    told = await desk.look()
    assert failing(told) == {}
    assert told["resources"][0]["comment"] == "half \ufffd"
    async with desk.browser.stream() as stream:
        assert stream.shown()["resources"][0]["comment"] == "half \ufffd"


async def test_a_source_that_hangs_names_the_address_that_is_waited_for(desk: Desk) -> None:
    await desk.look()
    desk.node.faults[PARTS["nodes"]] = SLOW["nothing"][0]
    with desk.impatient():
        told = await desk.look()
    assert told["parts"]["nodes"]["error"]["code"] == "timeout"
    assert told["parts"]["nodes"]["error"]["address"] == desk.node.address
    assert told["parts"]["nodes"]["address"] == desk.node.address
