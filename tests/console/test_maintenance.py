"""Maintenance on the embedded cluster: whole, by every way, through kills and refusals."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.maintained import PASSWORD, Scene, killed_often, press
from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.maintenance.keeper import FILE
from virton.console.maintenance.operation import Maintenance
from virton.console.maintenance.work import Phase, Way
from virton.console.problems import Refusal
from virton.console.settings import ConsoleSettings
from virton.embedded import RunningCluster, start
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    await scene.client.aclose()


def asked(console: Maintenance) -> list[tuple[str, str]]:
    """Return what was asked of the cluster, and for whom."""
    work = console.work
    assert work is not None
    mine = [e for e in work.log if e.who and e.what not in ("began", "finish")]
    return [(entry.what, entry.sid) for entry in mine]


async def test_a_node_is_emptied_serviced_and_brought_back_with_everything(scene: Scene) -> None:
    before = scene.places()
    console = await scene.begun(["phum03"])
    await scene.until(console, lambda: console.is_empty)
    assert "phum03" not in scene.places().values()
    press(console, scene, "finish")
    await scene.until(console, lambda: console.work and console.work.phase is Phase.GATE)
    # all are back by then, also those that HA brings back some rounds later
    assert scene.places() == before
    await scene.until(console, lambda: console.under_way is None)
    assert asked(console) == [
        ("enter", ""),
        ("move", "ct:201"),
        ("leave", ""),
        ("bring_back", "ct:201"),
    ]
    audited = (scene.folder / "audit.log").read_text("utf-8")
    assert '"what":"maintenance move"' in audited


async def test_whom_a_rule_keeps_off_meanwhile_is_not_waited_for(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    await scene.until(console, lambda: console.is_empty)
    away = {
        "rule": "away",
        "type": "node-affinity",
        "resources": "vm:100",
        "nodes": "phum01,phum02",
    }
    rule = away | {"strict": "1"}
    await scene.client.call("POST", "/cluster/ha/rules", scene.session.ticket, rule)
    began = scene.clock.now
    press(console, scene, "finish")
    await scene.until(console, lambda: console.under_way is None)
    assert scene.clock.now - began < 45
    assert scene.places()["vm:100"] != "phum03"
    assert scene.places()["vm:124"] == "phum03"


async def test_killed_at_random_moments_it_goes_on_and_never_says_empty_with_a_running_guest(
    tmp_path: Path,
) -> None:
    assert await killed_often(tmp_path, 4, seed=1) == 4


async def test_a_guest_that_is_started_on_the_empty_node_takes_the_word_back(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    await scene.until(console, lambda: console.is_empty)
    api = scene.client.call
    await api("POST", "/nodes/phum03/qemu/102/status/start", scene.session.ticket, {})
    await scene.step(console)
    assert not console.is_empty, "its start is under way"
    await scene.until(
        console, lambda: console.look is not None and "vm:102" in console.look.running
    )
    assert not console.is_empty


async def test_an_old_look_says_nothing(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    await scene.until(console, lambda: console.is_empty)
    scene.clock.now += 60
    assert not console.is_empty


async def test_one_at_a_time_and_others_are_told_who(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    work = console.work
    assert work is not None
    with pytest.raises(Refusal) as refused:
        console.begin(work, scene.session)
    told = refused.value.error
    assert (told["code"], told["who"], told["node"]) == (
        "maintenance_under_way",
        "root@pam",
        "phum03",
    )


async def test_by_somebodys_own_command_it_is_followed_and_nothing_is_sent(scene: Scene) -> None:
    console = await scene.begun(["phum03"], Way.COMMAND)
    for _ in range(5):
        await scene.step(console)
    assert asked(console) == []
    scene.cluster.world.set_maintenance("phum03", True)
    await scene.until(console, lambda: console.is_empty)
    press(console, scene, "finish")
    scene.cluster.world.set_maintenance("phum03", False)
    await scene.until(console, lambda: console.under_way is None)
    assert asked(console) == [("move", "ct:201"), ("bring_back", "ct:201")]


async def test_guest_by_guest_each_is_moved_off_once(scene: Scene) -> None:
    before = scene.places()
    console = await scene.begun(["phum03"], Way.GUESTS)
    await scene.until(console, lambda: console.is_empty)
    press(console, scene, "finish")
    await scene.until(console, lambda: console.under_way is None)
    moved = [sid for what, sid in asked(console) if what == "move"]
    assert moved == ["vm:100", "vm:124", "ct:201"]
    assert scene.places() == before


async def test_a_rule_keeps_resources_off_and_is_gone_afterwards(tmp_path: Path) -> None:
    scene = Scene(tmp_path, version="9.2.1")
    console = await scene.begun(["phum03"], Way.RULE)
    await scene.until(console, lambda: console.is_empty)
    assert console.look is not None
    assert console.look.rules == {"maintenance-phum03"}
    press(console, scene, "finish")
    await scene.until(console, lambda: console.under_way is None)
    assert console.look.rules == frozenset()
    await scene.client.aclose()


async def test_a_node_may_empty_itself_by_its_reboot(scene: Scene) -> None:
    policy = {"ha": "shutdown_policy=migrate"}
    await scene.console()
    await scene.client.call("PUT", "/cluster/options", scene.session.ticket, policy)
    before = scene.places()
    console = await scene.begun(["phum03"], Way.REBOOT)
    await scene.until(console, lambda: console.under_way is None)
    assert ("reboot", "") in asked(console)
    assert scene.places() == before


async def test_what_is_refused_stops_it_and_says_why(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    scene.cluster.cluster.lab = None
    await scene.step(console)
    work = console.under_way
    assert work is not None
    assert work.trouble is not None
    assert work.paused
    assert (work.trouble["code"], work.trouble["what"]) == ("refused", "enter")
    assert work.trouble["error"]["status"] == 501


async def test_after_a_logout_it_waits_for_its_user_and_goes_on(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    scene.sessions.end(scene.session)
    await scene.step(console)
    assert not console.has_hands
    assert asked(console) == []
    console.lend(await scene.sessions.open("root@pam", PASSWORD, None))
    await scene.until(console, lambda: console.is_empty)


async def test_a_guest_on_its_way_off_is_brought_back_when_the_work_is_ended_early(
    scene: Scene,
) -> None:
    before = scene.places()
    console = await scene.begun(["phum01"])
    await scene.until(console, lambda: ("move", "vm:101") in asked(console))
    press(console, scene, "finish")
    await scene.until(console, lambda: console.under_way is None)
    assert scene.places() == before


async def test_while_paused_nothing_is_asked_for(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    press(console, scene, "pause")
    for _ in range(3):
        await scene.step(console)
    assert [what for what, _ in asked(console)] == ["pause"]
    press(console, scene, "resume")
    await scene.until(console, lambda: console.is_empty)


async def test_what_has_no_effect_is_told_and_not_sent_again(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    await scene.step(console)
    scene.cluster.cluster.files.write("ha/crm_commands", "")
    await scene.until(console, lambda: bool(console.work and console.work.trouble))
    assert [what for what, _ in asked(console)] == ["enter"]
    press(console, scene, "again")
    await scene.until(console, lambda: console.is_empty)


async def test_the_gate_stays_shut_while_a_node_is_away(scene: Scene) -> None:
    console = await scene.begun(["phum03", "phum01"])
    await scene.until(console, lambda: console.is_empty)
    scene.cluster.world.set_power("phum02", False)
    press(console, scene, "finish")
    for _ in range(12):
        await scene.step(console, 20)
    await console.tick()
    work = console.under_way
    assert work is not None
    assert (work.phase, work.at) == (Phase.GATE, 0)
    shut = {fact.kind: fact.names for fact in console.gate if not fact.ok}
    assert shut["nodes"] == ("phum02",)
    press(console, scene, "abort")
    press(console, scene, "pass")
    await scene.until(console, lambda: console.under_way is None)


async def test_the_gate_waits_where_the_next_plan_has_become_another(scene: Scene) -> None:
    console = await scene.begun(["phum03", "phum01"])
    await scene.until(console, lambda: console.is_empty)
    rule = {"rule": "far", "type": "node-affinity", "resources": "vm:999", "nodes": "phum03"}
    await scene.client.call("POST", "/cluster/ha/rules", scene.session.ticket, rule)
    press(console, scene, "finish")
    await scene.until(console, lambda: any(fact.kind == "plan" for fact in console.gate))
    assert [fact.kind for fact in console.gate if not fact.ok] == ["plan"]
    assert console.planned is not None
    assert "vm:999" not in console.planned.moves, "it has gone to phum03 by its new rule"
    press(console, scene, "pass")
    await scene.until(console, lambda: console.work is not None and console.work.at == 1)
    assert console.work is not None
    assert "vm:999" not in console.work.stop.moves


CEPH = "/cluster/ceph/status"
NOOUT = {"OSDMAP_FLAGS": {"summary": {"message": "noout flag(s) set"}}}


async def test_the_gate_waits_for_ceph_where_there_is_one(scene: Scene) -> None:
    console = await scene.begun(["phum03"])
    await scene.until(console, lambda: console.is_empty)
    scene.client.told[CEPH] = {"health": {"status": "HEALTH_WARN", "checks": {"PG_DEGRADED": {}}}}
    press(console, scene, "finish")
    await scene.until(console, lambda: any(fact.kind == "ceph" for fact in console.gate))
    assert [(f.kind, f.names) for f in console.gate if not f.ok] == [("ceph", ("HEALTH_WARN",))]
    scene.client.told[CEPH] = {"health": {"status": "HEALTH_WARN", "checks": NOOUT}}
    await scene.until(console, lambda: console.under_way is None)


async def test_ceph_moves_no_data_meanwhile_where_that_was_agreed_to(scene: Scene) -> None:
    well, kept = {"health": {"status": "HEALTH_OK"}}, {"health": {"status": "HEALTH_WARN"}}
    kept["health"]["checks"] = NOOUT
    scene.client.told = {CEPH: well, "/cluster/ceph/flags/noout": None}
    console = await scene.begun(["phum03"], noout=True)
    await scene.step(console)
    assert asked(console) == [("set_noout", "")]
    scene.client.told[CEPH] = kept
    await scene.until(console, lambda: console.is_empty)
    press(console, scene, "finish")
    await scene.until(console, lambda: ("drop_noout", "") in asked(console))
    assert console.under_way is not None
    scene.client.told[CEPH] = well
    await scene.until(console, lambda: console.under_way is None)


async def test_a_damaged_file_is_laid_aside(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"number": 1}', "utf-8")
    scene = Scene(tmp_path)
    assert (await scene.console()).work is None
    assert (tmp_path / "maintenance.damaged").exists()
    await scene.client.aclose()


# through the console's own door


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[tuple[RunningCluster, Browser, Any]]:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    app = create_app(client, ConsoleSettings(tmp_path, cluster.console_token))
    browser = Browser(app)
    assert (await browser.log_in("root@pam", PASSWORD)).status_code == 200
    yield cluster, browser, app
    await app.state.console.forecasts.end()
    await browser.http.aclose()
    await client.aclose()


async def test_a_plan_is_agreed_to_begun_and_known_to_every_browser(
    seat: tuple[RunningCluster, Browser, Any],
) -> None:
    cluster, browser, app = seat
    refused = await browser.get("/api/maintenance/plan?node=nowhere")
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"] == {"nodes": "not_a_value"}
    lab, cluster.cluster.lab = cluster.cluster.lab, None
    plan = (await browser.get("/api/maintenance/plan?node=phum02")).json()
    assert plan["offers"] == ["command", "guests"], "without such a shell"
    cluster.cluster.lab = lab
    plan = (await browser.get("/api/maintenance/plan?node=phum03")).json()
    assert plan["offers"] == ["mode", "command", "guests"]
    assert [row["sid"] for row in plan["steps"][0]["moves"]] == ["vm:100", "vm:124"]
    assert all(row["says"] for row in plan["steps"][0]["moves"])
    agreed = {"nodes": ["phum03"], "way": "mode", "digest": plan["digest"]}
    other = {**agreed, "digest": "0" * 16}
    refused = await browser.write("POST", "/api/maintenance", other)
    assert refused.json()["error"]["code"] == "plan_changed"
    begun = await browser.write("POST", "/api/maintenance", agreed)
    assert begun.json()["work"]["who"] == "root@pam"
    early = await browser.write("POST", "/api/maintenance/power", {"command": "reboot"})
    assert early.json()["error"]["code"] == "not_empty"
    second = Browser(app)
    await second.log_in("root@pam", PASSWORD)
    again = await second.write("POST", "/api/maintenance", agreed)
    assert again.json()["error"]["code"] == "maintenance_under_way"
    console = app.state.console.maintenance
    for _ in range(12):
        await console.tick()
        cluster.world.step(10)
    await console.tick()
    shown = (await second.get("/api/maintenance")).json()
    assert (shown["empty"], shown["look"]["running"], shown["look"]["tasks"]) == (True, [], [])
    rebooted = await browser.write("POST", "/api/maintenance/power", {"command": "reboot"})
    assert rebooted.status_code == 200
    not_now = await browser.write("POST", "/api/maintenance/pass", {})
    assert not_now.json()["error"]["code"] == "not_now"


@pytest.mark.parametrize(
    ("privileges", "lacks"),
    [("Sys.Audit,VM.Audit", "Sys.Console"), ("Sys.Audit,Sys.Console", "VM.Audit")],
)
async def test_who_may_not_change_ha_or_not_see_every_guest_begins_nothing(
    seat: tuple[RunningCluster, Browser, Any], privileges: str, lacks: str
) -> None:
    cluster, browser, _ = seat
    api = ProxmoxClient.in_process(cluster.app)
    root = await ClusterApi(api).log_in("root@pam", PASSWORD, 0)
    for method, path, params in (
        ("POST", "/access/users", {"userid": "eye@pve", "password": PASSWORD}),
        ("POST", "/access/roles", {"roleid": "Eye", "privs": privileges}),
        ("PUT", "/access/acl", {"path": "/", "users": "eye@pve", "roles": "Eye"}),
    ):
        await api.call(method, path, root, params)
    await browser.log_in("eye@pve", PASSWORD)
    agreed = {"nodes": ["phum03"], "way": "mode", "digest": ""}
    refused = await browser.write("POST", "/api/maintenance", agreed)
    assert refused.status_code == 403
    assert lacks in refused.json()["error"]["message"]
    assert (await browser.get("/api/maintenance")).json() == {"work": None}
    await api.aclose()
