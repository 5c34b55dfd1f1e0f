"""The redundancy check in the page: two people agree, the lab does it, and the report is read."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.console.test_plans import PASSWORD, Seat
from tests.console.visit import Browser
from virton.console.app import create_app
from virton.console.clock import SystemClock
from virton.console.settings import ConsoleSettings
from virton.embedded import RunningCluster, start
from virton.plans.drill import read_drill
from virton.proxmox import ClusterApi, ProxmoxClient

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("played_here")]
FAULTS = [{"how": "lose", "node": "phum03"}]
FORM = {"system": "전자결재", "examiner": "김점검", "approver": "이승인"}


class Stepped(SystemClock):
    """A clock whose sleeps step the cluster's time, until it stands still after so many seconds."""

    def __init__(self, cluster: RunningCluster, still_after_s: float = 1e9) -> None:
        self._cluster, self._left_s = cluster, still_after_s
        self.stands = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if self._left_s <= 0:
            self.stands.set()
            await asyncio.Event().wait()
        self._left_s -= seconds
        self._cluster.world.step(int(seconds))
        await asyncio.sleep(0)


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
    second = Browser(app)
    assert (await second.log_in("kim@pve", PASSWORD)).status_code == 200
    return Seat(cluster, app, await root_of(app), folder), second


async def root_of(app: Starlette) -> Browser:
    root = Browser(app)
    assert (await root.log_in("root@pam", PASSWORD)).status_code == 200
    await root.get("/api/snapshot?fresh=1")
    return root


def again(seat: Seat) -> Seat:
    """Return a console that begins anew on the same data, as after kill -9."""
    client = ProxmoxClient.in_process(seat.cluster.app)
    app = create_app(client, ConsoleSettings(seat.data, seat.cluster.console_token))
    return Seat(seat.cluster, app, Browser(app), seat.data)


async def act(who: Browser, what: str, **body: Any) -> tuple[int, str]:
    answer = await who.write("POST", f"/api/drill/{what}?lang=en", body)
    return answer.status_code, answer.json().get("error", {}).get("detail", "")


async def test_a_drill_is_agreed_to_by_two_carried_out_by_the_lab_and_reported(
    tmp_path: Path,
) -> None:
    seat, second = await opened(tmp_path)
    assert (await act(seat.root, "propose", form=FORM, faults=FAULTS, lab=True))[0] == 200
    refused = await act(second, "propose", form=FORM, faults=FAULTS, lab=True)
    assert refused == (409, "Somebody has put a drill forward meanwhile: withdraw it first.")
    digest = (await seat.told("/api/drill"))["proposal"]["digest"]
    assert (await act(seat.root, "agree", digest=digest))[0] == 200
    assert (await act(seat.root, "agree", digest=digest))[0] == 200  # once more is still one person
    refused = await act(seat.root, "start")
    assert refused == (409, "Examiner and approver have to agree first: two different users.")
    assert (await act(second, "agree", digest=digest))[0] == 200
    seat = again(seat)  # what two have agreed to survives, too
    seat.root, book = await root_of(seat.app), seat.app.state.console.drills
    book._clock = clock = Stepped(seat.cluster, still_after_s=60)
    assert (await act(seat.root, "start"))[0] == 200
    assert (await act(seat.root, "withdraw"))[0] == 409
    await asyncio.wait_for(clock.stands.wait(), 120)
    seat.cluster.world.step(30)  # nobody looks meanwhile
    await book.end()
    seat = again(seat)
    book = seat.app.state.console.drills
    book._clock = Stepped(seat.cluster)
    own = tmp_path / "drills" / "template.html"
    own.write_text("{{ nothing }}")
    seat.root = await root_of(seat.app)
    assert (await seat.told("/api/drill"))["proposal"]["digest"] == digest
    book.go_on()
    await book.ended()
    told = (await seat.told("/api/drill?lang=en"))["course"]
    assert "template.html: cannot be used: line 1 asks for" in told["trouble"]
    assert told["trouble"].endswith("does not have: nothing")
    assert told["can_go_on"]
    own.write_text("<h1>Our own</h1>{% include 'drill.html' %}")
    assert (await act(seat.root, "resume"))[0] == 200
    await book.ended()
    told = await seat.told("/api/drill")
    assert told["course"]["trouble"] is None
    assert told["course"]["result"] == "pass"
    assert all(": back as expected" in line for line in told["course"]["outcomes"])
    record = await seat.root.get("/api/drill/files/capture.json")
    drill = read_drill(json.loads(record.text))
    [tried] = drill.tried
    looked_s = [one["at_s"] - tried.struck_s for one in tried.looks]
    assert any(then - before >= 30 for before, then in pairwise(looked_s))
    assert [(one["role"], one["user"]) for one in drill.consents] == [
        ("examiner", "root@pam"),
        ("approver", "kim@pve"),
    ]
    html = (await seat.root.get("/api/drill/files/report.html")).text
    assert html.startswith("<h1>Our own</h1>")
    assert "Redundancy Check Report" in html
    assert "kim@pve" in html
    assert drill.fingerprint in html
    assert (await seat.root.get("/api/drill/files/console.key")).status_code == 404
    api = ClusterApi(ProxmoxClient.in_process(seat.cluster.app))
    ticket = await api.log_in("root@pam", PASSWORD, 0)
    shut = {"path": "/vms/100", "users": "kim@pve", "roles": "NoAccess"}
    await api.client.call("PUT", "/access/acl", ticket, shut)
    await api.client.aclose()
    seat.cluster.world.step(1)  # in the same second it would be the same ticket
    kim = Browser(seat.app)
    assert (await kim.log_in("kim@pve", PASSWORD)).status_code == 200
    assert (await kim.get("/api/drill")).json()["course"]["outcomes"] == []
    for file in ("capture.json", "report.html"):
        assert (await kim.get(f"/api/drill/files/{file}")).status_code == 403


WRONG: list[tuple[dict[str, Any], Any, str]] = [
    ({}, [{"how": "lose", "node": "phum09"}], "faults: the cluster has no node phum09"),
    ({}, [{"how": "lose", "node": ["phum03"]}], "node: must be a text"),
    ({}, ["phum03"], "faults.0: must hold names with values"),
    ({}, [], "name what is to be tried"),
    ({"approver": "김점검"}, FAULTS, "approver: examiner and approver must be two people"),
    ({"approver": None}, FAULTS, "approver: must be a text"),
    ({"approver": {"name": "이승인"}}, FAULTS, "approver: must be a text"),
    ({"limit_s": None}, FAULTS, "limit_s: must be a whole number of 1 or more"),
]


async def test_what_is_wrong_with_a_proposal_is_named(tmp_path: Path) -> None:
    seat, _ = await opened(tmp_path)
    for form, faults, told in WRONG:
        refused = await act(seat.root, "propose", form=FORM | form, faults=faults)
        assert (refused[0], told in refused[1]) == (400, True), refused
