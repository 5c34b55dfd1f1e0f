"""What of the model the manual shows: these sights need a whole cluster, and are taken for the manual alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live import PASSWORD, Live
from tests.browser.sights import photograph
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

PATIENCE_MS = 120_000
LOOKS = [("ko", "dark", 1280), ("en", "light", 1280)]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("photographs")) as live:
        yield live


def whatif(page: Page) -> None:
    told = page.get_by_role("heading", name=re.compile("예상 결과|What will happen"))
    expect(told).to_be_visible(timeout=PATIENCE_MS)


def tolerance(page: Page) -> None:
    row = page.get_by_role("rowheader", name="phum01 + phum02")
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    page.locator("#tolerance-title").evaluate("one => one.scrollIntoView({block: 'start'})")
    page.evaluate("scrollBy(0, -120)")


def maintenance(page: Page) -> None:
    expect(page.locator("#agree-title")).to_be_visible(timeout=PATIENCE_MS)


SIGHTS = {
    "whatif-course": ("/whatif?lose=phum03", whatif),
    "whatif-tolerance": ("/whatif", tolerance),
    "maintenance-live": ("/maintenance?node=phum01", maintenance),
}


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}-{look[2]}")
@pytest.mark.parametrize("sight", SIGHTS)
def test_the_manual_shows(sight: str, look: tuple[str, str, int], live: Live, stage: Stage) -> None:
    locale, theme, width = look
    path, reach = SIGHTS[sight]
    wishes = {"locale": locale, "theme": theme, "width": width}
    page = stage.opener(live.address)(path, password=PASSWORD, **wishes)
    reach(page)
    photograph(page, f"{sight}-{locale}-{theme}-{width}")
