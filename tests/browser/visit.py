"""How a test speaks to the page: in the words of its catalogue, and by its lines and menus."""

import json

from playwright.sync_api import Locator, Page, ViewportSize, expect

from virton.language.sentences import CATALOGUES

Words = dict[str, str]
Look = tuple[str, str, int]
"""A language, a theme, and a width."""


def words_of(locale: str) -> Words:
    """The page's words in a language."""
    words: Words = {}
    for name in ("", "maintenance.", "plans."):
        words |= json.loads((CATALOGUES / f"{name}{locale}.json").read_text())
    return words


KO = words_of("ko")
EN = words_of("en")


def speak(page: Page, locale: str) -> None:
    """Have an open page speak a language, whether its button is in sight or in a menu."""
    if page.evaluate("document.documentElement.lang") != locale:
        page.locator("#locale").dispatch_event("click")
        page.locator(f"html[lang={locale}]").wait_for()


def look_as(page: Page, look: Look, height: int = 900) -> None:
    """Have an open page show itself in a language, a theme and a width, as if opened so."""
    locale, theme, width = look
    size: ViewportSize = {"width": width, "height": height}
    if page.viewport_size != size:
        page.set_viewport_size(size)
        page.wait_for_function("(width) => innerWidth === width", arg=width)
    speak(page, locale)
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.locator("#theme").dispatch_event("click")
        page.locator(f"html[data-theme={theme}]").wait_for()


def drawn(page: Page) -> Page:
    """Return the HA page once its rows are drawn: before, what is pressed may still move aside.

    Not by role, as every page is waited for and the browser would work out each element's role
    and name again and again.
    """
    page.locator("#resources tbody input").first.wait_for()
    return page


def line(page: Page) -> Locator:
    """The status line, which stands on every page."""
    return page.get_by_role("region", name="클러스터 상태")


def matters(page: Page) -> Locator:
    """The list of all that is not normal, opened from the status line.

    Not with the pointer, as the line may just be drawn for something that a test has shown, and the
    button moves aside.
    """
    button, others = page.locator("#line-list"), page.locator("#line-others")
    expect(button).to_be_enabled()
    if button.get_attribute("aria-expanded") != "true":
        button.dispatch_event("click")
        expect(others).to_be_visible()
    return others


def choose_in_menu(page: Page, name: str, item: str) -> None:
    """Open the menu of a row, and choose something in it."""
    page.get_by_role("button", name=f"{name} 메뉴").or_(
        page.get_by_role("button", name=f"Menu of {name}")
    ).click()
    page.get_by_role("menuitem", name=item).click()


def cancel(page: Page) -> None:
    """Close the open dialog by its button, whatever was typed."""
    page.get_by_role("dialog").get_by_role("button", name="취소").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
