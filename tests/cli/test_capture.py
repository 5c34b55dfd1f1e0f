"""`virton snapshot` as it is typed: what it writes, what it asks, and what it refuses in one line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.proxmox import playback
from tests.proxmox.playback import ROOT, TOKEN, Playback, Refusal
from tests.served import served
from virton.cli.main import app
from virton.simulation.scenario import read_scenario

PASSWORD = "root-password"
TERMINAL = CliRunner()


@pytest.fixture
def cluster() -> Playback:
    return Playback(playback.healthy() | {"/cluster/options": {}})


@pytest.fixture
def address(cluster: Playback) -> Iterator[str]:
    with served(cluster) as address:
        yield address


def typed(*arguments: str, typing: str = "", **environment: str | None) -> Result:
    return invoked("snapshot", *arguments, typing=typing, **environment)


def invoked(*arguments: str, typing: str = "", **environment: str | None) -> Result:
    unset = {"VIRTON_PASSWORD": None, "VIRTON_TOKEN": None}
    return TERMINAL.invoke(app, arguments, input=typing, env=unset | environment)


def only_line(result: Result) -> str:
    """Return the one line that a refusal is."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    return line


def test_a_user_with_a_password_gets_a_file_that_can_be_simulated(
    address: str, tmp_path: Path
) -> None:
    out = tmp_path / "cluster.json"
    asked = ["--proxmox", address, "--user", ROOT, "--out", str(out)]
    result = typed(*asked, VIRTON_PASSWORD=PASSWORD)
    assert (result.exit_code, result.output) == (0, "")
    assert [host.name for host in read_scenario(out).world.hosts] == ["phum01", "phum02", "phum03"]
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.json"]


def test_the_password_is_asked_for_on_the_terminal_and_not_shown(address: str) -> None:
    hand, terminal = os.openpty()
    command = "from virton.cli.main import app; app()"
    asked = ["snapshot", "--proxmox", address, "--user", ROOT, "--out", "-"]
    unset = {name: value for name, value in os.environ.items() if not name.startswith("VIRTON_")}
    with subprocess.Popen(
        [sys.executable, "-c", command, *asked],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=unset,
        start_new_session=True,
    ) as process:
        shown = os.read(hand, 1000)
        while b": " not in shown:
            shown += os.read(hand, 1000)
        os.write(hand, f"{PASSWORD}\n".encode())
        written, _ = process.communicate()
    os.close(terminal)
    shown += os.read(hand, 1000)
    os.close(hand)
    assert shown.decode().split() == ["Password", "of", "root@pam:"]
    assert json.loads(written)["about"]["cluster"] == "lab"


def test_the_password_may_come_from_a_pipe(address: str) -> None:
    asked = ["--proxmox", address, "--user", ROOT, "--out", "-"]
    result = typed(*asked, typing=f"{PASSWORD}\n")
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_second_factor_is_asked_for(address: str, cluster: Playback) -> None:
    half = {"username": ROOT, "ticket": "PVE:!tfa!:x", "NeedTFA": 1, "CSRFPreventionToken": "c"}

    async def ask_for_more(path: str) -> Any:
        asked = cluster.asked[-1].params
        return half if path == "/access/ticket" and "tfa-challenge" not in asked else None

    cluster.fault = ask_for_more
    cluster.users[ROOT] = "totp:123456"
    asked = ["--proxmox", address, "--user", ROOT, "--out", "-"]
    result = typed(*asked, typing="123456\n", VIRTON_PASSWORD=PASSWORD)
    assert result.exit_code == 0
    assert "has a second factor" in only_line(typed(*asked, VIRTON_PASSWORD=PASSWORD))


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_token_asks_without_a_password(address: str, way: str) -> None:
    asked = ["--proxmox", address, "--out", "-"]
    if way == "option":
        result = typed(*asked, "--token", TOKEN)
    else:
        result = typed(*asked, VIRTON_TOKEN=TOKEN)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["nodes"]


def test_a_user_goes_before_a_token_that_only_the_environment_holds(
    address: str, cluster: Playback
) -> None:
    asked = ["--proxmox", address, "--user", ROOT, "--out", "-"]
    result = typed(*asked, VIRTON_TOKEN=TOKEN, VIRTON_PASSWORD=PASSWORD)
    assert result.exit_code == 0
    assert cluster.asked[-1].user == ROOT


def test_an_anonymous_one_holds_no_names(address: str) -> None:
    result = typed("--proxmox", address, "--token", TOKEN, "--out", "-", "--anonymize")
    assert sorted(json.loads(result.stdout)["nodes"]) == ["node1", "node2", "node3"]
    assert "phum" not in result.stdout


def test_the_next_node_is_asked_where_one_is_down(address: str) -> None:
    both = ["--proxmox", "http://127.0.0.1:1", "--proxmox", address]
    assert typed(*both, "--token", TOKEN, "--out", "-").exit_code == 0


def test_what_was_not_captured_is_remarked(address: str, cluster: Playback) -> None:
    del cluster.answers["/cluster/options"]
    result = typed("--proxmox", address, "--token", TOKEN, "--out", "-")
    assert result.exit_code == 0
    assert "virton: The cluster's options could not be read" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--user", "root"], "--user: root lacks its realm"),
        (["--user", ROOT, "--token", TOKEN], "--user: give either it or --token, not both"),
        ([], "--user: give it, as root@pam, or --token"),
        (["--user", ROOT], "no password: set VIRTON_PASSWORD"),
        (["--token", "secret"], "--token: an API token is written user@realm!id=secret"),
        (["--token", TOKEN, "--fingerprint", "AA"], "--fingerprint: not a SHA-256 fingerprint"),
        (["--token", TOKEN, "--ca-file", "/nowhere"], "--ca-file: there is no file /nowhere"),
        (["--token", TOKEN, "--ca-file", __file__], "--ca-file: "),
        (["--token", TOKEN, "--ca-file", __file__, "--fingerprint", "AA"], "not both"),
        (["--token", TOKEN, "--proxmox", "ftp://x"], "--proxmox: not the address"),
        (["--token", TOKEN, "--out", "/"], "--out: / is a folder"),
        (["--token", TOKEN, "--out", "/nowhere/x.json"], "--out: there is no folder /nowhere"),
        (["--token", TOKEN], "--proxmox: http://127.0.0.1:1: the connection was refused"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: list[str], words: str) -> None:
    usual = ["--proxmox", "http://127.0.0.1:1", "--out", "-"]
    line = only_line(typed(*usual, *arguments))
    assert words in line
    assert "secret" not in line.replace("id=secret", "")


def test_a_wrong_password_is_told_of_the_user(address: str) -> None:
    asked = ["--proxmox", address, "--user", ROOT, "--out", "-"]
    line = only_line(typed(*asked, VIRTON_PASSWORD="wrong"))
    assert line == "virton: --user: the cluster refused the login of root@pam"


def test_a_missing_privilege_is_told_in_the_clusters_words(address: str, cluster: Playback) -> None:
    words = "Permission check failed (/, Sys.Audit)"
    cluster.answers["/cluster/ha/status/manager_status"] = Refusal(403, words)
    line = only_line(typed("--proxmox", address, "--token", TOKEN, "--out", "-"))
    assert words in line
    assert "--token: console@pve!reader lacks a privilege" in line


def test_a_failure_leaves_the_file_that_was_there(
    address: str, cluster: Playback, tmp_path: Path
) -> None:
    out = tmp_path / "cluster.json"
    out.write_text("yesterday")
    cluster.answers["/cluster/resources"] = Refusal(500, "got no worker")
    line = only_line(typed("--proxmox", address, "--token", TOKEN, "--out", str(out)))
    assert line == "virton: --proxmox: the cluster refused this (got no worker)"
    assert out.read_text() == "yesterday"


def test_a_capture_is_played_on_with_commands(address: str, tmp_path: Path) -> None:
    out = tmp_path / "cluster.json"
    typed("--proxmox", address, "--token", TOKEN, "--out", str(out))
    command = ["forecast", str(out), "--do", "network phum03 off", "--events"]
    played = TERMINAL.invoke(app, command)
    assert played.exit_code == 0, played.output
    told = [json.loads(line) for line in played.stdout.splitlines()]
    assert [e[3]["command"] for e in told if e[1] == "cmdlist"] == ["network phum03 off"]
    assert {e[3]["sid"] for e in told if e[2] == "resource.recovered"} == {"vm:100"}


def test_both_names_of_the_verb_take_a_capture(address: str) -> None:
    asked = ["--proxmox", address, "--token", TOKEN, "--out", "-"]
    taken = [TERMINAL.invoke(app, [verb, *asked]).stdout for verb in ("capture", "snapshot")]
    assert taken[0] == taken[1]
    assert json.loads(taken[0])["grade"] == "seen"


ASKING = (["why", "vm:100"], ["forecast"], ["tolerance"])


@pytest.mark.parametrize("verb", ASKING, ids=lambda verb: verb[0])
def test_every_verb_that_asks_refuses_a_user_and_a_token_at_once(verb: list[str]) -> None:
    asked = [*verb, "--proxmox", "http://127.0.0.1:1", "--user", ROOT, "--token", TOKEN]
    assert "--user: give either it or --token, not both" in only_line(
        invoked(*asked, VIRTON_PASSWORD=PASSWORD)
    )


@pytest.mark.parametrize("verb", ASKING, ids=lambda verb: verb[0])
def test_every_verb_that_asks_lets_a_user_go_before_the_environments_token(
    address: str, cluster: Playback, verb: list[str]
) -> None:
    cluster.answers["/cluster/resources"] = Refusal(
        500, "got no worker"
    )  # so that nothing is forecast
    asked = [*verb, "--proxmox", address, "--user", ROOT]
    invoked(*asked, VIRTON_TOKEN=TOKEN, VIRTON_PASSWORD=PASSWORD)
    assert cluster.asked[-1].user == ROOT
