"""A ticket ends in the middle of a session: the page logs in again, and goes on where it was."""

from collections.abc import AsyncIterator

import pytest

from tests.console.visit import settle
from tests.faults.desk import PARTS, PASSWORD, Desk, Site, at_desk, failing

pytestmark = pytest.mark.anyio
WRITE = ("PUT", "/api/resources/vm:100", {"comment": "kept"})


@pytest.fixture
async def borrowing(site: Site) -> AsyncIterator[Desk]:
    """Return a console without a token of its own."""
    async with at_desk(site, token=False) as desk:
        assert (await desk.browser.get("/api/session")).status_code == 200
        yield desk


def end_session(desk: Desk) -> None:
    """Have the cluster refuse every ticket that the console was given so far."""
    desk.node.ended |= desk.node.tickets
    desk.site.a_second_later()


async def test_a_write_after_the_end_is_refused_as_such_and_done_after_a_new_login(
    site: Site,
) -> None:
    async with at_desk(site) as desk, desk.browser.stream() as page:
        await desk.seen(page)
        end_session(desk)
        refused = await desk.browser.write(*WRITE)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "auth")
        await settle()
        assert [name for name, _ in page.events()][-1] == "session"
        assert page.ended
        assert (await desk.browser.get("/api/session")).status_code == 401
        await site.log_in(desk.browser)
        assert (await desk.browser.write(*WRITE)).status_code == 200
        assert failing(await desk.look()) == {}


async def test_the_view_of_others_does_not_end_with_ones_session(site: Site) -> None:
    async with at_desk(site) as desk:
        end_session(desk)
        await desk.poller.poll_once()
        assert all(part.error is None for part in desk.poller.readings.parts.values())


async def test_a_console_without_a_token_keeps_its_data_until_somebody_logs_in_again(
    borrowing: Desk,
) -> None:
    good = await borrowing.look()
    assert failing(good) == {}
    end_session(borrowing)
    await borrowing.poller.poll_once()
    readings = borrowing.poller.readings
    assert {name: part.error and part.error.code for name, part in readings.parts.items()} == (
        dict.fromkeys(PARTS, "nobody")
    )
    await borrowing.site.log_in(borrowing.browser)
    told = await borrowing.look()
    assert failing(told) == {}
    assert told["resources"] == good["resources"]


async def test_a_wrong_password_is_no_end_of_anything(site: Site) -> None:
    async with at_desk(site) as desk:
        answer = await desk.browser.log_in("root@pam", PASSWORD[:-1])
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "auth")
        assert (await desk.browser.get("/api/session")).status_code == 200
