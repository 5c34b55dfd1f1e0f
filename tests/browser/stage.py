"""The page on which all tests play in turn.

To lead a page elsewhere takes a browser a fifth of the time that it takes to begin one.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, WebError
from playwright.sync_api import BrowserContext as Context

Opener = Callable[..., Page]


class Stage:
    """Lends its one page to a test, and forgets afterwards what the test has left there.

    Between two tests it waits at `nowhere`, an empty page of the server that most tests open: a
    browser that stays with one server keeps its process, and the scripts that it has read.
    """

    def __init__(self, browser: Browser, nowhere: str) -> None:
        self._browser = browser
        self._nowhere = nowhere
        self._complaints: list[str] = []
        self._contexts: list[Context] = []
        self._shared = self._new_context()
        self._page = self._shared.new_page()
        self._devtools = self._shared.new_cdp_session(self._page)
        self._origins: set[str] = set()
        self._is_lent = False

    def opener(self, address: str) -> Opener:
        """Return what opens pages at an address."""

        def open_page(path: str = "/", **wishes: Any) -> Page:
            return self._open(address, path, **wishes)

        return open_page

    def _open(
        self,
        address: str,
        path: str,
        *,
        locale: str | None = "ko",
        theme: str = "dark",
        width: int = 1280,
        height: int = 900,
        own: bool = False,
        password: str | None = None,
    ) -> Page:
        """Open a page for somebody who prefers a language and a theme, or has not chosen.

        It is a page of its `own` for a test that replaces what belongs to the browser, its clock
        say, and for every one but the first of a test. With a password it is root's, who has logged
        in without the page for that.
        """
        page = self._new_context().new_page() if own or self._is_lent else self._page
        self._is_lent = self._is_lent or page is self._page
        preferences = {"virton_locale": locale, "virton_theme": theme}
        page.context.add_cookies(
            [{"name": n, "value": v, "url": address} for n, v in preferences.items() if v]
        )
        if password is not None:
            _log_in(page.context, address, password)
        self._origins.add(address)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address + path)
        return page

    def clear(self) -> list[str]:
        """Forget everything; return what the pages complained about."""
        for context in self._contexts[1:]:
            context.close()
        del self._contexts[1:]
        for page in self._shared.pages:
            if page is not self._page:
                page.close()
        self._page.unroute_all()
        self._lead_nowhere()
        self._forget()
        self._is_lent = False
        complaints = list(self._complaints)
        self._complaints.clear()
        return complaints

    def _lead_nowhere(self) -> None:
        """Lead the page away, once it has arrived where it is just going by itself."""
        self._page.mouse.move(0, 0)
        with suppress(Error):
            self._page.goto(self._nowhere)
        self._page.wait_for_load_state()
        if self._page.url != self._nowhere:
            self._page.goto(self._nowhere)

    def _forget(self) -> None:
        """Let the browser forget what pages kept of the addresses they were opened at."""
        self._shared.clear_cookies()
        for origin in self._origins:
            kept = {"origin": origin, "storageTypes": "local_storage"}
            self._devtools.send("Storage.clearDataForOrigin", kept)
        self._origins.clear()

    def _new_context(self) -> Context:
        """Return a browser in Seoul whose pages are listened to."""
        context = self._browser.new_context(
            locale="ko-KR", timezone_id="Asia/Seoul", reduced_motion="reduce"
        )
        context.on("weberror", self._hear_error)
        context.on("console", self._hear)
        self._contexts.append(context)
        return context

    def _hear_error(self, error: WebError) -> None:
        self._complaints.append(str(error.error))

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self._complaints.append(message.text)


def _log_in(context: Context, address: str, password: str) -> None:
    """Give a browser a session of root's at the console at an address."""
    who = {"username": "root", "realm": "pam", "password": password}
    answer = context.request.post(f"{address}/api/login", data=who, headers={"Origin": address})
    assert answer.ok, answer.text()
