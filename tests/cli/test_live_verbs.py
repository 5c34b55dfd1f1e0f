"""The verbs that ask a live cluster: they show what the page shows, and tell the effect before they save."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.quick_hashes import quick_hashes
from tests.served import served
from virton.cli.looking import looker
from virton.cli.main import app
from virton.console.clock import SystemClock
from virton.console.page.matters import line_of, matters_of
from virton.embedded import RunningCluster, start
from virton.keeping.database import open_database
from virton.keeping.history import History
from virton.proxmox import ClusterApi, ProxmoxClient
from virton.story.happenings import Happening, Kind

__all__ = ["quick_hashes"]
PASSWORD = "a password for tests"


class Desk:
    """A terminal, and a cluster that is served to it."""

    def __init__(self, cluster: RunningCluster, address: str) -> None:
        self.cluster = cluster
        self.address = address

    def run(self, *arguments: str, password: str = PASSWORD) -> tuple[int, str]:
        """Run a verb as the administrator."""
        asked = [*arguments, "--proxmox", self.address, "--user", "root@pam", "--lang", "en"]
        done = CliRunner().invoke(app, asked, env={"VIRTON_PASSWORD": password, "COLUMNS": "200"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    def rows(self, verb: str) -> list[dict[str, Any]]:
        """Return what a verb lists for machines."""
        code, text = self.run(verb, "list", "--json")
        assert code == 0, text
        rows = json.loads(text)
        assert isinstance(rows, list)
        return rows


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Iterator[Desk]:
    cluster = start(tmp_path_factory.mktemp("cluster"), PASSWORD)
    with served(cluster.app) as address:
        yield Desk(cluster, address)


def test_the_status_is_the_pages_line_and_its_three_parts(desk: Desk) -> None:
    code, text = desk.run("status")
    lines = text.splitlines()
    assert code == 0
    assert lines[0].startswith("All well  Nodes 3/3 · Quorum 3/3 votes · Resources ")
    for part in ("phum01", "LOTCES-WIN", "vm:100"):
        assert part in text
    told = json.loads(desk.run("status", "--json")[1])
    assert (told["line"], told["matters"]) == ("well", [])
    assert told["page"]["resources"][0]["sid"] == "vm:100"


def test_a_resource_is_added_changed_moved_and_removed(desk: Desk) -> None:
    assert desk.run("resources", "add", "ct:200", "--max-restart", "3", "--yes")[0] == 0
    code, text = desk.run("resources", "change", "ct:200", "--max-restart", "2", "--dry-run")
    assert (code, "nothing moves" in text, "Saved" in text) == (0, True, False)
    code, text = desk.run("resources", "change", "vm:100", "--state", "stopped", "--yes")
    assert (code, "VM 100 is stopped" in text, "Saved" in text) == (0, True, True)
    code, text = desk.run("resources", "move", "vm:121", "phum02", "--yes")
    assert (code, "VM 121 → phum02 (live)" in text) == (0, True)
    asked = {row["sid"]: row for row in desk.rows("resources")}
    assert asked["ct:200"]["max_restart"] == 3
    assert asked["vm:100"]["request_state"] == "stopped"
    assert desk.run("resources", "remove", "ct:200", "--yes")[0] == 0
    assert desk.run("resources", "change", "vm:100", "--state", "started", "--yes")[0] == 0


def test_what_would_be_borne_less_well_is_saved_only_knowingly(desk: Desk) -> None:
    pin = ("rules", "add", "pin", "--resources", "vm:122", "--nodes", "phum01:2", "--strict")
    code, text = desk.run(*pin, "--yes")
    assert (code, "phum01 stops" in text, "--accept-worse" in text) == (3, True, True)
    assert desk.rows("rules") == []
    assert desk.run(*pin, "--accept-worse")[0] == 0
    assert desk.run("rules", "change", "pin", "--preferred", "--comment", "note", "--yes")[0] == 0
    [rule] = desk.rows("rules")
    assert (rule["strict"], rule["comment"], rule["nodes"]) == (
        False,
        "note",
        [{"node": "phum01", "priority": 2}],
    )
    assert desk.run("rules", "remove", "pin", "--yes")[0] == 0


WRONG = [
    (("resources", "change", "vm:100", "--max-restart", "1"), "--yes"),
    (("resources", "add", "vm:9999", "--yes"), "vm:9999"),
    (("rules", "remove", "none", "--yes"), "NAME"),
    (("rules", "add", "r", "--resources", "vm:100"), "--nodes"),
    (("rules", "add", "r", "--resources", "vm:100", "--nodes", "phum01:x"), "--nodes"),
    (("log", "--since", "yesterday"), "--since"),
]


@pytest.mark.parametrize(("arguments", "names"), WRONG)
def test_what_cannot_be_done_is_told_in_one_line(
    desk: Desk, arguments: tuple[str, ...], names: str
) -> None:
    code, text = desk.run(*arguments)
    told = [line for line in text.splitlines() if line.startswith("virton: ")]
    assert (code, len(told)) == (2, 1), text
    assert names in told[0]


def test_who_is_not_let_in_or_asks_nobody_is_told_which_option_to_look_at(desk: Desk) -> None:
    code, text = desk.run("status", password="wrong one")
    assert (code, text) == (2, "virton: --user: the cluster refused the login of root@pam\n")
    nobody = Desk(desk.cluster, "http://127.0.0.1:1")
    assert nobody.run("status")[1].startswith("virton: --proxmox: http://127.0.0.1:1: ")


def test_a_fault_is_the_first_thing_that_is_told(tmp_path: Path) -> None:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)

    async def looked() -> list[str]:
        look = looker(
            ClusterApi(client, await ClusterApi(client).log_in("root@pam", PASSWORD, 0)),
            SystemClock(),
        )
        words = [line_of(matters_of(await look()))]
        cluster.world.command("network phum03 off")
        cluster.world.step(90)
        page = await look()
        words += [line_of(matters_of(page)), matters_of(page)[0].kind]
        await client.aclose()
        return words

    assert asyncio.run(looked()) == ["well", "fault", "fence"]


def test_who_may_not_see_guests_is_told_so_before_all_is_well(tmp_path: Path) -> None:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)

    async def looked() -> list[str]:
        root = await ClusterApi(client).log_in("root@pam", PASSWORD, 0)
        for method, path, given in (
            ("POST", "/access/roles", {"roleid": "few", "privs": "Sys.Audit"}),
            ("POST", "/access/users", {"userid": "kim@pve", "password": PASSWORD}),
            ("PUT", "/access/acl", {"path": "/", "roles": "few", "users": "kim@pve"}),
        ):
            await client.call(method, path, root, given)
        look = looker(ClusterApi(client, await ClusterApi(client).log_in("kim@pve", PASSWORD, 0)))
        kinds = [one.kind for one in matters_of(await look())]
        await client.aclose()
        return kinds

    assert asyncio.run(looked()) == ["guests_hidden"]


def test_the_log_tells_the_history_of_the_console_and_the_nodes_journals(
    desk: Desk, tmp_path: Path
) -> None:
    code, text = desk.run("log", "--since", "2026-01-01", "--limit", "500")
    assert code == 0, text
    assert "VM 100 (LOTCES-WIN)" in text
    book = History(open_database(f"sqlite:///{tmp_path}/history.sqlite"), "virton")
    book.add([Happening(Kind.RESOURCE_ADDED, "vm:100", 5.0, 6.0, told=False)])
    run = CliRunner().invoke
    asked = ["log", "--data", str(tmp_path), "--lang", "en"]
    assert "VM 100" in run(app, [*asked, "--whom", "vm:100"]).output
    rows = [json.loads(line) for line in run(app, [*asked, "--json"]).output.splitlines()]
    assert [(row["kind"], row["whom"]) for row in rows] == [("resource.added", "vm:100")]
    missing = run(app, ["log", "--data", str(tmp_path / "none"), "--lang", "en"])
    assert (missing.exit_code, "--data" in missing.output) == (2, True)
