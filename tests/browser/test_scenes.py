"""Every sight of the page, judged and, where that is wanted, photographed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.scenes import SCENES, Scene
from tests.browser.sights import IS_PHOTOGRAPHED, photograph, sticking_out, violations
from tests.browser.stage import Opener
from tests.browser.standin import AXE, Standin
from tests.browser.visit import Look, Words, drawn, look_as, words_of

pytestmark = pytest.mark.browser

LOOKS: list[Look] = [("ko", "dark", 1280), ("en", "light", 390)]
WIDTHS = (1280, 390)

# Half of 1280x800, as a page is that somebody has zoomed to 200 %.
ZOOMED: list[Look] = [("ko", "light", 640), ("en", "dark", 640)]
ZOOMED_SCENES = ("trouble", "map", "laboratory", "node-rule-conflict", "history-moment")

LINKED = [] if IS_PHOTOGRAPHED else [one for one in SCENES if one.path == "/" and not one.alone]
"""Scenes that are played one after the other on one page: to open it costs more than to judge it."""

Visit = tuple[Scene, list[Look]]


def _visits(scene: Scene) -> list[Visit]:
    """Return in which looks a scene is judged, and in which of them where it was reached once."""
    looks = [] if scene in LINKED else LOOKS
    looks = [*looks, *(ZOOMED if scene.name in ZOOMED_SCENES else [])]
    if IS_PHOTOGRAPHED or scene.keeps_words:
        return [(scene, [look]) for look in looks]
    return [(scene, looks)] if looks else []


VISITS = [visit for scene in SCENES for visit in _visits(scene)]


def _name(visit: Visit) -> str:
    scene, looks = visit
    return "-".join([scene.name, *(str(word) for look in looks for word in look)])


def _height(width: int) -> int:
    return 400 if width == ZOOMED[0][2] else 900


@pytest.mark.parametrize("visit", VISITS, ids=_name)
def test_a_sight_is_accessible_and_keeps_within_the_page_at_any_width(
    visit: Visit, standin: Standin, open_page: Opener
) -> None:
    scene, looks = visit
    locale, theme, width = looks[0]
    scene.prepare(standin)
    wishes = {"locale": locale, "theme": theme, "width": width, "height": _height(width)}
    page = open_page(scene.path, **wishes)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    _reach(page, standin, scene, locale)
    assert _faults_in(page, scene, looks) == []


@pytest.mark.skipif(IS_PHOTOGRAPHED, reason="each photograph is of a page of its own")
@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("half", [0, 1])
def test_the_sights_of_the_page_of_ha_are_so_one_after_the_other(
    half: int, look: Look, standin: Standin, open_page: Opener
) -> None:
    locale, theme, width = look
    page = open_page(locale=locale, theme=theme, width=width)
    faults = {}
    for scene in LINKED[half::2]:
        if not scene.keeps_words and look != LOOKS[0]:
            continue  # which is judged in this look where it is reached in the first
        look_as(page, look)
        _play_anew(page, standin, scene)
        _reach(page, standin, scene, locale)
        faults[scene.name] = _faults_in(page, scene, [look] if scene.keeps_words else LOOKS)
        _close(page, words_of(locale))
    assert {name: found for name, found in faults.items() if found} == {}


def _play_anew(page: Page, standin: Standin, scene: Scene) -> None:
    """Show a scene's cluster; another one was there in between, so that this one is seen to come."""
    standin.reset()
    assert standin.snapshot
    standin.snapshot["cluster"]["name"] = "in-between"
    standin.show()
    expect(page.get_by_role("banner")).to_contain_text("in-between")
    standin.reset()
    scene.prepare(standin)
    standin.show()
    expect(page.get_by_role("banner")).not_to_contain_text("in-between")


def _close(page: Page, words: Words) -> None:
    """Close what a scene has opened, without saving."""
    page.keyboard.press("Escape")
    leave = page.get_by_role("button", name=words["discard.yes"])
    for _ in range(20):
        if page.get_by_role("dialog").count() == 0:
            return
        if leave.is_visible():
            leave.click()
        else:
            page.keyboard.press("Escape")
    raise AssertionError(page.get_by_role("dialog").all_inner_texts())


def _reach(page: Page, standin: Standin, scene: Scene, locale: str) -> None:
    """Reach a scene's sight, once what is shown of its cluster is drawn."""
    if standin.snapshot and standin.snapshot["resources"] and scene.path == "/":
        drawn(page)
    if standin.snapshot and scene.path == "/":
        expect(page.locator(".loading:visible")).to_have_count(0)
    scene.reach(page, standin, words_of(locale))


def _photograph(page: Page, name: str) -> None:
    """Keep a picture of the whole page, or of what is in sight where something stands before it."""
    docked = page.get_by_role("dialog").or_(page.locator("#lab:visible")).count() > 0
    photograph(page, name, full_page=not docked)


def _faults_in(page: Page, scene: Scene, looks: list[Look]) -> list[str]:
    """Return what is inaccessible or sticks out in a sight that is reached, in each look."""
    found = []
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(url=AXE)
    for look in looks:
        locale, theme, width = look
        look_as(page, look, _height(width))
        found += [f"{one} in {look}" for one in violations(page)]
        for other in sorted({width, *WIDTHS}, key=lambda other: other != width):
            page.set_viewport_size({"width": other, "height": _height(width)})
            if IS_PHOTOGRAPHED:
                _photograph(page, f"{scene.name}-{locale}-{theme}-{other}")
            found += [f"{one} at {other} in {look}" for one in sticking_out(page)]
    return found
