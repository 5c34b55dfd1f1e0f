"""One browser, one stage and one stand-in console for this folder; a fresh cluster a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.sights import IS_PHOTOGRAPHED
from tests.browser.stage import Opener, Stage
from tests.browser.standin import NOWHERE, Served, Standin
from tests.browser.visit import drawn
from tests.quick_hashes import quick_hashes

__all__ = ["quick_hashes"]

collect_ignore = [] if IS_PHOTOGRAPHED else ["test_photographs.py"]
"""Those are for the manual alone: `make photographs` and `make packages` take them."""

CHROMIUM = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"
FLAGS = ["--no-sandbox", "--disable-gpu", "--in-process-gpu"]
BRIEF = ["--js-flags=--single-threaded --no-opt --no-maglev --always-sparkplug"]
"""A page lives for some seconds: to make its scripts fast would cost more than it saves."""
PATIENCE_MS = 20_000
"""How long something is waited for that is sure to come; it costs nothing where it comes at once."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of the whole folder; tests elsewhere have their own event loops.

    The shell is Chromium without all that stands around a page, which nobody sees here; it takes
    half as long where it is installed.
    """
    expect.set_options(timeout=PATIENCE_MS)
    program = SHELL if Path(SHELL).exists() else CHROMIUM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *BRIEF])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shared_stage(chromium: Browser, served: Standin) -> Stage:
    """The stage of the whole folder."""
    return Stage(chromium, served.address + NOWHERE)


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """The stage as if new; what a page complains about fails the test."""
    yield shared_stage
    assert shared_stage.clear() == []


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
def open_page(stage: Stage, standin: Standin) -> Iterator[Opener]:
    """Open pages of the stand-in."""
    yield stage.opener(standin.address)
    standin.hang_up()


@pytest.fixture
def page(open_page: Opener) -> Page:
    """The HA page, in Korean, dark, wide, with its rows drawn."""
    return drawn(open_page())
