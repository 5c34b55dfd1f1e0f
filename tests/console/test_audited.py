"""What of the console's requests the audit tells."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from tests.console.visit import SteppedClock, Visit
from virton.console import deeds
from virton.console.audited import EXPORTS, auditor
from virton.console.maintenance.acts import ACTS
from virton.keeping.audit import FILE, Audit, verify
from virton.keeping.syslog import Forwarder, Receiver
from virton.language.sentences import LOCALES, PLACEHOLDER, Sentences

pytestmark = pytest.mark.anyio


def told(visit: Visit) -> list[dict[str, Any]]:
    folder = visit.console.settings.data
    assert verify(folder).alteration is None
    lines = (folder / FILE).read_text("ascii").splitlines() if (folder / FILE).exists() else []
    return [json.loads(line.partition("\t")[0]) for line in lines]


async def test_logins_changes_exports_and_refusals_are_told_and_reading_is_not(
    visit: Visit,
) -> None:
    await visit.browser("10.0.0.7").log_in(password="wrong")
    browser = await visit.logged_in()
    await browser.get("/api/snapshot")
    await browser.get("/api/session")
    await browser.write("POST", "/api/resources", {"sid": "vm:1", "comment": "안녕"})
    await browser.get("/api/snapshot-file")
    csrf, browser.csrf = browser.csrf, "none"
    await browser.write("DELETE", "/api/rules/x")
    browser.csrf = csrf
    await browser.write("POST", "/api/logout", {})
    entries = told(visit)
    assert [(e["what"], e["result"]) for e in entries] == [
        ("POST /api/login", "refused"),
        ("POST /api/login", "done"),
        ("POST /api/resources", "done"),
        ("GET /api/snapshot-file", "done"),
        ("DELETE /api/rules/x", "refused"),
        ("POST /api/logout", "done"),
    ]
    assert {e["who"] for e in entries} == {"root@pam"}
    assert entries[0]["whence"] == "10.0.0.7"
    assert entries[2]["params"] == {"sid": "vm:1", "comment": "안녕"}
    assert entries[0]["at"] == visit.clock.time()


async def test_no_secret_is_told(visit: Visit) -> None:
    await visit.browser().log_in(password="a wrong secret", otp="123456")
    text = (visit.console.settings.data / FILE).read_text("ascii")
    assert "a wrong secret" not in text
    assert "123456" not in text


async def test_who_has_no_login_fills_no_disk(visit: Visit) -> None:
    for number in range(220):
        await visit.browser(f"10.1.0.{number}").log_in(f"u{number}@pve", "x")
        await visit.browser().write("POST", "/api/resources", {"sid": "vm:1"})
    assert len(told(visit)) == 200
    await visit.clock.step(10)
    await visit.browser("10.2.0.1").log_in("last@pve", "x")
    assert told(visit)[-1]["more_before"] == 20


@pytest.mark.parametrize("how", ["udp", "tcp"])
async def test_records_are_forwarded_to_a_syslog_server(how: str) -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    class Datagrams(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            arrived.put_nowait(data)

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int(await reader.readuntil(b" "))
        arrived.put_nowait(await reader.readexactly(size))
        writer.close()

    if how == "udp":
        transport, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))
        port, close = transport.get_extra_info("sockname")[1], transport.close
    else:
        server = await asyncio.start_server(read, "127.0.0.1", 0)
        port, close = server.sockets[0].getsockname()[1], server.close
    forwarder = Forwarder(Receiver(how, "127.0.0.1", port))  # type: ignore[arg-type]
    task = asyncio.create_task(forwarder.run())
    forwarder.send({"at": 0.0, "who": "홍길동@ad", "result": "done"})
    sent = await asyncio.wait_for(arrived.get(), 60)
    assert sent.startswith(b"<109>1 1970-01-01T00:00:00.000Z ")
    assert json.loads(sent.partition(b" audit - ")[2])["who"] == "홍길동@ad"
    task.cancel()
    close()


def writes(visit: Visit) -> list[str]:
    """Every request by which something can be changed, or is taken away."""
    routes = [route for route in visit.app.routes if isinstance(route, Route)]
    changes = [
        f"{method} {re.sub('{number}', '7', route.path)}"
        for route in routes
        for method in sorted((route.methods or set()) - {"GET", "HEAD"})
    ]
    acts = [what for what in changes if what.endswith("/{act}")]
    named = [re.sub("{act}", act, what) for what in acts for act in ACTS_OF[what.split("/")[2]]]
    taken = [f"GET {path}{'a.html' if path.endswith('/') else ''}" for path in EXPORTS]
    steps = [f"maintenance {step}" for step in ("enter", "leave", "move", "bring_back")]
    steps += [f"maintenance {step}" for step in ("add_rule", "drop_rule", "reboot")]
    return [*changes, *named, *taken, *steps]


ACTS_OF = {
    "maintenance": [*ACTS, "power"],
    "drill": ["propose", "agree", "start", "done", "withdraw"],
    "plans": ["approve", "apply", "resume", "undo", "discard"],
}
WHOLE = {"sid": "vm:1", "node": "pve1", "nodes": ["pve1"], "timeout_s": 10, "mode": "freeze"}
WHOLE |= {"recipient": "ops", "name": "r", "rule": "r", "minutes": 5, "kind": "rules"}


async def test_whatever_can_be_done_has_a_sentence(visit: Visit) -> None:
    for locale in LOCALES:
        said = Sentences.of(locale)
        for what in writes(visit):
            for params in (WHOLE, {}):
                says = deeds.told({"what": what, "params": params}, said)["says"]
                assert "/" not in says, what
                assert "deed." not in says, what
                assert not PLACEHOLDER.search(says), what
    korean = [deeds.told({"what": what}, Sentences.of("ko"))["says"] for what in writes(visit)]
    assert not [says for says in korean if not re.search("[가-힣]", says)]


async def test_a_record_has_the_clusters_time_too_where_that_is_another(tmp_path: Path) -> None:
    ahead_s, clock = [2.0], SteppedClock()
    told = auditor(Audit(tmp_path), clock, Forwarder(None), None, lambda: ahead_s[0])
    for seconds in (2.0, 90.0):
        ahead_s[0] = seconds
        told.did("root@pam", "POST /api/rules", {"rule": "a"}, 200)
    rows = [json.loads(line.partition("\t")[0]) for line in (tmp_path / FILE).open()]
    assert [row["at"] for row in rows] == [clock.now, clock.now]
    shown = [deeds.told(row, Sentences.of("en"))["at"] for row in rows]
    assert shown == [clock.now, clock.now + 90]
    assert verify(tmp_path).alteration is None
