"""The page's shell and files, and the headers that protect them."""

from pathlib import Path

import pytest

from tests.console.visit import Browser, Visit
from tests.proxmox.playback import Playback
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio


async def test_every_answer_forbids_scripts_from_elsewhere(visit: Visit) -> None:
    for path in ("/api/session", "/api/realms", "/static/nowhere.js"):
        headers = (await visit.browser().get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_the_api_is_never_stored(visit: Visit) -> None:
    assert (await visit.browser().get("/api/session")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", ["/", "/login"])
async def test_the_shell_speaks_korean_in_the_dark_unless_told_otherwise(
    visit: Visit, page: str
) -> None:
    browser = visit.browser()
    korean = await browser.get(page)
    assert korean.status_code == 200
    assert 'lang="ko"' in korean.text
    browser.http.cookies.set("virton_locale", "en")
    browser.http.cookies.set("virton_theme", "<script>")
    english = (await browser.get(page)).text
    assert 'lang="en"' in english
    assert "<script>" not in english


async def test_files_are_revalidated_by_their_etag(visit: Visit) -> None:
    browser = visit.browser()
    first = await browser.get("/static/favicon-ok.svg")
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    again = await browser.http.get(
        "/static/favicon-ok.svg", headers={"if-none-match": first.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/catalogue/../settings.py"]
)
async def test_no_file_outside_its_folder_is_served(visit: Visit, path: str) -> None:
    assert (await visit.browser().get(path)).status_code == 404


async def test_the_language_of_who_has_not_chosen_is_a_setting(tmp_path: Path) -> None:
    client = ProxmoxClient.in_process(Playback())
    settings = ConsoleSettings(tmp_path, language="en")
    browser = Browser(create_app(client, settings))
    assert '<html lang="en"' in (await browser.get("/login")).text
    browser.http.cookies.set("virton_locale", "ko")
    assert '<html lang="ko"' in (await browser.get("/login")).text
    await browser.http.aclose()
    await client.aclose()


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("en-GB,en;q=0.9,ko;q=0.8", "en"),
        ("fr-FR, ko;q=0.7, en;q=0.3", "ko"),
        ("en;q=0, fr", "ko"),
        ("de", "ko"),
        (";;q=x,", "ko"),
    ],
)
async def test_who_has_not_chosen_reads_the_browsers_language(
    visit: Visit, header: str, locale: str
) -> None:
    browser = visit.browser()
    answer = await browser.http.get("/login", headers={"accept-language": header})
    assert f'<html lang="{locale}"' in answer.text
