"""The Snapshot and its stream: one poller for all, fresh part by part, said only when new."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.console.visit import Visit, settle, visiting
from tests.proxmox.playback import NOW, Playback, Raw, Refusal, lrm, service

pytestmark = pytest.mark.anyio
ROUND = 6
"""Requests of a round, after the first: two for the status, two for the nodes, two more."""
EMBEDDED = "http://embedded"
QUICK = {"slow_s": None, "address": EMBEDDED, "age_s": 0.0}


async def snapshot(visit: Visit, path: str = "/api/snapshot") -> dict[str, Any]:
    browser = visit.browsers[0] if visit.browsers else await visit.logged_in()
    response = await browser.get(path)
    assert response.status_code == 200
    body = response.json()
    assert isinstance(body, dict)
    return body


def reads(visit: Visit) -> int:
    return sum(path.startswith(("/cluster", "/version")) for path in visit.cluster.paths())


async def test_nobody_sees_the_cluster_without_a_session(visit: Visit) -> None:
    for path in ("/api/snapshot", "/api/stream", "/api/lab"):
        assert (await visit.browser().get(path)).status_code == 401


async def test_the_snapshot_puts_the_answers_together(visit: Visit) -> None:
    told = await snapshot(visit)
    assert told["now"] == NOW
    assert told["cluster"] == {
        "name": "lab",
        "version": "9.2.1",
        "rules_supported": True,
        "groups": [],
        "lab": False,
        "votes": 3,
        "addresses": [{"address": EMBEDDED, "ok": True, "error": None, "answering": True}],
        "features": {
            "rules": True,
            "disarm": False,
            "purge": True,
            "auto_rebalance": False,
            "negative_node_affinity": False,
        },
        "read_only": None,
        "clock": {"now": NOW - 2, "runs": False, "skew_s": None},
        "token": None,
        "unwatched": False,
        "unkept": None,
        "audit": None,
    }
    assert told["parts"]["status"] == {"at": NOW, "ok": True, "error": None} | QUICK
    assert told["quorum"] == {"ok": True, "node": "phum01"}
    assert told["master"] == {"node": "phum01", "state": "active", "at": NOW - 2}
    assert told["fencing"] == {"armed_state": "armed", "resource_mode": None}
    assert [node["name"] for node in told["nodes"]] == ["phum01", "phum02", "phum03"]
    assert told["nodes"][1] == {
        "name": "phum02",
        "online": True,
        "lost": False,
        "ha_state": "online",
        "lrm": {
            "state": "wait_for_agent_lock",
            "mode": "active",
            "display": "idle",
            "watchdog": "standby",
            "at": NOW - 3,
        },
        "cpu": 0.05,
        "maxcpu": 24,
        "mem": 8 << 30,
        "maxmem": 128 << 30,
    }


async def test_a_resource_row_joins_configuration_status_and_guest(visit: Visit) -> None:
    first, second = (await snapshot(visit))["resources"]
    assert first["extra"] == {"tomorrow": 7}
    assert second == {
        "sid": "vm:121",
        "type": "vm",
        "vmid": 121,
        "name": "ct",
        "node": "phum01",
        "state": "migrate",
        "crm_state": "migrate",
        "request_state": "started",
        "max_restart": 1,
        "max_relocate": 1,
        "failback": False,
        "auto_rebalance": None,
        "comment": "the ct",
        "group": None,
        "target": "phum02",
        "failed_nodes": [],
        "repair": None,
        "errors": {},
        "extra": {},
        "configured": True,
        "guest": "running",
        "down": False,
        "last_known": False,
        "arrival": None,
    }


async def test_guests_that_are_not_under_ha_are_listed_apart(visit: Visit) -> None:
    told = await snapshot(visit)
    assert [guest["sid"] for guest in told["guests"]] == ["ct:200"]
    assert told["guests"][0]["name"] == "dns"


async def test_rules_come_in_their_order_with_what_is_wrong_in_them(visit: Visit) -> None:
    told = await snapshot(visit)
    assert told["rules_digest"] == "r1"
    assert told["rules"][0]["nodes"] == [
        {"node": "phum02", "priority": 2},
        {"node": "phum01", "priority": 0},
    ]
    assert told["rules"][0]["errors"] == {"resources": ["one thing", "another"]}
    assert told["rules"][0]["strict"] is True


async def test_a_resource_just_added_waits_and_one_being_removed_is_still_shown(
    visit: Visit,
) -> None:
    visit.cluster.answers["/cluster/ha/resources"].append({"sid": "ct:200", "type": "ct"})
    visit.cluster.answers["/cluster/ha/status/current"].append(
        service("vm:7", "phum01", "deleting", request_state=None)
    )
    rows = {row["sid"]: row for row in (await snapshot(visit))["resources"]}
    assert list(rows) == ["ct:200", "vm:7", "vm:100", "vm:121"]
    assert rows["ct:200"]["state"] == "queued"
    assert rows["vm:7"]["state"] == "deleting"


async def test_a_failing_part_keeps_its_last_good_data_and_its_age(visit: Visit) -> None:
    good = await snapshot(visit)
    visit.cluster.answers["/cluster/ha/resources"] = Refusal(500, "cfs-lock failed")
    await visit.clock.step(10)
    told = await snapshot(visit)
    assert told["resources"] == good["resources"]
    assert told["parts"]["resources"]["ok"] is False
    assert told["parts"]["resources"]["at"] == NOW
    assert told["parts"]["resources"]["error"]["message"] == "cfs-lock failed"
    assert told["parts"]["status"] == {"at": NOW + 10, "ok": True, "error": None} | QUICK


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Refusal(500, "boom"), "cluster"),
        (Refusal(403, "Permission check failed (/, Sys.Audit)"), "forbidden"),
        (Refusal(595, "No route to host"), "peer"),
        (Raw(200, b"<html>"), "protocol"),
        (Raw(200, b'{"data": [', "application/json"), "protocol"),
        ([None, 3], "protocol"),
        ({"not": "a list"}, "protocol"),
    ],
)
async def test_the_page_recovers_from_each_fault_by_itself(
    visit: Visit, answer: Any, code: str
) -> None:
    path = "/cluster/ha/status/current"
    good, visit.cluster.answers[path] = visit.cluster.answers[path], answer
    told = await snapshot(visit)
    assert told["parts"]["status"]["error"]["code"] == code
    assert told["parts"]["status"]["at"] is None
    assert told["resources"][0]["state"] is None
    assert told["parts"]["nodes"]["ok"] is True
    visit.cluster.answers[path] = good
    await visit.clock.step(2)
    assert (await snapshot(visit))["parts"]["status"]["ok"] is True


async def test_retrying_asks_at_once(visit: Visit) -> None:
    good = visit.cluster.answers["/cluster/ha/rules"]
    visit.cluster.answers["/cluster/ha/rules"] = Refusal(500, "boom")
    assert (await snapshot(visit))["parts"]["rules"]["ok"] is False
    visit.cluster.answers["/cluster/ha/rules"] = good
    assert (await snapshot(visit))["parts"]["rules"]["ok"] is False
    assert (await snapshot(visit, "/api/snapshot?fresh=1"))["parts"]["rules"]["ok"] is True


async def test_a_hundred_browsers_cost_the_cluster_no_more_than_one(visit: Visit) -> None:
    browser = await visit.logged_in()
    await snapshot(visit)
    before = reads(visit)
    await visit.clock.step(2)
    await asyncio.gather(*(browser.get("/api/snapshot") for _ in range(100)))
    assert reads(visit) - before == ROUND


async def test_a_hundred_streams_are_fed_by_one_poller(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with visit.at_work():
        streams = [browser.stream() for _ in range(100)]
        opened = [await stream.__aenter__() for stream in streams]
        before = reads(visit)
        visit.cluster.answers["/cluster/ha/status/current"][3] = lrm("phum01", "lost_agent_lock")
        await visit.clock.step(2)
        assert reads(visit) - before == ROUND
        for stream in opened:
            assert stream.shown()["nodes"][0]["lrm"]["display"] == "lost"
        for stream in streams:
            await stream.__aexit__(None, None, None)


async def test_the_cluster_is_asked_only_while_somebody_watches(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with visit.at_work():
        await visit.clock.step(60)
        assert reads(visit) == 0
        async with browser.stream():
            for _ in range(3):
                await visit.clock.step(2)
        assert reads(visit) > 3 * ROUND
        await visit.clock.step(2)
        lingering = reads(visit)
        await visit.clock.step(2)
        assert reads(visit) == lingering + ROUND
        await visit.clock.step(60)
        await visit.clock.step(2)
        asleep = reads(visit)
        await visit.clock.step(60)
        assert reads(visit) == asleep
        async with browser.stream() as stream:
            assert stream.events()[0][0] == "whole"
        assert reads(visit) > asleep


async def test_the_stream_begins_with_the_snapshot_and_says_only_news(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        assert stream.status == 200
        [(name, first)] = stream.events()
        assert name == "whole"
        assert first["page"]["quorum"]["ok"] is True
        await visit.clock.step(2)
        await visit.poller.poll_once()
        await settle()
        assert stream.events() == []
        visit.cluster.answers["/cluster/ha/status/current"].pop(1)
        await visit.poller.poll_once()
        await settle()
        [(name, second)] = stream.events()
        assert name == "change"
        assert (second["since"], second["version"]) == (first["version"], first["version"] + 1)
        assert second["fields"] == {"master": None}
        assert second["rows"] == second["gone"] == {}


async def test_a_beat_tells_how_old_each_part_is(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        stream.events()
        await visit.clock.step(7)
        visit.poller.feed.beat()
        await settle()
        [(name, beat)] = stream.events()
    assert name == "beat"
    assert beat["now"] == NOW + 7
    assert beat["parts"]["rules"] == {"at": NOW, "ok": True, "error": None} | QUICK | {"age_s": 7}


async def test_beats_come_by_themselves(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with visit.at_work(), browser.stream() as stream:
        stream.events()
        await visit.clock.step(5)
        assert [name for name, _ in stream.events()] == ["beat"]


async def test_a_stream_ends_with_its_session(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        stream.events()
        visit.cluster.tickets.clear()
        await visit.clock.step(61)
        visit.poller.feed.beat()
        await settle()
        name, said = stream.events()[-1]
        assert (name, said["error"]["status"]) == ("session", 401)
        assert stream.ended


async def test_logging_out_in_one_tab_ends_the_stream_of_another(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        stream.events()
        await browser.write("POST", "/api/logout", {})
        visit.poller.feed.beat()
        await settle()
        assert stream.events()[-1][0] == "session"


async def test_a_stream_comes_back_for_a_new_ticket_after_an_hour(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        stream.events()
        await visit.clock.step(3700)
        visit.poller.feed.beat()
        await settle()
        assert stream.events()[-1][0] == "renew"
        assert stream.ended
    async with browser.stream() as stream:
        assert stream.events()[0][0] == "whole"
        assert "virton_session=" in stream.cookies[0]


async def test_a_viewer_without_the_right_to_audit_is_told_which_right_is_missing(
    visit: Visit,
) -> None:
    await visit.logged_in("none@pve", "none")
    told = await snapshot(visit)
    assert told["nodes"] == told["resources"] == told["guests"] == told["rules"] == []
    for part in told["parts"].values():
        assert part["error"]["status"] == 403
        assert "Sys.Audit" in part["error"]["message"]


async def test_a_viewer_without_the_right_to_audit_is_told_so_by_each_beat_too(
    visit: Visit,
) -> None:
    browser = await visit.logged_in("none@pve", "none")
    async with browser.stream() as stream:
        [(_, whole)] = stream.events()
        visit.poller.feed.beat()
        await settle()
        [(name, beat)] = stream.events()
    assert name == "beat"
    assert beat["parts"] == whole["page"]["parts"]
    assert EMBEDDED not in json.dumps(beat)


async def test_guests_that_a_viewer_may_not_audit_are_not_named(visit: Visit) -> None:
    visit.cluster.privileges["audit@pve"] = {
        "/": {"Sys.Audit": 1},
        "/vms/121": {"VM.Audit": 1},
    }
    await visit.logged_in("audit@pve", "audit-password")
    told = await snapshot(visit)
    assert told["guests"] == []
    assert [row["name"] for row in told["resources"]] == [None, "ct"]


async def test_losing_a_privilege_shows_in_an_open_stream(visit: Visit) -> None:
    browser = await visit.logged_in("audit@pve", "audit-password")
    async with browser.stream() as stream:
        assert stream.shown()["resources"] != []
        visit.cluster.privileges["audit@pve"] = {}
        await visit.clock.step(61)
        visit.poller.feed.beat()
        await settle()
        assert stream.shown()["resources"] == []


async def test_old_versions_that_stumble_over_rules_have_none(tmp_path: Path) -> None:
    cluster = Playback()
    cluster.answers["/cluster/ha/rules"] = Refusal(500, "no such method")
    cluster.answers["/version"] = {"version": "7.4-3"}
    cluster.answers["/cluster/ha/groups"] = []
    async with visiting(tmp_path, cluster=cluster) as visit:
        told = await snapshot(visit)
    assert told["cluster"]["rules_supported"] is False
    assert told["parts"]["rules"]["ok"] is True


async def test_a_new_version_that_fails_on_rules_has_a_fault(visit: Visit) -> None:
    visit.cluster.answers["/cluster/ha/rules"] = Refusal(500, "boom")
    told = await snapshot(visit)
    assert told["cluster"]["rules_supported"] is True
    assert told["parts"]["rules"]["error"]["message"] == "boom"


async def test_what_changes_rarely_is_asked_rarely(visit: Visit) -> None:
    for _ in range(10):
        await snapshot(visit)
        await visit.clock.step(2)
    assert visit.cluster.paths().count("/version") == 1
    assert visit.cluster.paths().count("/cluster/ha/groups") == 1
    await visit.clock.step(60)
    await snapshot(visit)
    assert visit.cluster.paths().count("/version") == 2


async def test_a_single_node_without_a_cluster_is_shown(visit: Visit) -> None:
    visit.cluster.answers["/cluster/status"] = [
        {"type": "node", "id": "node/alone", "name": "alone", "online": 1}
    ]
    told = await snapshot(visit)
    assert told["cluster"]["name"] == "alone"


async def test_rows_of_an_old_status_have_no_watchdog(visit: Visit) -> None:
    status = visit.cluster.answers["/cluster/ha/status/current"]
    status[:] = [row for row in status if row["type"] not in ("lrm", "fencing")]
    status.append(lrm("phum01", "active", None))
    told = await snapshot(visit)
    assert told["fencing"] is None
    assert told["nodes"][0]["lrm"]["watchdog"] is None
    assert told["nodes"][1]["lrm"] is None
