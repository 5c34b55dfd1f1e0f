"""Changes collected in the page: looked at together, approved by a second person, applied once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.clock import SystemClock
from virton.console.settings import ConsoleSettings
from virton.embedded import RunningCluster, start
from virton.plans.records import Records
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("played_here")]
PASSWORD = "a password for tests"
FILE = """version: 1
prune: [rules]
rules:
  near:  # ours
    type: node-affinity
    resources: [vm:100]
    nodes: [phum01]
fault_domains: {1: [phum01]}
groups: {web: [vm:121]}
objectives: {}
"""


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

    async def look(self) -> str:
        return str((await self.told("/api/plans/look"))["look"])

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


async def test_an_undo_tells_what_stands_elsewhere_and_restores_each_byte_where_it_shall(
    seat: Seat,
) -> None:
    files = seat.cluster.cluster.files
    text = "node-affinity: {}\n\tnodes phum01,phum02,phum03\n\tresources vm:{}\n\n"
    files.write("ha/rules.cfg", before := text.format("aa", 122) + text.format("bb", 124))
    await seat.collect("rules", "aa", None)
    assert await seat.act("apply", look=await seat.look()) == (200, "")
    told = await seat.told("/api/plans/undo/1?lang=en")
    assert [step["says"].partition(":")[0] for step in told["steps"]] == ["add rule aa"]
    assert told["places"]
    assert await seat.act("undo", number=1, exact="yes") == (400, "exact: must be true or false")
    assert await seat.act("undo", number=1, exact=True) == (200, "")
    assert files.read("ha/rules.cfg") == before
    gone = await seat.root.get("/api/plans/undo/1?lang=en")
    assert gone.json()["error"]["detail"] == "there is nothing to undo"


async def test_a_file_is_collected_whole_and_what_is_wrong_is_named(seat: Seat) -> None:
    old = "resource-affinity: old\n\taffinity negative\n\tresources vm:121,vm:122\n\n"
    seat.cluster.cluster.files.write("ha/rules.cfg", old)
    answer = await seat.root.write("POST", "/api/plans/entries", {"text": FILE})
    assert [(e["kind"], e["name"]) for e in answer.json()["entries"]] == [
        ("rules", "near"),
        ("fault_domains", "1"),
        ("prune", "rules"),
    ]
    look = await seat.told("/api/plans/look?lang=en")
    pruned = {step["name"] for step in look["steps"] if step["verb"] == "remove"}
    assert pruned == {"old"}
    wrong = {"text": "version: 1\nrules:\n  near: {type: node}\n"}
    refused = await seat.root.write("POST", "/api/plans/entries?lang=en", wrong)
    assert refused.status_code == 400
    assert "rules.near.type: must be one of" in refused.json()["error"]["detail"]
    for entry in ("rules/near", "prune/rules", "fault_domains/1"):
        left = await seat.root.write("DELETE", f"/api/plans/entries/{entry}")
    assert left.json()["entries"] == []
    assert await seat.act("apply", look=await seat.look()) == (409, "Nothing to change.")
    assert (await seat.act("apply", look=7))[1] == "look: must be a text"


async def test_what_another_process_applies_is_told_with_who_and_why(seat: Seat) -> None:
    await seat.collect("resources", "vm:100", {"max_restart": 3})
    look = await seat.look()
    note = {"who": "kim@pam", "why": "racks", "since": "noon"}
    with Records(seat.data, "virton").alone(note):
        told = await seat.act("apply", look=look)
    assert told == (409, "kim@pam is applying since noon: racks")


async def test_what_is_collected_during_an_apply_stays_and_a_cluster_that_changed_is_looked_at_again(
    seat: Seat,
) -> None:
    near = {"type": "node-affinity", "resources": ["vm:100"], "nodes": ["phum01"]}
    await seat.collect("rules", "near", near)
    look = await seat.look()
    edit = {"max_restart": 5, "state": "started"}
    assert (await seat.root.write("PUT", "/api/resources/vm:121", edit)).status_code == 200
    refused = await seat.act("apply", look=look)
    assert refused[0] == 409
    assert "resource vm:121: now max_restart=5" in refused[1]
    assert "changed by root@pam" in refused[1]
    clock = Waits()
    look, book = await seat.look(), seat.app.state.console.plans
    book._clock = clock
    body = {"look": look, "why": ""}
    assert (await seat.root.write("POST", "/api/plans/apply", body)).status_code == 200
    await asyncio.wait_for(clock.asleep.wait(), 60)
    assert book.is_busy
    await seat.collect("resources", "vm:122", {"max_restart": 4})
    clock.awake.set()
    await book.ended()
    told = await seat.told("/api/plans?lang=en")
    assert [entry["name"] for entry in told["entries"]] == ["near", "vm:122"]
    [record] = told["records"]
    assert (record["state"], record["done"]) == ("stopped", 1)
    assert "not at rest" in record["stopped"]
    assert (await seat.act("apply", look=await seat.look()))[1].startswith("An apply was stopped")
    assert await seat.act("close", number=record["number"]) == (200, "")
    assert (await seat.told())["records"][0]["state"] == "closed"
    assert await seat.act("apply", look=await seat.look()) == (200, "")


class Waits(SystemClock):
    """A clock whose first sleep lasts until the test ends it, and the others no time."""

    def __init__(self) -> None:
        self.asleep, self.awake = asyncio.Event(), asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await self.awake.wait()


async def test_a_disk_or_a_record_that_fails_is_told(seat: Seat) -> None:
    await seat.collect("resources", "vm:100", {"max_restart": 3})
    look = await seat.look()
    (seat.data / "plan-draft.new").mkdir()
    left = await seat.root.write("DELETE", "/api/plans/entries/resources/vm:100")
    assert left.status_code == 507
    assert len((await seat.told())["entries"]) == 1
    assert await seat.act("apply", look=look) == (200, "")
    told = await seat.told()
    assert told["records"][0]["state"] == "done"
    assert "plan-draft.new" in told["trouble"]  # what was applied stays in the draft
    (path,) = seat.data.glob("applies/*/000001.json")
    path.write_text(path.read_text().replace('"kind"', '"kinds"', 1))
    told = await seat.told("/api/plans?lang=en")
    assert "000001.json is damaged: strides.0.edit.kind: is missing" in told["trouble"]
    assert (await seat.act("undo", number=1))[0] == 500


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
    await seat.collect("resources", "vm:100", {"max_restart": 3})
    look = await seat.look()
    assert "second person" in (await seat.act("apply", look=look))[1]
    assert "second person" in (await seat.act("approve", look=look))[1]
    assert await seat.act("approve", second, look=look) == (200, "")
    changed = await seat.collect("resources", "vm:121", {"max_restart": 3})
    assert changed["approved_by"] == []  # what was approved is not what would be applied
    assert (await seat.act("apply", look=look))[0] == 409
    assert (await seat.act("approve", second, look=look))[0] == 409
    assert await seat.act("approve", second, look=await seat.look()) == (200, "")
    await api.change_resource("vm:100", {"max_restart": 7})
    look = await seat.look()  # the same draft would do something else now
    assert "has to be approved again" in (await seat.act("apply", look=look))[1]
    assert await seat.act("approve", second, look=look) == (200, "")
    assert await seat.act("apply", look=look) == (200, "")
    assert "max_restart 3" in seat.cluster.cluster.files.read("ha/resources.cfg")
    assert "second person" in (await seat.act("undo", number=1))[1]
    assert await seat.act("approve-undo", number=1) == (200, "")
    assert "second person" in (await seat.act("undo", number=1))[1]
    assert await seat.act("approve-undo", second, number=1) == (200, "")
    assert (await seat.told())["records"][0]["undo_approved_by"] == ["kim@pve", "root@pam"]
    assert await seat.act("undo", number=1) == (200, "")
    assert "max_restart 7" in seat.cluster.cluster.files.read("ha/resources.cfg")
