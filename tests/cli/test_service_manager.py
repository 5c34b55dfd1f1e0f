"""What systemd is told of the console, and what it hands over."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from virton.cli.listening import listen
from virton.cli.service_manager import tell, watchdog_s
from virton.cli.serving import Server
from virton.cli.settings_file import settings_file

SECRET = "console@pve!page=12345678-aaaa-bbbb-cccc-1234567890ab"


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


@pytest.mark.anyio
async def test_readiness_signs_of_life_and_the_end_are_told(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    with listen("127.0.0.1", 0) as listener:
        server = Server(Starlette())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        heard = [await asyncio.to_thread(manager.recv, 64) for _ in range(3)]
        server.should_exit = True
        # Who gives signs of life waits as long as nobody hears them.
        rest, _ = await asyncio.gather(asyncio.to_thread(heard_to_the_end, manager), serving)
    assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    assert set(rest) <= {b"WATCHDOG=1", b"STOPPING=1"}


def heard_to_the_end(manager: socket.socket) -> list[bytes]:
    rest = [manager.recv(64)]
    while rest[-1] != b"STOPPING=1":
        rest.append(manager.recv(64))
    return rest


def test_a_sign_of_life_is_for_the_process_of_whom_it_is_wanted() -> None:
    assert watchdog_s({"WATCHDOG_USEC": "30000000"}) == 30
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_s({}) is None
    tell("READY=1", {"NOTIFY_SOCKET": "/nowhere/at/all"})


def test_a_token_that_is_handed_over_needs_no_place_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (tmp_path / "virton.toml").write_text('proxmox = "https://pve1:8006"\n')
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    file, _ = settings_file(None, tmp_path)
    assert (file.token, file.holds_secret) == (SECRET, False)
    (tmp_path / "token").write_text("")
    assert settings_file(None, tmp_path)[0].token is None
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (tmp_path / "virton.toml").write_text('language = "ko"\n')
    assert settings_file(None, tmp_path)[0].token is None
