"""Changes collected in the page: looked at together, approved by a second person, applied once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import RunningCluster, start
from virton.plans.records import Records
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"


@dataclass
class Seat:
    """A console on the embedded cluster, and root before it."""

    cluster: RunningCluster
    app: Starlette
    root: Browser
    data: Path

    async def told(self, path: str = "/api/plans") -> dict[str, Any]:
        answer = await self.root.get(path)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def collect(self, kind: str, name: str, values: Any) -> dict[str, Any]:
        body = {"kind": kind, "name": name, "values": values}
        answer = await self.root.write("POST", "/api/plans/entries", body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def act(self, what: str, who: Browser | None = None, **body: Any) -> tuple[int, str]:
        answer = await (who or self.root).write("POST", f"/api/plans/{what}?lang=en", body)
        await self.app.state.console.plans.ended()
        return answer.status_code, answer.json().get("error", {}).get("detail", "")


async def opened(folder: Path, *, four_eyes: bool = False) -> Seat:
    cluster = start(folder, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    settings = ConsoleSettings(folder, cluster.console_token, four_eyes=four_eyes)
    app = create_app(client, settings)
    root = Browser(app)
    assert (await root.log_in("root@pam", PASSWORD)).status_code == 200
    return Seat(cluster, app, root, folder)


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    seat = await opened(tmp_path)
    yield seat
    await seat.root.http.aclose()


async def test_changes_are_looked_at_together_applied_once_and_undone(seat: Seat) -> None:
    await seat.collect("resources", "vm:100", {"max_restart": 3})
    draft = await seat.collect("resources", "vm:121", {"state": "started", "comment": "둘째"})
    assert [(e["name"], e["by"]) for e in draft["entries"]] == [
        ("vm:100", "root@pam"),
        ("vm:121", "root@pam"),
    ]
    look = await seat.told("/api/plans/look?lang=en")
    assert [step["says"] for step in look["steps"]] == [
        "change resource vm:100: max_restart 1 → 3",
        "change resource vm:121: comment – → 둘째",
    ]
    assert (await seat.act("apply", digest="old"))[0] == 409
    assert await seat.act("apply", digest=look["digest"], why="racks") == (200, "")
    read = seat.cluster.cluster.files.read
    assert "max_restart 3" in read("ha/resources.cfg")
    told = await seat.told()
    assert told["entries"] == []
    [record] = told["records"]
    assert (record["who"], record["why"], record["state"]) == ("root@pam", "racks", "done")
    assert await seat.act("undo", number=record["number"]) == (200, "")
    assert "max_restart" not in read("ha/resources.cfg")


async def test_a_file_is_collected_whole_and_what_is_wrong_is_named(seat: Seat) -> None:
    text = "version: 1\nrules:\n  near:  # ours\n    type: node-affinity\n    resources: [vm:100]\n    nodes: [phum01]\n"
    answer = await seat.root.write("POST", "/api/plans/entries", {"text": text})
    assert [entry["name"] for entry in answer.json()["entries"]] == ["near"]
    wrong = {"text": "version: 1\nrules:\n  near: {type: node}\n"}
    refused = await seat.root.write("POST", "/api/plans/entries?lang=en", wrong)
    assert refused.status_code == 400
    assert "rules.near.type: must be one of" in refused.json()["error"]["detail"]
    left = await seat.root.write("DELETE", "/api/plans/entries/rules/near")
    assert left.json()["entries"] == []
    assert await seat.act("apply", digest=left.json()["digest"]) == (409, "Nothing to change.")


async def test_what_another_process_applies_is_told_with_who_and_why(seat: Seat) -> None:
    draft = await seat.collect("resources", "vm:100", {"max_restart": 3})
    note = {"who": "kim@pam", "why": "racks", "since": "noon"}
    with Records(seat.data, "virton").alone(note):
        told = await seat.act("apply", digest=draft["digest"])
    assert told == (409, "kim@pam is applying since noon: racks")


async def test_with_four_eyes_a_plan_waits_for_a_second_person(tmp_path: Path) -> None:
    seat = await opened(tmp_path, four_eyes=True)
    api = ClusterApi(ProxmoxClient.in_process(seat.cluster.app))
    api.credentials = await api.log_in("root@pam", PASSWORD, 0)
    kim = {"userid": "kim@pve", "password": PASSWORD}
    await api.client.call("POST", "/access/users", api.credentials, kim)
    grant = {"path": "/", "users": "kim@pve", "roles": "Administrator"}
    await api.client.call("PUT", "/access/acl", api.credentials, grant)
    second = Browser(seat.app)
    assert (await second.log_in("kim@pve", PASSWORD)).status_code == 200
    draft = await seat.collect("resources", "vm:100", {"max_restart": 3})
    digest = draft["digest"]
    assert "second person" in (await seat.act("apply", digest=digest))[1]
    assert "second person" in (await seat.act("approve", digest=digest))[1]
    assert await seat.act("approve", second, digest=digest) == (200, "")
    changed = await seat.collect("resources", "vm:121", {"max_restart": 3})
    assert changed["approved_by"] == []  # what was approved is not what would be applied
    assert (await seat.act("apply", digest=changed["digest"]))[0] == 409
    assert await seat.act("approve", second, digest=changed["digest"]) == (200, "")
    assert await seat.act("apply", digest=changed["digest"]) == (200, "")
    assert "max_restart 3" in seat.cluster.cluster.files.read("ha/resources.cfg")
