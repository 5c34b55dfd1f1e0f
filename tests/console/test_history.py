"""The console's memory: what happened to the cluster is found again, whoever watched."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.console.visit import Browser
from tests.keeping.fresh import fresh_history
from virton.console.app import create_app
from virton.console.clock import SystemClock
from virton.console.settings import ConsoleSettings
from virton.console.watch.chronicle import Chronicle, sight_of
from virton.console.watch.journals import Journals
from virton.console.watch.readings import Part, Readings
from virton.embedded import RunningCluster, start
from virton.ha.events import Record
from virton.keeping.database import Trouble
from virton.proxmox import ProxmoxClient
from virton.proxmox.reading import StatusReading
from virton.proxmox.sight import Looks
from virton.story.told import Teller

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"
STEP_S = 10


class WorldClock(SystemClock):
    """The console lives in the cluster's time."""

    def __init__(self, cluster: RunningCluster) -> None:
        self._cluster = cluster

    def time(self) -> float:
        """Return the cluster's time."""
        return float(self._cluster.world.now())

    def monotonic(self) -> float:
        """Return the cluster's time."""
        return self.time()


@dataclass
class Desk:
    """A console with a memory, on the embedded cluster."""

    cluster: RunningCluster
    browser: Browser
    chronicle: Chronicle

    async def pass_by(self, seconds: int, step_s: int = STEP_S) -> None:
        """Let time pass while the console looks now and then."""
        for _ in range(seconds // step_s):
            self.cluster.world.step(step_s)
            await self.browser.get("/api/snapshot?fresh=1")
            await self.chronicle.write_down()

    async def history(self, query: str = "") -> list[dict[str, Any]]:
        """Return what happened, oldest first."""
        answer = await self.browser.get(f"/api/history?limit=200&{query}")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows[::-1]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    address = fresh_history(tmp_path)
    settings = ConsoleSettings(tmp_path, cluster.console_token, history=address)
    app = create_app(client, settings, WorldClock(cluster))
    browser = Browser(app)
    assert (await browser.log_in("root@pam", PASSWORD)).status_code == 200
    chronicle = app.state.console.poller.chronicle
    yield Desk(cluster, browser, chronicle)
    await browser.http.aclose()
    await client.aclose()


async def test_a_lost_node_is_told_from_its_loss_to_the_recovery(desk: Desk) -> None:
    await desk.pass_by(20)
    desk.cluster.world.set_network("phum03", False)
    await desk.pass_by(240)
    told = await desk.history("whom=phum03&whom=vm:100&lang=ko")
    assert [row["kind"] for row in told if row["kind"] != "resource.started"] == [
        "node.unreachable",
        "node.lost",
        "node.fencing",
        "node.fenced",
        "resource.recovered",
    ]
    (recovered,) = [row for row in told if row["kind"] == "resource.recovered"]
    assert (
        recovered["says"]
        == f"VM 100 (LOTCES-WIN)이 {recovered['facts']['node']}에서 복구되었습니다(이전 노드 phum03)."
    )
    assert "phum03" in recovered["because"]


@pytest.mark.usefixtures("played_here")
async def test_each_change_of_an_apply_names_who_asked_for_it_and_the_plan(desk: Desk) -> None:
    await desk.pass_by(20)
    for kind, name, values in (
        ("rules", "near", {"type": "node-affinity", "resources": ["vm:121"], "nodes": ["phum01"]}),
        ("resources", "vm:121", {"comment": "second"}),
    ):
        body = {"kind": kind, "name": name, "values": values}
        answer = await desk.browser.write("POST", "/api/plans/entries", body)
        assert answer.status_code == 200, answer.text
    look = (await desk.browser.get("/api/plans/look")).json()["look"]
    begun = await desk.browser.write("POST", "/api/plans/apply", {"look": look})
    assert begun.status_code == 200, begun.text
    console: Any = desk.browser._app.state.console  # type: ignore[attr-defined]
    await console.plans.ended()
    await desk.pass_by(20)
    rows = [row for row in await desk.history("lang=en") if "plan" in row["facts"]]
    assert sorted((row["kind"], row["whom"], row["facts"]["who"]) for row in rows) == [
        ("resource.changed", "vm:121", "root@pam"),
        ("rule.added", "near", "root@pam"),
    ]
    assert all(row["says"].endswith("(asked by root@pam, plan 1)") for row in rows)
    audit = (await desk.browser.get("/api/history/deeds?lang=en")).json()["rows"]
    assert {"POST /api/rules", "PUT /api/resources/vm:121"} <= {one["what"] for one in audit}


async def test_the_stack_itself_tells_when_and_why(desk: Desk) -> None:
    await desk.pass_by(20)
    await desk.browser.write(
        "POST", "/api/resources/vm:121/move", {"node": "phum02", "how": "migrate"}
    )
    await desk.pass_by(60)
    told = {row["kind"]: row for row in await desk.history()}
    moved = told["resource.moved"]
    assert (moved["whom"], moved["facts"]["node"]) == ("vm:121", "phum02")
    assert moved["told"]
    assert moved["from"] == moved["to"]
    assert told["asked"]["facts"] == {"command": "migrate vm:121 phum02", "who": "root@pam"}
    assert moved["because"] is not None
    assert [(step["kind"], step["who"]) for step in moved["chain"]] == [("asked", "root@pam")]
    await desk.browser.write("PUT", "/api/resources/vm:100", {"state": "stopped"})
    settings = (await desk.browser.get("/api/ha/settings")).json() | {"shutdown_policy": "migrate"}
    await desk.browser.write("PUT", "/api/ha/settings", settings)
    await desk.pass_by(60)
    rows = await desk.history("whom=vm:121&whom=vm:100&lang=en")
    assert [(row["kind"], row["facts"].get("who")) for row in rows] == [
        ("asked", "root@pam"),
        ("resource.moved", None),
        ("resource.changed", "root@pam"),
        ("resource.stopped", None),
    ]
    assert rows[0]["says"].endswith("(asked by root@pam)")
    assert [step["kind"] for step in rows[-1]["chain"]] == ["resource.changed"]
    (changed,) = await desk.history("kind=settings.changed")
    was = {"changed": ["shutdown_policy"], "was": [""], "now": ["migrate"]}
    assert changed["facts"] == {**was, "who": "root@pam"}
    await desk.browser.write("POST", "/api/ha/disarm", {"mode": "freeze"})
    await desk.pass_by(30)
    kinds = [row["kind"] for row in await desk.history()]
    # that they were frozen was seen before the journal was read that tells who asked for it
    assert kinds.index("resource.frozen") > len(kinds) - kinds[::-1].index("asked") - 1


def test_a_look_at_a_clock_that_goes_faster_begins_when_it_began() -> None:
    looked = Part(StatusReading(), at=101.0, took_s=1.0, address="pve1")
    # it was 60 s ahead at the look before, and is 119 s ahead at the end of this one
    readings = Readings(status=looked, ahead_s=119.0)
    sight = sight_of(readings, Looks(), before_s=60.0)
    assert sight is not None
    assert (sight.from_s, sight.to_s) == (160.0, 220.0)


RULE = {"type": "node-affinity", "resources": ["vm:100"], "strict": True}
ABSENCE: Sequence[tuple[int, str, str, dict[str, Any]]] = [
    (60, "POST", "resources/vm:121/move", {"node": "phum02", "how": "migrate"}),
    (60, "POST", "resources/vm:121/move", {"node": "phum03", "how": "relocate"}),
    (60, "POST", "resources/vm:121/move", {"node": "phum01", "how": "migrate"}),
    (60, "POST", "rules", {"rule": "r1", "nodes": [{"node": "phum02"}], **RULE}),
    (60, "PUT", "rules/r1", {"nodes": [{"node": "phum01"}], **RULE}),
    (60, "POST", "ha/disarm", {"mode": "freeze"}),
    (60, "POST", "ha/arm", {}),
    (120, "POST", "lab", {"action": "maintenance", "node": "phum01", "on": True}),
    (120, "POST", "lab", {"action": "maintenance", "node": "phum01", "on": False}),
    (60, "POST", "ha/disarm", {"mode": "ignore"}),
    (60, "POST", "ha/arm", {}),
    (300, "POST", "lab", {"action": "network", "node": "phum03", "on": False}),
    (0, "POST", "lab", {"action": "network", "node": "phum03", "on": True}),
    (300, "POST", "lab", {"action": "power", "node": "phum03", "on": True}),
    (60, "PUT", "resources/vm:122", {"state": "stopped"}),
    (60, "PUT", "resources/vm:122", {"state": "started"}),
    (60, "POST", "lab", {"action": "crash", "sid": "vm:100"}),
    (0, "POST", "lab", {"action": "fail_starts", "sid": "vm:999", "count": 20}),
    (200, "POST", "lab", {"action": "crash", "sid": "vm:999"}),
    (300, "POST", "lab", {"action": "power", "node": "phum02", "on": False}),
    (300, "POST", "lab", {"action": "power", "node": "phum02", "on": True}),
]


async def test_an_hour_of_absence_leaves_nothing_out(desk: Desk) -> None:
    await desk.pass_by(20)
    master, records = desk.chronicle.journals.teller.master, list[Record]()
    desk.cluster.world.listeners.append(records.append)
    for seconds, method, path, body in ABSENCE:
        answer = await desk.browser.write(method, f"/api/{path}", body)
        assert answer.status_code == 200, (path, answer.text)
        desk.cluster.world.step(seconds)
    desk.cluster.world.step(1000)
    teller = Teller(master=master)
    true = sorted(
        (str(one.kind), one.whom, round(one.to_s * 1000), one.facts.get("node"))
        for record in records
        for one in teller.hear(record)
    )
    await desk.pass_by(60)
    rows = await desk.history()
    until_ms = round(records[-1].time_s * 1000)
    heard = [row for row in rows if row["told"] and row["to"] <= until_ms]
    assert true == sorted(
        (row["kind"], row["whom"], row["to"], row["facts"].get("node")) for row in heard
    )
    moves = [row for row in rows if row["kind"] in ("resource.moved", "resource.recovered")]
    assert len(moves) >= 12
    assert sum(bool(row["because"]) for row in moves) >= 0.95 * len(moves)
    led = {step["kind"] for row in moves for step in row["chain"]}
    assert led >= {"asked", "rule.added", "maintenance.begun", "node.fenced"}


async def test_a_filter_and_pages_lead_through_the_history(desk: Desk) -> None:
    await desk.pass_by(10)
    for count in range(4):
        await desk.browser.write("PUT", "/api/resources/vm:100", {"max_restart": count + 2})
        await desk.pass_by(STEP_S)
    changed = await desk.history("kind=resource.changed")
    assert [(row["facts"]["was"], row["facts"]["now"]) for row in changed] == [
        ([was], [now]) for was, now in zip(["", "2", "3", "4"], "2345", strict=True)
    ]
    assert changed[1]["says"].endswith("변경되었습니다: 최대 재시작 2 → 3. (요청: root@pam)")
    first = (await desk.browser.get("/api/history?kind=resource.changed&limit=3")).json()
    rest = await desk.browser.get(f"/api/history?kind=resource.changed&after={first['after']}")
    assert [row["number"] for row in first["rows"] + rest.json()["rows"]] == [
        row["number"] for row in changed[::-1]
    ]


async def test_a_past_moment_is_shown_as_it_stood(desk: Desk) -> None:
    await desk.pass_by(10)
    before_ms = round((await desk.browser.get("/api/snapshot")).json()["now"] * 1000)
    await desk.browser.write("DELETE", "/api/resources/vm:100")
    await desk.pass_by(20)
    sids = {
        at_ms: {row["sid"] for row in (await _moment(desk, at_ms))["resources"]}
        for at_ms in (before_ms, before_ms + 600_000)
    }
    assert sids[before_ms] - sids[before_ms + 600_000] == {"vm:100"}


async def _moment(desk: Desk, at_ms: int) -> dict[str, Any]:
    answer = await desk.browser.get(f"/api/history/moment?at={at_ms}")
    body: dict[str, Any] = answer.json()
    return body


NO_QUESTIONS = (
    "since=soon",
    "after=1",
    "after=a.b",
    f"after={'9' * 30}.1",
    f"after=1.{'9' * 17}",
    "limit=-1",
)


async def test_a_question_that_is_none_is_refused(desk: Desk) -> None:
    await desk.pass_by(STEP_S)
    for query in NO_QUESTIONS:
        answer = await desk.browser.get(f"/api/history?{query}")
        assert answer.status_code == 400, query
        assert query.partition("=")[0] in answer.json()["error"]["fields"], query


def read_only(engine: Engine, switch: str) -> None:
    """Let nothing be written through an engine, or everything again."""

    @event.listens_for(engine, "checkout")
    def _(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA query_only = {switch}")


async def test_what_cannot_be_written_now_is_written_later(desk: Desk, tmp_path: Path) -> None:
    await desk.pass_by(10)
    books = desk.chronicle.books
    assert books is not None
    read_only(books.history.engine, "ON")
    await desk.browser.write("PUT", "/api/resources/vm:100", {"max_restart": 5})
    await desk.pass_by(STEP_S)
    assert desk.chronicle.trouble is Trouble.READ_ONLY
    read_only(books.history.engine, "OFF")
    await desk.pass_by(STEP_S)
    assert desk.chronicle.trouble is None
    assert len(await desk.history("kind=resource.changed")) == 1


async def test_whatever_goes_wrong_with_a_look_the_next_is_written_down(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.pass_by(10)
    chronicle = desk.chronicle
    writer = asyncio.create_task(chronicle.run())

    async def look(*, writing: bool) -> None:
        desk.cluster.world.step(STEP_S)
        await desk.browser.get("/api/snapshot?fresh=1")
        for _ in range(6000):
            if chronicle.is_writing == writing:
                return
            await asyncio.sleep(0.01)

    async def news(*_: Any) -> None:
        raise TypeError("nobody thought of this")

    with monkeypatch.context() as patched:
        patched.setattr(Journals, "news", news)
        await desk.browser.write("PUT", "/api/resources/vm:100", {"max_restart": 5})
        await look(writing=False)
        assert not writer.done()
        assert not chronicle.is_writing
        assert "a look of the chronicle failed" in caplog.text
    await look(writing=True)
    assert chronicle.is_writing
    assert len(await desk.history("kind=resource.changed")) == 1
    writer.cancel()


async def test_where_nobody_watched_the_history_says_so(desk: Desk, tmp_path: Path) -> None:
    await desk.pass_by(10)
    desk.cluster.world.step(1800)
    await desk.pass_by(STEP_S)
    gap = [row for row in await desk.history() if row["kind"].startswith("console.")]
    assert [row["kind"] for row in gap] == ["console.blind", "console.seeing"]
    assert gap[1]["to"] - gap[0]["to"] == pytest.approx(1_805_000, abs=10_000)


async def test_a_console_that_begins_anew_knows_until_when_the_one_before_watched(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.pass_by(60)
    desk.cluster.world.step(600)
    later = Chronicle(f"sqlite:///{tmp_path}/history.sqlite", desk.chronicle.journals)
    app: Any = desk.browser._app
    poller = app.state.console.poller
    poller.chronicle = later
    await poller.poll_once()
    await later.write_down()
    kinds = [row["kind"] for row in await desk.history() if row["kind"].startswith("console.")]
    assert kinds == ["console.blind", "console.seeing"]
