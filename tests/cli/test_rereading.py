"""SIGHUP has the settings read again: what can hold at once does, the rest is told to need a restart."""

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest
from starlette.applications import Starlette

from virton.cli.listening import listen
from virton.cli.rereading import AT_ONCE, Rereading
from virton.cli.service import Service, of_real_cluster, settings_of
from virton.cli.settings_file import SettingsFile, settings_file
from virton.cli.starting import run
from virton.console.state import Console
from virton.proxmox import ProxmoxClient

FILE = """
proxmox = "http://127.0.0.1:9"
idle_hours = 1
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
        self.again = Rereading(self.file, folder, {"interval": 5.0}, chosen, self.service.go_by)

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
    serving.file.write_text(
        FILE.replace("idle_hours = 1", "idle_hours = 2")
        + 'interval = 9\nkeep_days = 7\nheartbeat = "https://watch.example/ping"\n'
        + '[[notify]]\nname = "chat"\nurl = "https://hooks.example/a"\n'
    )
    serving.again()
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
    serving.file.write_text(FILE + 'port = 8099\ntoken = "root@pam!a=secret-value"\n')
    for _ in range(2):
        caplog.clear()
        serving.again()
        assert "a restart is needed for what else has changed: port, token" in caplog.text
        assert "secret-value" not in caplog.text
    assert serving.console.settings.token is None
    serving.file.write_text(FILE)
    caplog.clear()
    serving.again()
    assert "none has changed" in caplog.text


@pytest.mark.parametrize("text", ["idle_hour = 3\n", "idle_hours = [", 'audit_syslog = "x"\n'])
def test_a_file_that_is_wrong_changes_nothing_and_is_told(
    serving: Serving, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    before = serving.console
    serving.file.write_text(text)
    serving.again()
    assert "the settings stay as they were: virton:" in caplog.text
    assert serving.console is before


def test_every_setting_that_holds_at_once_is_one() -> None:
    assert set(SettingsFile.model_fields) >= AT_ONCE


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_signal_has_them_read_also_without_https(anyio_backend: str) -> None:
    read = asyncio.Event()
    with listen("127.0.0.1", 0) as plain:
        serving = asyncio.create_task(
            run(Service(Starlette(), None, ()), plain, read_again=read.set)
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
