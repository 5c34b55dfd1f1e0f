"""At size only what has changed is made, sent and encoded; the times are `make bench`'s affair."""

from pathlib import Path

import pytest

from tests.console.large import LargePlayback
from tests.console.visit import settle, visiting
from virton.console.page.model import PageModel

pytestmark = pytest.mark.anyio


async def test_only_what_has_changed_is_made_and_sent_and_to_all_who_see_the_same_the_same(
    tmp_path: Path,
) -> None:
    cluster = LargePlayback(5000)
    async with visiting(tmp_path, cluster=cluster) as visit:
        await visit.poller.poll_once()
        browser = await visit.logged_in()
        async with browser.stream() as one, browser.stream() as other:
            assert one.taken() == other.taken()
        for accepts in ("", "gzip"):
            async with browser.stream(accepts=accepts) as stream:
                whole = len(stream.taken())
                cluster.change_badge(f"freeze{accepts}")
                await visit.poller.poll_once()
                await settle()
                assert 0 < len(stream.taken()) <= whole * 0.02
        standing = visit.console.sessions.last_standing(
            visit.console.sessions.read(browser.http.cookies["virton_session"])
        )
        page, version = visit.poller.feed.page, visit.poller.feed.version
        assert page is not None
        frames = {id(visit.console.views.whole(standing, page, version)) for _ in range(3)}
        assert len(frames) == 1
        cluster.use_more()
        cluster.change_badge("freeze")
        await visit.poller.poll_once()
        only_what_has_changed_is_new(page, visit.poller.feed.page)


def only_what_has_changed_is_new(before: PageModel, after: PageModel | None) -> None:
    assert after is not None
    pairs = zip(before.resources, after.resources, strict=True)
    assert [new.sid for old, new in pairs if old is not new] == ["vm:5099"]
    assert all(old is new for old, new in zip(before.rules, after.rules, strict=True))
