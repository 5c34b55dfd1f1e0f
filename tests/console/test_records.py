"""The history's records beside the list: chains, lanes, availability, deeds, exports, the past."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.console.test_history import PASSWORD, STEP_S, Desk, desk
from virton.cli.scenario_file import opened
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = pytest.mark.anyio
__all__ = ["desk"]


async def got(desk: Desk, path: str) -> Any:
    answer = await desk.browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def now_ms(desk: Desk) -> int:
    return round((await got(desk, "/api/snapshot"))["now"] * 1000)


async def test_a_night_is_told_in_chains_lanes_and_figures(desk: Desk, tmp_path: Path) -> None:
    await desk.pass_by(20)
    began = await now_ms(desk)
    desk.cluster.world.set_network("phum03", False)
    await desk.pass_by(240)
    until = await now_ms(desk)
    time = f"since={began}&until={until}"

    (recovered, *_) = await desk.history("kind=resource.recovered&whom=vm:100")
    assert [one["kind"] for one in recovered["chain"]] == [
        "node.lost",
        "node.fencing",
        "node.fenced",
    ]

    found = await got(desk, f"/api/history/lanes?{time}")
    lanes = {(lane["part"], lane["whom"]): lane["steps"] for lane in found["lanes"]}
    assert [step["ha_state"] for step in lanes["node", "phum03"]][:2] == ["online", "online"]
    assert {"unknown", "fence"} <= {step["ha_state"] for step in lanes["node", "phum03"]}
    assert lanes["resource", "vm:100"][-1]["node"] != "phum03"
    assert ("resource", "vm:121") not in lanes
    assert found["began"] < began
    only = await got(desk, f"/api/history/lanes?{time}&text=VM:121")
    assert [lane["whom"] for lane in only["lanes"]] == ["vm:121"]

    rows = {r["sid"]: r for r in (await got(desk, f"/api/history/availability?{time}"))["rows"]}
    assert rows["vm:121"]["share"] == 1
    struck = rows["vm:100"]
    assert (struck["outages"], struck["planned_ms"], struck["unknown_ms"]) == (1, 0, 0)
    assert 100_000 < struck["unplanned_ms"] == struck["longest_ms"] < 200_000
    assert struck["share"] == pytest.approx(1 - struck["unplanned_ms"] / (until - began), abs=1e-6)

    course = await got(desk, f"/api/forecast/course?at={began}&lose=phum03")
    assert course["resources"]["vm:100"]["verdict"] == "back"
    assert not [one["kind"] for one in course["assumptions"] if one.get("node") == "phum03"]
    bundle = await got(desk, f"/api/history/export?format=bundle&at={began}")
    assert bundle["manager_status"]["service_status"]["vm:100"]["node"] == "phum03"
    assert bundle["history"]["happenings"][-1]["says"]
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(bundle))
    opened(file)
    refused = await desk.browser.get("/api/forecast/course?at=1000&lose=phum03")
    assert refused.status_code == 404


async def test_who_did_what_is_told_with_its_result(desk: Desk) -> None:
    await desk.pass_by(10)
    await desk.browser.write("PUT", "/api/resources/vm:100", {"max_restart": 4})
    await desk.browser.write("POST", "/api/resources/vm:7/move", {"node": "x", "how": "migrate"})
    rows = (await got(desk, "/api/history/deeds?lang=ko"))["rows"]
    assert [(row["who"], row["says"], row["result"]) for row in rows] == [
        ("root@pam", "HA 리소스 VM 7 이동 요청 → x", "failed"),
        ("root@pam", "HA 리소스 VM 100 (LOTCES-WIN) 설정 변경 (최대 재시작=4)", "done"),
        ("root@pam", "로그인", "done"),
    ]
    (only,) = (await got(desk, "/api/history/deeds?text=max_restart"))["rows"]
    assert only["what"] == "PUT /api/resources/vm:100"


async def test_the_list_is_taken_along_as_a_table(desk: Desk) -> None:
    await desk.pass_by(10)
    await desk.browser.write("PUT", "/api/resources/vm:100", {"max_restart": 4})
    await desk.pass_by(10)
    answer = await desk.browser.get("/api/history/export?format=csv&kind=resource.changed&lang=en")
    assert answer.headers["content-disposition"].endswith('history.csv"')
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["kind"], row["whom"], row["source"]) == ("resource.changed", "vm:100", "seen")
    kept = (await got(desk, "/api/history/export?format=json&kind=resource.changed"))["happenings"]
    assert [one["whom"] for one in kept] == ["vm:100"]
    assert (await desk.browser.get("/api/history/export?format=pdf")).status_code == 400
    done = (await got(desk, "/api/history/deeds?lang=en"))["rows"]
    assert [row["says"] for row in done[:2]] == ["Downloaded the history"] * 2


async def test_a_time_that_is_none_is_refused(desk: Desk) -> None:
    await desk.pass_by(STEP_S)
    for query in ("", "since=1", "since=5&until=5", "since=a&until=7"):
        answer = await desk.browser.get(f"/api/history/lanes?{query}")
        assert answer.status_code == 400, query
        assert set(answer.json()["error"]["fields"]) <= {"since", "until"}, query


async def test_who_may_not_see_a_guest_is_not_told_its_name_or_how_it_fared(desk: Desk) -> None:
    await desk.pass_by(10)
    await desk.browser.write("PUT", "/api/resources/vm:100", {"max_restart": 4})
    await desk.pass_by(10)
    cluster = ProxmoxClient.in_process(desk.cluster.app)
    ticket = await ClusterApi(cluster).log_in("root@pam", PASSWORD, 0)
    eye = {"userid": "eye@pve", "password": PASSWORD}
    await cluster.call("POST", "/access/users", ticket, eye)
    assert not (await desk.browser.log_in("eye@pve", PASSWORD)).json()["lab"]
    for path in ("forecast/score", "forecast/domains", "forecast/table", "history"):
        assert (await desk.browser.get(f"/api/{path}")).status_code == 403
    for path, role in (("/", "Administrator"), ("/vms/100", "NoAccess")):
        grant = {"path": path, "users": "eye@pve", "roles": role}
        await cluster.call("PUT", "/access/acl", ticket, grant)
    await cluster.aclose()
    desk.cluster.world.step(STEP_S)  # in the same second it would be the same ticket
    session = (await desk.browser.log_in("eye@pve", PASSWORD)).json()
    assert session["lab"]  # the rights have changed, and with them what is offered
    time = f"since=0&until={await now_ms(desk)}"
    told = [
        await got(desk, f"/api/history{path}")
        for path in ("", "/latest", "/deeds", f"/moment?at={await now_ms(desk)}", f"/lanes?{time}")
    ]
    assert "VM 100" in str(told)
    assert "LOTCES-WIN" not in str(told)
    fared = (await got(desk, f"/api/history/availability?{time}"))["rows"]
    assert [row["sid"] for row in fared] == ["vm:121", "vm:122", "vm:124", "vm:999"]
    assert (await desk.browser.get("/api/forecast/table")).status_code == 403
