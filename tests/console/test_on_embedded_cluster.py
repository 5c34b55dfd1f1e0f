"""The console on the embedded cluster: the same code as on a real one, over the same API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import RunningCluster, start
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"


@dataclass
class Seat:
    """Somebody before the page, and the hand that moves the cluster's time."""

    cluster: RunningCluster
    browser: Browser

    async def look(self) -> dict[str, Any]:
        """Return the Snapshot as it is now."""
        response = await self.browser.get("/api/snapshot?fresh=1")
        assert response.status_code == 200
        body = response.json()
        assert {name: part["error"] for name, part in body["parts"].items()} == dict.fromkeys(
            ("status", "resources", "rules", "nodes")
        )
        assert isinstance(body, dict)
        return body

    async def row(self, sid: str) -> dict[str, Any]:
        """Return a resource's row as it is now."""
        return next(row for row in (await self.look())["resources"] if row["sid"] == sid)

    async def do(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Write, successfully."""
        response = await self.browser.write(method, path, body)
        assert response.status_code == 200, response.text
        answer = response.json()
        assert isinstance(answer, dict)
        return answer

    async def refused(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Write, and return the error."""
        response = await self.browser.write(method, path, body)
        assert response.status_code >= 400
        error = response.json()["error"]
        assert isinstance(error, dict)
        return error


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    settings = ConsoleSettings(tmp_path, cluster.console_token)
    browser = Browser(create_app(client, settings))
    assert (await browser.log_in("root@pam", PASSWORD)).status_code == 200
    yield Seat(cluster, browser)
    await browser.http.aclose()
    await client.aclose()


async def test_a_fresh_machine_shows_five_resources_on_two_of_three_nodes(seat: Seat) -> None:
    told = await seat.look()
    assert [node["name"] for node in told["nodes"]] == ["phum01", "phum02", "phum03"]
    assert [(row["sid"], row["name"], row["node"]) for row in told["resources"]] == [
        ("vm:100", "LOTCES-WIN", "phum03"),
        ("vm:121", "ct", "phum01"),
        ("vm:122", "cl", "phum01"),
        ("vm:124", "cl2", "phum03"),
        ("vm:999", "virton", "phum01"),
    ]
    assert {row["state"] for row in told["resources"]} == {"started"}
    assert told["quorum"]["ok"] is True
    assert told["master"]["state"] == "active"
    assert told["rules"] == []
    assert told["cluster"]["rules_supported"] is True
    assert told["cluster"]["lab"] is True
    assert "ct:200" in {guest["sid"] for guest in told["guests"]}
    assert all(node["online"] and node["maxmem"] for node in told["nodes"])


async def test_a_user_with_a_korean_name_logs_in_and_sees_the_cluster(seat: Seat) -> None:
    client = ProxmoxClient.in_process(seat.cluster.app)
    root = await ClusterApi(client).log_in("root@pam", PASSWORD, 0)
    user = {"userid": "홍길동@pve", "password": "secret-pass-1"}
    await client.call("POST", "/access/users", root, user)
    role = {"path": "/", "roles": "PVEAuditor", "users": "홍길동@pve"}
    await client.call("PUT", "/access/acl", root, role)
    await client.aclose()
    assert (await seat.browser.log_in("홍길동@pve", "secret-pass-1")).status_code == 200
    assert "vm:100" in {row["sid"] for row in (await seat.look())["resources"]}


async def test_the_administrator_may_everything_that_the_page_asks_for(seat: Seat) -> None:
    session = (await seat.browser.get("/api/session")).json()
    assert {"Sys.Audit", "Sys.Console", "VM.Audit"} <= set(session["privileges"])
    assert session["lab"] is True


async def test_a_guest_is_put_under_ha_changed_and_taken_out(seat: Seat) -> None:
    await seat.do("POST", "/api/resources", {"sid": "ct:200", "max_restart": 3, "comment": "n"})
    row = await seat.row("ct:200")
    assert (row["max_restart"], row["comment"], row["type"]) == (3, "n", "ct")
    seat.cluster.world.step(60)
    assert (await seat.row("ct:200"))["state"] == "started"
    whole = {"state": "stopped", "max_restart": 1, "max_relocate": 1, "failback": False}
    await seat.do("PUT", "/api/resources/ct:200", whole | {"comment": ""})
    row = await seat.row("ct:200")
    assert (row["max_restart"], row["comment"], row["failback"]) == (1, "", False)
    assert (row["state"], row["request_state"]) == ("stopping", "stopped")
    await seat.do("DELETE", "/api/resources/ct:200?purge=1")
    seat.cluster.world.step(60)
    told = await seat.look()
    assert "ct:200" in {guest["sid"] for guest in told["guests"]}


async def test_the_same_resource_twice_is_refused_in_words(seat: Seat) -> None:
    error = await seat.refused("POST", "/api/resources", {"sid": "vm:100"})
    assert (error["status"], error["code"]) == (500, "cluster")
    assert "already defined" in error["message"]


async def test_a_wrong_value_names_its_field(seat: Seat) -> None:
    error = await seat.refused("POST", "/api/resources", {"sid": "ct:200", "max_restart": -1})
    assert (error["status"], error["code"], list(error["fields"])) == (
        400,
        "invalid",
        ["max_restart"],
    )


async def test_rules_are_added_changed_switched_off_and_removed(seat: Seat) -> None:
    body = {
        "rule": "pin",
        "type": "node-affinity",
        "resources": ["vm:100", "vm:121"],
        "nodes": [{"node": "phum02", "priority": 5}, {"node": "phum01", "priority": 0}],
        "strict": True,
        "comment": "two of them",
    }
    await seat.do("POST", "/api/rules", body)
    told = await seat.look()
    [rule] = told["rules"]
    assert {key: rule[key] for key in body} == body
    body |= {"strict": False, "disabled": True, "comment": "", "digest": told["rules_digest"]}
    await seat.do("PUT", "/api/rules/pin", body)
    [rule] = (await seat.look())["rules"]
    assert (rule["strict"], rule["disabled"], rule["comment"]) == (False, True, "")
    stale = await seat.refused("PUT", "/api/rules/pin", body)
    assert "modified" in stale["message"]
    await seat.do("DELETE", "/api/rules/pin")
    assert (await seat.look())["rules"] == []


async def test_a_rule_that_contradicts_another_is_refused_in_words(seat: Seat) -> None:
    both = {"type": "resource-affinity", "resources": ["vm:100", "vm:121"]}
    await seat.do("POST", "/api/rules", both | {"rule": "near", "affinity": "positive"})
    error = await seat.refused("POST", "/api/rules", both | {"rule": "far", "affinity": "negative"})
    assert "'far' is invalid" in error["message"]


async def test_a_resource_moves_on_request(seat: Seat) -> None:
    answer = await seat.do("POST", "/api/resources/vm:100/move", {"node": "phum02"})
    assert answer == {"sid": "vm:100", "node": "phum02", "comigrated": [], "blocking": []}
    seat.cluster.world.step(15)
    assert (await seat.row("vm:100"))["target"] == "phum02"
    seat.cluster.world.step(120)
    row = await seat.row("vm:100")
    assert (row["node"], row["state"], row["target"]) == ("phum02", "started", None)


async def test_a_node_that_loses_its_network_is_fenced_and_its_resources_start_elsewhere(
    seat: Seat,
) -> None:
    action = {"action": "network", "node": "phum03", "on": False}
    lab = await seat.do("POST", "/api/lab", action)
    assert {node["name"]: node["network"] for node in lab["nodes"]}["phum03"] is False
    states: list[str] = []
    for _ in range(40):
        seat.cluster.world.step(10)
        told = await seat.look()
        state = next(n["ha_state"] for n in told["nodes"] if n["name"] == "phum03")
        if state not in states[-1:]:
            states.append(state)
    assert [state for state in states if state != "online"][:2] == ["unknown", "fence"]
    for sid in ("vm:100", "vm:124"):
        row = next(row for row in told["resources"] if row["sid"] == sid)
        assert row["state"] == "started"
        assert row["node"] in ("phum01", "phum02")


async def test_an_auditor_sees_everything_and_changes_nothing(seat: Seat) -> None:
    browser = seat.browser
    root = await ProxmoxClient.in_process(seat.cluster.app).call(
        "POST", "/access/ticket", None, {"username": "root@pam", "password": PASSWORD}
    )
    headers = {
        "Cookie": f"PVEAuthCookie={root['ticket']}",
        "CSRFPreventionToken": root["CSRFPreventionToken"],
    }
    cluster = Browser(seat.cluster.app)  # type: ignore[arg-type]
    made = await cluster.http.post(
        "/api2/json/access/users",
        data={"userid": "eye@pve", "password": "seeing is believing"},
        headers=headers,
    )
    assert made.status_code == 200, made.text
    granted = await cluster.http.put(
        "/api2/json/access/acl",
        data={"path": "/", "users": "eye@pve", "roles": "PVEAuditor"},
        headers=headers,
    )
    assert granted.status_code == 200, granted.text
    await cluster.http.aclose()
    session = (await browser.log_in("eye@pve", "seeing is believing")).json()
    assert "Sys.Audit" in session["privileges"]
    assert "Sys.Console" not in session["privileges"]
    assert session["lab"] is False
    assert (await seat.look())["cluster"]["lab"] is False
    error = await seat.refused("POST", "/api/resources", {"sid": "ct:200"})
    assert (error["status"], error["code"]) == (403, "forbidden")


async def test_korean_comments_are_kept_and_leave_those_of_others_alone(seat: Seat) -> None:
    await seat.do("PUT", "/api/resources/vm:100", {"comment": "리소스의 설명 ü"})
    rule = {
        "rule": "far",
        "type": "resource-affinity",
        "resources": ["vm:100", "vm:121"],
        "affinity": "negative",
        "comment": "규칙의 설명 100 %",
    }
    await seat.do("POST", "/api/rules", rule)
    for number in range(3):
        await seat.do("PUT", "/api/resources/vm:121", {"comment": f"다른 설명 {number}"})
        await seat.do("PUT", "/api/rules/far", rule | {"disabled": number == 1})
    told = await seat.look()
    comments = {row["sid"]: row["comment"] for row in told["resources"] if row["comment"]}
    assert comments == {"vm:100": "리소스의 설명 ü", "vm:121": "다른 설명 2"}
    assert [row["comment"] for row in told["rules"]] == ["규칙의 설명 100 %"]
