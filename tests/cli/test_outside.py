"""`virton doctor --outside`: what a reverse proxy keeps from the console, each with what to do."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.console.visit import SteppedClock
from tests.proxmox.playback import Playback
from tests.served import served
from virton.cli.main import app
from virton.cli.serving import BehindProxies
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.proxmox import ProxmoxClient

HERE = "127.0.0.1"
NAMES = {b"x-forwarded-for": b"192.0.2.7", b"x-forwarded-proto": b"http"}


class Hurried(SteppedClock):
    """Time in which nothing is waited for, so that both beats come at once."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


Front = Callable[[Any], Any]


def passing(strip: str = "", **headers: str) -> Front:
    """Return a proxy that takes a path away, and sets these headers."""

    def before(inner: Any) -> Any:
        async def front(scope: Any, receive: Any, send: Any) -> None:
            told = NAMES | {k.replace("_", "-").encode(): v.encode() for k, v in headers.items()}
            kept = [(k, v) for k, v in scope["headers"] if k not in told]
            path = scope["path"].removeprefix(strip)
            told = {key: value for key, value in told.items() if value}
            await inner({**scope, "path": path, "headers": [*kept, *told.items()]}, receive, send)

        return front

    return before


async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
    """Answer as whatever else stands on that server."""
    await send({"type": "http.response.start", "status": 502, "headers": []})
    await send({"type": "http.response.body", "body": b"<html>Bad Gateway"})


CASES: list[tuple[str, Front, dict[str, Any], tuple[str, ...], str]] = [
    ("unlisted", passing(), {}, (), ""),
    ("no_for", passing(x_forwarded_for="", x_forwarded_proto="https"), {}, (HERE,), ""),
    ("host", passing(host="odd.example"), {"hosts": frozenset({"console"})}, (HERE,), ""),
    ("address", passing(), {"allowed": ("10.0.0.0/8",)}, (HERE,), ""),
    ("path", passing(), {}, (HERE,), "/ha"),
    ("prefix", passing("/ha"), {}, (HERE,), "/ha"),
    ("no_prefix", passing(), {"prefix": "/ha"}, (HERE,), ""),
    ("gateway", lambda _: elsewhere, {}, (HERE,), ""),
    ("buffered", passing("/ha"), {"prefix": "/ha"}, (HERE,), "/ha"),
]


@pytest.mark.parametrize(
    ("finding", "front", "settings", "trusted", "path"), CASES, ids=[one[0] for one in CASES]
)
def test_what_a_proxy_keeps_from_the_console_is_told_with_what_to_do(
    tmp_path: Path,
    finding: str,
    front: Front,
    settings: dict[str, Any],
    trusted: tuple[str, ...],
    path: str,
) -> None:
    client = ProxmoxClient.in_process(Playback())
    chosen = replace(ConsoleSettings(tmp_path / "data"), **settings)
    console = create_app(client, chosen, Hurried())
    with served(front(BehindProxies(console, trusted))) as address:
        typed = ["doctor", "--data", str(tmp_path), "--json", "--outside", f"{address}{path}"]
        done = CliRunner().invoke(app, typed)
    found = {one["finding"]: one for one in json.loads(done.stdout)}
    outside = found.keys() & {f"outside.{one[0]}" for one in CASES} - {"outside.buffered"}
    assert outside == {f"outside.{finding}"} - {"outside.buffered"}
    assert found[f"outside.{finding}"]["words"] != f"doctor.outside.{finding}"
    assert done.exit_code == 1


def test_an_address_at_which_nobody_answers_is_told(tmp_path: Path) -> None:
    typed = ["doctor", "--data", str(tmp_path), "--json", "--outside", "https://127.0.0.1:1"]
    done = CliRunner().invoke(app, typed)
    assert json.loads(done.stdout)[-2]["finding"] == "outside.unreachable"
