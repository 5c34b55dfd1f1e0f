"""One browser and one stand-in console for this folder; a fresh page and a fresh cluster a test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import BrowserContext as Context

from tests.browser.standin import Served, Standin

CHROMIUM = "/usr/bin/chromium"
SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE_MS = 5000

Opener = Callable[..., Page]
Size = tuple[int, int]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of the whole folder; tests elsewhere have their own event loops."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def served() -> Iterator[Standin]:
    """The stand-in console, on a port of its own."""
    with Served() as standin:
        yield standin


@pytest.fixture
def standin(served: Standin) -> Standin:
    """The stand-in as if new: the usual cluster, someone logged in who may do everything."""
    served.reset()
    return served


@pytest.fixture
def open_page(chromium: Browser, standin: Standin) -> Iterator[Opener]:
    """Open pages of the stand-in; what a page complains about fails the test."""
    yield from opener_of(chromium, standin.address)
    standin.hang_up()


def new_look(
    chromium: Browser, address: str, locale: str | None, theme: str, size: Size
) -> Context:
    """A browser in Seoul whose user prefers a language and a theme, or has not chosen a language."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="ko-KR",
        timezone_id="Asia/Seoul",
        reduced_motion="reduce",
    )
    preferences = {"virton_locale": locale, "virton_theme": theme}
    context.add_cookies(
        [
            {"name": name, "value": value, "url": address}
            for name, value in preferences.items()
            if value
        ]
    )
    return context


def listen(page: Page, complaints: list[str]) -> None:
    """Hear a page's errors, and what its content security policy forbids."""

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", hear)


def opener_of(chromium: Browser, address: str) -> Iterator[Opener]:
    """Yield an opener of pages at an address, and close them and hear their complaints after."""
    contexts = []
    complaints: list[str] = []

    def open_page(
        path: str = "/",
        locale: str | None = "ko",
        theme: str = "dark",
        width: int = 1280,
        height: int = 900,
    ) -> Page:
        context = new_look(chromium, address, locale, theme, (width, height))
        contexts.append(context)
        page = context.new_page()
        listen(page, complaints)
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Opener) -> Page:
    """The HA page, in Korean, dark, wide, with its rows drawn."""
    page = open_page()
    expect(page.get_by_role("radio").first).to_be_visible()
    return page
