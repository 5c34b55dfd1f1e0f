"""The console before a server that is not ours: fakepve, in a process of its own, over TLS."""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.console.visit import Browser
from tests.faults.desk import failing
from tests.faults.faults import refuses
from tests.faults.proxy import FaultyNode
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.proxmox import Fingerprints, ProxmoxClient, Trust
from virton.proxmox.trust import presented_fingerprint

pytestmark = pytest.mark.anyio

GUESTS = [
    {"vmid": 100, "name": "web", "node": "pve1", "status": "running"},
    {"vmid": 101, "name": "db", "type": "lxc", "node": "pve1"},
]
OLD_GROUPS = [{"group": "left", "type": "group", "nodes": "pve1:2", "restricted": 1}]
OLD_RESOURCES = [{"sid": "vm:100", "type": "vm", "group": "left"}]


@pytest.fixture(scope="module")
def fakepve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    guests = tmp_path_factory.mktemp("fakepve") / "guests.json"
    guests.write_text(json.dumps({"guests": GUESTS}))
    command = [sys.executable, "-m", "fakepve", str(guests), "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        yield said.split()[-1]
        process.terminate()


async def fingerprint_of(address: str) -> str:
    parts = urlsplit(address)
    presented = await presented_fingerprint(str(parts.hostname), int(parts.port or 0), 10)
    assert presented is not None
    return presented


@asynccontextmanager
async def console(address: str, data: Path, trust: Trust) -> AsyncIterator[Browser]:
    client = ProxmoxClient([address], trust=trust)
    browser = Browser(create_app(client, ConsoleSettings(data)))
    try:
        yield browser
    finally:
        await browser.http.aclose()
        await client.aclose()


@pytest.fixture
async def browser(fakepve: str, tmp_path: Path) -> AsyncIterator[Browser]:
    pinned = Fingerprints.parse([await fingerprint_of(fakepve)])
    async with console(fakepve, tmp_path, pinned) as browser:
        yield browser


@pytest.fixture
async def eight(fakepve: str, tmp_path: Path) -> AsyncIterator[Browser]:
    """The same server, through a node that says what version 8 would say of HA."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    node = FaultyNode(httpx2.AsyncClient(base_url=fakepve, verify=unverified, trust_env=False))
    node.rewrites = {
        "/version": lambda _: {"version": "8.4.1", "release": "8.4", "repoid": "1"},
        "/cluster/ha": lambda _: [{"id": name} for name in ("status", "resources", "groups")],
        "/cluster/ha/status": lambda _: [{"name": "current"}, {"name": "manager_status"}],
        "/cluster/ha/groups": lambda _: OLD_GROUPS,
        "/cluster/ha/resources": lambda _: OLD_RESOURCES,
    }
    node.faults["/cluster/ha/rules"] = refuses(
        501, "Method 'GET /cluster/ha/rules' not implemented"
    )
    await node.start()
    async with console(node.address, tmp_path, Fingerprints(frozenset())) as browser:
        yield browser
    await node.close()


async def enter(browser: Browser) -> dict[str, Any]:
    answer = await browser.log_in("root@pam", "secret")
    assert answer.status_code == 200, answer.text
    told = (await browser.get("/api/snapshot")).json()
    assert isinstance(told, dict)
    return told


async def test_its_certificate_is_believed_only_when_it_is_known(
    fakepve: str, tmp_path: Path
) -> None:
    async with console(fakepve, tmp_path, Fingerprints.parse(["00" * 32])) as browser:
        error = (await browser.log_in("root@pam", "secret")).json()["error"]
    assert (error["code"], error["fingerprint"]) == ("tls", await fingerprint_of(fakepve))


async def test_who_may_log_in_is_judged_by_the_server(browser: Browser) -> None:
    wrong = await browser.log_in("root@pam", "guess")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "auth")
    told = await browser.log_in("root@pam", "secret")
    assert "Sys.Console" in told.json()["privileges"]
    assert told.json()["lab"] is False
    assert (await browser.get("/api/realms")).status_code == 200


async def test_its_nodes_and_guests_are_shown(browser: Browser) -> None:
    told = await enter(browser)
    assert failing(told) == {}
    assert told["cluster"]["name"] == "fakecluster"
    assert told["cluster"]["version"] == "9.0.10"
    assert told["cluster"]["rules_supported"] is True
    assert [(node["name"], node["online"]) for node in told["nodes"]] == [("pve1", True)]
    assert [(g["sid"], g["name"], g["status"]) for g in told["guests"]] == [
        ("vm:100", "web", "running"),
        ("ct:101", "db", "stopped"),
    ]


async def test_its_clock_is_ours(browser: Browser) -> None:
    clock = (await enter(browser))["cluster"]["clock"]
    assert (clock["runs"], clock["skew_s"]) == (True, 0)


async def test_what_it_refuses_comes_back_by_field(browser: Browser) -> None:
    await enter(browser)
    body = {"sid": "vm:100", "max_restart": -1, "state": "dancing"}
    answer = await browser.write("POST", "/api/resources", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid")
    assert sorted(error["fields"]) == ["max_restart", "state"]


async def test_what_it_takes_is_done(browser: Browser) -> None:
    await enter(browser)
    body = {"sid": "vm:100", "max_restart": 2, "failback": False, "comment": "한글"}
    assert (await browser.write("POST", "/api/resources", body)).status_code == 200
    rule = {
        "rule": "pin",
        "type": "node-affinity",
        "resources": ["vm:100"],
        "nodes": [{"node": "pve1", "priority": 1}],
    }
    assert (await browser.write("POST", "/api/rules", rule)).status_code == 200
    assert (await browser.write("DELETE", "/api/resources/vm:100")).status_code == 200


async def test_a_server_that_is_gone_is_told_and_keeps_nobody_waiting(
    fakepve: str, tmp_path: Path
) -> None:
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    pinned = Fingerprints(frozenset())
    async with console(f"https://127.0.0.1:{port}", tmp_path, pinned) as browser:
        error = (await browser.log_in("root@pam", "secret")).json()["error"]
    assert error["code"] == "refused"


async def test_as_version_8_its_groups_are_the_rules_to_come(eight: Browser) -> None:
    told = await enter(eight)
    assert failing(told) == {}
    assert told["cluster"]["version"] == "8.4.1"
    assert told["cluster"]["rules_supported"] is False
    assert told["cluster"]["groups"][0]["rule"]["rule"] == "ha-group-left"
    assert [guest["sid"] for guest in told["guests"]] == ["ct:101"]
    body = {"sid": "ct:101", "group": "left", "failback": True, "auto_rebalance": True}
    assert (await eight.write("POST", "/api/resources", body)).status_code == 200
