"""The redundancy check in the page: two people agree, the lab does it, and the report is read."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.console.test_plans import PASSWORD, Seat
from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import start
from virton.plans.drill import read_drill
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = pytest.mark.anyio
FORM = {"system": "전자결재", "examiner": "김점검", "approver": "이승인"}


async def opened(folder: Path) -> tuple[Seat, Browser]:
    cluster = start(folder, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    app = create_app(client, ConsoleSettings(folder, cluster.console_token))
    api = ClusterApi(client)
    api.credentials = await api.log_in("root@pam", PASSWORD, 0)
    kim: dict[str, Any] = {"userid": "kim@pve", "password": PASSWORD}
    await api.client.call("POST", "/access/users", api.credentials, kim)
    grant = {"path": "/", "users": "kim@pve", "roles": "Administrator"}
    await api.client.call("PUT", "/access/acl", api.credentials, grant)
    root, second = Browser(app), Browser(app)
    assert (await root.log_in("root@pam", PASSWORD)).status_code == 200
    assert (await second.log_in("kim@pve", PASSWORD)).status_code == 200
    await root.get("/api/snapshot?fresh=1")
    return Seat(cluster, app, root, folder), second


async def act(who: Browser, what: str, **body: Any) -> tuple[int, str]:
    answer = await who.write("POST", f"/api/drill/{what}?lang=en", body)
    return answer.status_code, answer.json().get("error", {}).get("detail", "")


async def test_a_drill_is_agreed_to_by_two_carried_out_by_the_lab_and_reported(
    tmp_path: Path,
) -> None:
    seat, second = await opened(tmp_path)
    book = seat.app.state.console.drills

    async def pause(seconds: float) -> None:
        seat.cluster.world.step(int(seconds))
        await asyncio.sleep(0)

    book._sleep = pause
    faults = [{"how": "lose", "node": "phum03"}]
    assert (await act(seat.root, "propose", form=FORM, faults=faults, lab=True))[0] == 200
    digest = (await seat.told("/api/drill"))["proposal"]["digest"]
    assert (await act(seat.root, "agree", digest=digest))[0] == 200
    assert (await act(seat.root, "agree", digest=digest))[0] == 200  # once more is still one person
    refused = await act(seat.root, "start")
    assert refused == (409, "Examiner and approver have to agree first: two different users.")
    assert (await act(second, "agree", digest=digest))[0] == 200
    assert (await act(seat.root, "start"))[0] == 200
    assert (await act(seat.root, "withdraw"))[0] == 409
    await book.ended()
    told = await seat.told("/api/drill")
    assert told["course"]["trouble"] is None
    assert told["course"]["result"] == "pass"
    record = await seat.root.get("/api/drill/files/capture.json")
    drill = read_drill(json.loads(record.text))
    assert [(one["role"], one["user"]) for one in drill.consents] == [
        ("examiner", "root@pam"),
        ("approver", "kim@pve"),
    ]
    html = (await seat.root.get("/api/drill/files/report.html")).text
    assert "Redundancy Check Report" in html
    assert "kim@pve" in html
    assert drill.fingerprint in html
    assert (await seat.root.get("/api/drill/files/console.key")).status_code == 404


async def test_what_is_wrong_with_a_proposal_is_named(tmp_path: Path) -> None:
    seat, _ = await opened(tmp_path)
    nowhere = [{"how": "lose", "node": "phum09"}]
    assert (await act(seat.root, "propose", form=FORM, faults=nowhere))[0] == 400
    same = FORM | {"approver": "김점검"}
    faults = [{"how": "lose", "node": "phum03"}]
    refused = await act(seat.root, "propose", form=same, faults=faults)
    assert refused == (400, "approver: examiner and approver must be two people")
