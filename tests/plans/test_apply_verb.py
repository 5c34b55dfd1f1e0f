"""`virton apply` and `virton undo` as they are typed, against a served embedded cluster."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.plans.live import PASSWORD
from tests.served import served
from virton.cli.main import app
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.records import Record, Records, State, Stride
from virton.plans.rows import Rows
from virton.proxmox import ClusterApi, ProxmoxClient

DESIRED = "version: 1\nresources:\n  vm:100: {max_restart: 3}\nfault_domains: {rack A: [phum01]}\n"


@pytest.fixture
def files() -> ClusterFiles:
    return ClusterFiles()


@pytest.fixture
def running(files: ClusterFiles) -> RunningCluster:
    return RunningCluster(files, PASSWORD, 1_800_000_000)


@pytest.fixture
def address(running: RunningCluster) -> Iterator[str]:
    with served(running.app) as address:
        yield address


@pytest.fixture
def desired(tmp_path: Path) -> Path:
    path = tmp_path / "desired.yaml"
    path.write_text(DESIRED)
    return path


def typed(verb: str, *arguments: object, address: str, data: Path) -> Result:
    where = ["--proxmox", address, "--user", "root@pam", "--data", data, "--lang", "en"]
    line = [str(word) for word in (verb, *arguments, *where)]
    known = {"VIRTON_PASSWORD": PASSWORD, "VIRTON_SECOND_PASSWORD": PASSWORD, "VIRTON_TOKEN": None}
    return CliRunner().invoke(app, line, env=known)


def test_a_plan_is_applied_and_undone(
    address: str, desired: Path, files: ClusterFiles, tmp_path: Path
) -> None:
    before = files.read("ha/resources.cfg")
    where = {"address": address, "data": tmp_path}
    applied = typed("apply", desired, "--yes", "--require", "moves<=0", **where)
    assert applied.exit_code == 0, applied.output
    assert "`virton undo 1` takes them back" in applied.stdout
    assert "max_restart 3" in files.read("ha/resources.cfg")
    assert typed("plan", desired, **where).exit_code == 0
    undone = typed("undo", "--yes", **where)
    assert undone.exit_code == 0, undone.output
    assert files.read("ha/resources.cfg") == before
    assert "there is nothing to undo" in typed("undo", "--yes", **where).stderr


def test_a_second_apply_is_told_who_applies_and_why(
    address: str, desired: Path, tmp_path: Path
) -> None:
    records = Records(tmp_path, "virton")
    with records.alone({"who": "kim@pam", "why": "racks", "since": "noon"}):
        told = typed("apply", desired, "--yes", address=address, data=tmp_path)
    assert told.exit_code == 1
    assert "kim@pam is applying since noon: racks" in told.stderr


def test_an_apply_that_was_stopped_is_closed_and_nothing_beside_it_is_ignored(
    address: str, desired: Path, tmp_path: Path
) -> None:
    where = {"address": address, "data": tmp_path}
    assert "leave out DESIRED" in typed("apply", desired, "--resume", **where).stderr
    assert "name the file" in typed("apply", **where).stderr
    assert "no apply that was stopped" in typed("apply", "--resume", "--yes", **where).stderr
    stride = Stride(Kind.DOMAIN, "a", None, {}, Edit(Kind.DOMAIN, "a", None, {"nodes": "phum01"}))
    records = Records(tmp_path, "virton")
    records.keep(Record(1, "kim@pam", "racks", 0, (stride,), Rows({}, {})))
    blocked = typed("apply", desired, "--yes", **where)
    assert "Apply 1 by kim@pam (racks): 0 of 1 steps are made." in blocked.stderr
    closed = typed("apply", "--close", "--yes", **where)
    assert closed.exit_code == 0, closed.output
    assert "are not made any more" in closed.stdout
    assert records.all()[0].state is State.CLOSED
    (tmp_path / "file").write_text("")
    told = typed("undo", address=address, data=tmp_path / "file")
    assert (told.exit_code, "cannot be written" in told.stderr) == (1, True), told.output


def test_nobody_who_answers_means_that_nothing_is_done(
    address: str, desired: Path, files: ClusterFiles, tmp_path: Path
) -> None:
    told = typed("apply", desired, address=address, data=tmp_path)
    assert told.exit_code == 1
    assert "give --yes" in told.stderr
    assert "max_restart" not in files.read("ha/resources.cfg")


async def let_in(running: RunningCluster, user: str, role: str) -> None:
    """Give the cluster a user with a role."""
    api = ClusterApi(ProxmoxClient.in_process(running.app))
    api.credentials = await api.log_in("root@pam", PASSWORD, 0)
    known: dict[str, Any] = {"userid": user, "password": PASSWORD}
    await api.client.call("POST", "/access/users", api.credentials, known)
    grant = {"path": "/", "users": user, "roles": role}
    await api.client.call("PUT", "/access/acl", api.credentials, grant)


def test_where_the_settings_want_four_eyes_a_second_person_logs_in_here(
    address: str, running: RunningCluster, desired: Path, tmp_path: Path
) -> None:
    (tmp_path / "virton.toml").write_text("four_eyes = true\n")
    for user, role in (("kim@pve", "Administrator"), ("lee@pve", "PVEAuditor")):
        asyncio.run(let_in(running, user, role))

    def told(*line: str) -> str:
        refused = typed(*line, "--yes", address=address, data=tmp_path)
        assert refused.exit_code in (1, 2), refused.output
        return refused.stderr

    line = ("apply", str(desired))
    assert "a second person has to agree" in told(*line)
    assert "root@pam is who applies" in told(*line, "--second", "root@pam")
    assert "--second: lee@pve may not approve" in told(*line, "--second", "lee@pve")
    assert "--second" in told(*line, "--second", "nobody@pve")
    assert "max_restart" not in running.cluster.files.read("ha/resources.cfg")
    with_kim = {"address": address, "data": tmp_path}
    applied = typed(*line, "--yes", "--second", "kim@pve", **with_kim)
    assert applied.exit_code == 0, applied.output
    assert "a second person has to agree" in told("undo")
    undone = typed("undo", "--yes", "--second", "kim@pve", **with_kim)
    assert undone.exit_code == 0, undone.output
