"""Under which names the console is asked, and what it tells browsers about HTTPS."""

from pathlib import Path

import httpx2
import pytest

from tests.proxmox.playback import TOKEN, Playback
from virton.cli.listening import known_hosts
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio


async def asked(folder: Path, host: str, path: str = "/api/realms") -> httpx2.Response:
    settings = ConsoleSettings(folder, TOKEN, hosts=frozenset({"console.example"}))
    app = create_app(ProxmoxClient.in_process(Playback()), settings)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://x"
    ) as http:
        return await http.get(path, headers={"host": host})


@pytest.mark.parametrize(
    "host",
    [
        "console.example",
        "CONSOLE.example.:8080",
        "localhost:8080",
        "me.localhost",
        "127.0.0.1:8080",
        "192.0.2.1",
        "[::1]:8080",
        "[2001:db8::1]",
    ],
)
async def test_addresses_and_names_that_were_given_are_answered(tmp_path: Path, host: str) -> None:
    assert (await asked(tmp_path, host)).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "console.example.evil.example", "xconsole.example", "", "1.2.3", "a:b"]
)
@pytest.mark.parametrize("path", ["/", "/api/realms", "/static/none"])
async def test_any_other_name_is_refused_in_both_languages(
    tmp_path: Path, host: str, path: str
) -> None:
    refused = await asked(tmp_path, host, path)
    assert refused.status_code == 421
    assert refused.text.count("virton.toml") == 2
    assert "content-security-policy" in refused.headers


def test_behind_a_trusted_proxy_it_is_the_proxy_that_decides_on_names() -> None:
    assert known_hosts("127.0.0.1", [], ("192.0.2.7",)) is None
    named = known_hosts("127.0.0.1", ["Console.example"], ("192.0.2.7",))
    assert named is not None
    assert "console.example" in named
    assert known_hosts("pve.example", [], ()) is not None


@pytest.mark.parametrize(("strict", "scheme"), [(True, "https"), (True, "http"), (False, "https")])
async def test_only_where_https_is_all_there_is_browsers_are_told_to_use_nothing_else(
    tmp_path: Path, strict: bool, scheme: str
) -> None:
    settings = ConsoleSettings(tmp_path, TOKEN, strict_transport=strict)
    app = create_app(ProxmoxClient.in_process(Playback()), settings)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url=f"{scheme}://x"
    ) as http:
        headers = (await http.get("/api/realms")).headers
    assert ("strict-transport-security" in headers) == (strict and scheme == "https")
