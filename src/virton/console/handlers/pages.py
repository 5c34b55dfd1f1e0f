"""The page's shell, its files, and the words in both languages."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from virton.console.state import console_of
from virton.language.sentences import CATALOGUES, LOCALES

ROOM = Path(__file__).parent.parent
THEMES = ("dark", "light")
LOCALE_COOKIE = "virton_locale"
THEME_COOKIE = "virton_theme"

templates = Environment(loader=FileSystemLoader(ROOM / "pages"), autoescape=True)


class RevalidatedFiles(StaticFiles):
    """Files that a browser keeps, and asks about by their ETag each time it uses them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 304 where the browser has it already."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def files(folder: Path) -> StaticFiles:
    """Serve a folder."""
    return RevalidatedFiles(directory=folder, check_dir=False)


def page(name: str) -> Callable[[Request], Awaitable[Response]]:
    """Return what serves a page, by the name of its entry in web/pages."""

    async def serve(request: Request) -> Response:
        return _page(request, name)

    return serve


async def to_manual(request: Request) -> Response:
    """Send a reader to the manual in the language of the page."""
    locale = locale_of(request)
    prefix = console_of(request).settings.prefix
    return RedirectResponse(f"{prefix}/manual/{locale}/index.html")


def _page(request: Request, name: str) -> Response:
    locale = locale_of(request)
    theme = _choice(request, THEME_COOKIE, THEMES, THEMES[0])
    return HTMLResponse(shell(name, locale, theme, console_of(request).settings.prefix))


def shell(name: str, locale: str, theme: str, base: str = "") -> str:
    """Return the HTML of a page, with the scripts and styles that the bundler made for it.

    `base` is the path below which the console stands on its proxy's server.
    """
    built = _manifest()
    context = {
        "early": built["early"],
        "page": built["pages"][name],
        "base": base,
        "locale": locale,
        "theme": theme,
        "text": _catalogue(locale),
    }
    return templates.get_template("page.html").render(context)


def locale_of(request: Request) -> str:
    """Return the language that was chosen here, else the browser's, else the console's."""
    language = asked_language(request.headers.get("accept-language", ""))
    return _choice(
        request, LOCALE_COOKIE, LOCALES, language or console_of(request).settings.language
    )


def asked_language(header: str) -> str | None:
    """Return the one of our languages that a browser wants most, by its Accept-Language."""
    wanted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        number = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        if language in LOCALES and (not weight or number):
            wanted.append((-float(number[1]) if number else -1.0, language))
    wanted = [one for one in wanted if one[0] < 0]
    return min(wanted, key=lambda one: one[0])[1] if wanted else None


def _choice(request: Request, cookie: str, choices: tuple[str, ...], default: str) -> str:
    chosen = request.cookies.get(cookie)
    return chosen if chosen in choices else default


def _manifest() -> dict[str, Any]:
    """Return what the bundler wrote: the files that each page loads."""
    try:
        built = json.loads((ROOM / "static" / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError) as failure:
        raise HTTPException(500, "the page is not built: run `make web`") from failure
    assert isinstance(built, dict)  # noqa: S101 - it is our own file
    return built


def _catalogue(locale: str) -> dict[str, Any]:
    try:
        words = json.loads((CATALOGUES / f"{locale}.json").read_text("utf-8"))
    except (OSError, ValueError) as failure:
        raise HTTPException(500, f"no catalogue {locale}.json") from failure
    assert isinstance(words, dict)  # noqa: S101 - it is our own file
    return words
