"""The snapshot file that the page offers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.visit import Browser, SteppedClock
from tests.embedded.second_factor import Root
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import RunningCluster, start
from virton.embedded.access.access import Access
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio
PASSWORD = "a password for tests"
SECRETS = ("password", "ticket", "token", "argon2")


@pytest.fixture
async def cluster(tmp_path: Path) -> RunningCluster:
    cluster = start(tmp_path, PASSWORD)
    cluster.cluster.access = Access(cluster.cluster.files, SteppedClock().time)
    return cluster


@pytest.fixture
async def browser(cluster: RunningCluster, tmp_path: Path) -> AsyncIterator[Browser]:
    client = ProxmoxClient.in_process(cluster.app)
    settings = ConsoleSettings(tmp_path, cluster.console_token)
    browser = Browser(create_app(client, settings, SteppedClock()))
    yield browser
    await browser.http.aclose()
    await client.aclose()


async def test_nobody_takes_the_cluster_home_without_a_session(browser: Browser) -> None:
    assert (await browser.get("/api/snapshot-file")).status_code == 401


async def test_the_file_holds_the_cluster_and_no_secret(browser: Browser) -> None:
    await browser.log_in("root@pam", PASSWORD)
    await browser.get("/api/snapshot?fresh=1")
    response = await browser.get("/api/snapshot-file")
    assert response.headers["content-disposition"] == (
        'attachment; filename="virton-2026-01-01-0000.json"'
    )
    assert response.headers["cache-control"] == "no-store"
    document = json.loads(response.content)
    assert sorted(document["nodes"]) == ["phum01", "phum02", "phum03"]
    assert document["about"]["anonymous"] is False
    assert not [word for word in SECRETS if word in response.text.lower()]


async def test_hidden_names_stand_neither_in_the_file_nor_in_its_name(browser: Browser) -> None:
    await browser.log_in("root@pam", PASSWORD)
    await browser.get("/api/snapshot?fresh=1")
    response = await browser.get("/api/snapshot-file?anonymous=1")
    assert 'filename="cluster-' in response.headers["content-disposition"]
    assert not [name for name in ("phum", "LOTCES", "virton") if name in response.text]
    assert sorted(json.loads(response.content)["nodes"]) == ["node1", "node2", "node3"]


async def test_who_may_not_audit_gets_no_file(browser: Browser, cluster: RunningCluster) -> None:
    Root(cluster.app, PASSWORD).add_user("guest@pve", PASSWORD, "PVEVMUser")
    await browser.log_in("guest@pve", PASSWORD)
    response = await browser.get("/api/snapshot-file")
    assert response.status_code == 403
    assert "Sys.Audit" in response.json()["error"]["message"]
