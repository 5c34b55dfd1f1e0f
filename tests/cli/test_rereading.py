"""SIGHUP has the settings read again: what can hold at once does, the rest is told to need a restart."""

import asyncio
import logging
import os
import re
import signal
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from virton.cli.listening import listen
from virton.cli.rereading import AT_RESTART, Rereading
from virton.cli.service import Service, of_real_cluster, settings_of
from virton.cli.serving import Server
from virton.cli.settings_file import SettingsFile, settings_file
from virton.cli.starting import run
from virton.console.state import Console
from virton.proxmox import ProxmoxClient

MANUAL = Path(__file__).parents[2] / "docs"
FILE = """
proxmox = "http://127.0.0.1:9"
idle_hours = 1
https_port = 0
language = "en"
"""


class Serving:
    """A console as it was started, and its settings file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "virton.toml"
        self.file.write_text(FILE)
        chosen, _ = settings_file(self.file)
        chosen = chosen.overruled_by({"interval": 5.0})
        self.service = of_real_cluster(ProxmoxClient(chosen.proxmox), settings_of(chosen, folder))
        self.server = Server(self.service.app)
        self.reread = Rereading(self.file, folder, {"interval": 5.0}, chosen, self.service)

    def again(self, text: str) -> None:
        self.file.write_text(text)
        self.reread(self.server)

    @property
    def console(self) -> Console:
        assert isinstance(self.service.app, Starlette)
        console = self.service.app.state.console
        assert isinstance(console, Console)
        return console


@pytest.fixture
def serving(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Serving:
    caplog.set_level(logging.INFO)
    return Serving(tmp_path)


def test_what_can_hold_at_once_does_and_what_was_typed_wins(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    serving.again(
        FILE.replace("idle_hours = 1", "idle_hours = 2")
        + 'interval = 9\nkeep_days = 7\nheartbeat = "https://watch.example/ping"\n'
        + '[[notify]]\nname = "chat"\nurl = "https://hooks.example/a"\n'
    )
    console = serving.console
    assert (console.settings.idle_s, console.sessions.idle_s) == (7200.0, 7200.0)
    assert console.poller.settings.interval_s == 5.0
    assert console.telling is not None
    assert console.upkeep is not None
    assert [one.name for one in console.telling.given.recipients] == ["chat"]
    assert console.upkeep.given is not None
    assert console.upkeep.given.days == 7
    assert "changed: heartbeat, idle_hours, keep_days, notify" in caplog.text
    assert "restart" not in caplog.text


def test_what_a_console_is_made_with_waits_for_a_restart_and_is_named_each_time(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        caplog.clear()
        serving.again(FILE + 'port = 8099\nhistory = "postgresql://u:secret-value@db/h"\n')
        assert "a restart is needed for what else has changed: history, port" in caplog.text
        assert "secret-value" not in caplog.text
    assert str(serving.console.settings.history).startswith("sqlite")
    caplog.clear()
    serving.again(FILE)
    assert "none has changed" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "idle_hour = 3\n",
        "idle_hours = [",
        'audit_syslog = "x"\n',
        FILE + 'fingerprints = ["AB"]\n',
        FILE + "certificate = 'nowhere.pem'\n",
        FILE + 'allowed_addresses = ["10.0.0.1/8"]\n',
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_is_told(
    serving: Serving, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    before = serving.console
    serving.again(text)
    assert "the settings stay as they were: virton:" in caplog.text
    assert serving.console is before


def test_the_manual_names_every_setting_that_waits_for_a_restart() -> None:
    assert set(SettingsFile.model_fields) >= AT_RESTART
    for language in ("ko", "en"):
        chapter = (MANUAL / language / "8-2-running.md").read_text()
        [told] = [line for line in chapter.splitlines() if "`pve_version`" in line]
        assert set(re.findall(r"`(\w+)`", told)) == AT_RESTART, language


async def shown(
    app: ASGIApp, address: str, host: str, path: str = "/api/realms", **headers: str
) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app, client=(address, 1))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
        return await http.get(path, headers=headers)


@pytest.mark.anyio
async def test_who_may_ask_and_under_which_name_holds_at_once(serving: Serving) -> None:
    door = serving.server.config.app
    assert (await shown(door, "192.0.2.7", "portal.example", "/login")).status_code == 421
    serving.again(
        FILE
        + 'hosts = ["portal.example"]\npath_prefix = "/ha"\none_session = true\nfour_eyes = true\n'
    )
    assert (await shown(door, "192.0.2.7", "portal.example", "/ha/login")).status_code == 200
    assert serving.console.sessions.one_each
    assert serving.console.plans.four_eyes
    serving.again(FILE + 'hosts = ["portal.example"]\nallowed_addresses = ["10.0.0.0/8"]\n')
    assert (await shown(door, "192.0.2.7", "portal.example", "/login")).status_code == 403
    assert (await shown(door, "10.1.2.3", "portal.example", "/ha/login")).status_code == 404
    by_proxy = {"x-forwarded-for": "10.1.2.3", "x-forwarded-proto": "https"}
    serving.again(FILE + 'trusted_proxies = ["192.0.2.7"]\nallowed_addresses = ["10.0.0.0/8"]\n')
    answer = await shown(door, "192.0.2.7", "any.example", "/login", **by_proxy)
    assert answer.status_code == 200
    assert "strict-transport-security" in answer.headers
    serving.again(FILE + 'allowed_addresses = ["10.0.0.0/8"]\n')
    assert (await shown(door, "192.0.2.7", "127.0.0.1", "/login", **by_proxy)).status_code == 403


def test_a_token_is_taken_up_and_given_up_at_once(serving: Serving) -> None:
    serving.again(FILE + 'token = "root@pam!a=secret-value"\n')
    assert serving.console.poller.is_wanted
    token = serving.console.poller.readings.token
    assert token is not None
    assert token.name == "root@pam!a"
    serving.again(FILE)
    assert serving.console.poller.readings.token is None
    assert not serving.console.poller.is_wanted


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_signal_has_them_read_also_without_https(anyio_backend: str) -> None:
    read = asyncio.Event()
    with listen("127.0.0.1", 0) as plain:
        serving = asyncio.create_task(
            run(Service(Starlette(), None, ()), plain, read_again=lambda _: read.set())
        )
        before = signal.getsignal(signal.SIGHUP)
        for _ in range(10_000):
            await asyncio.sleep(0)
            if signal.getsignal(signal.SIGHUP) is not before:
                break
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(read.wait(), 20)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
