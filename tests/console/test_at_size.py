"""At size only what has changed is made, sent and encoded; the times are `make bench`'s affair."""

import pytest

from tests.console.large import LargePlayback
from tests.console.visit import settle, visiting

pytestmark = pytest.mark.anyio


@pytest.fixture
def cluster() -> LargePlayback:
    return LargePlayback(5000)


async def test_one_changed_badge_sends_a_fiftieth_of_the_whole_at_most(
    cluster: LargePlayback, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with visiting(tmp_path_factory.mktemp("data"), cluster=cluster) as visit:
        await visit.poller.poll_once()
        browser = await visit.logged_in()
        for accepts in ("", "gzip"):
            async with browser.stream(accepts=accepts) as stream:
                whole = len(stream.taken())
                cluster.change_badge(f"freeze{accepts}")
                await visit.poller.poll_once()
                await settle()
                assert 0 < len(stream.taken()) <= whole * 0.02


async def test_a_row_of_which_nothing_has_changed_is_the_same_row(
    cluster: LargePlayback, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with visiting(tmp_path_factory.mktemp("data"), cluster=cluster) as visit:
        await visit.poller.poll_once()
        before = visit.poller.feed.page
        cluster.use_more()
        cluster.change_badge("freeze")
        await visit.poller.poll_once()
        after = visit.poller.feed.page
    assert before is not None
    assert after is not None
    pairs = zip(before.resources, after.resources, strict=True)
    assert [new.sid for old, new in pairs if old is not new] == ["vm:5099"]
    assert all(old is new for old, new in zip(before.rules, after.rules, strict=True))


async def test_all_who_see_the_same_get_the_same_bytes(
    cluster: LargePlayback, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with visiting(tmp_path_factory.mktemp("data"), cluster=cluster) as visit:
        await visit.poller.poll_once()
        browser = await visit.logged_in()
        async with browser.stream() as one, browser.stream() as other:
            assert one.taken() == other.taken()
            standing = visit.console.sessions.last_standing(
                visit.console.sessions.read(browser.http.cookies["virton_session"])
            )
            page, version = visit.poller.feed.page, visit.poller.feed.version
            assert page is not None
            frames = {id(visit.console.views.whole(standing, page, version)) for _ in range(3)}
    assert len(frames) == 1
