"""The live stream tells what changed: once for all, compressed, and what each viewer may see of it."""

import gzip
import json
import zlib
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.console.visit import Visit, settle
from tests.proxmox.playback import lrm, service
from virton.console.page.model import PageModel
from virton.console.page.schema import schema_text
from virton.console.watch.frames import Frame, gzipped

pytestmark = pytest.mark.anyio
STATUS = "/cluster/ha/status/current"


async def test_the_page_model_is_what_its_schema_says(visit: Visit) -> None:
    browser = await visit.logged_in()
    text = (await browser.get("/api/snapshot")).content
    TypeAdapter(PageModel).validate_json(text, strict=True)
    told = json.loads(schema_text())
    assert {"PageModel", "Whole", "Change", "Beat"} <= told["$defs"].keys()
    assert set(json.loads(text)) == set(told["$defs"]["PageModel"]["required"])


async def test_a_change_tells_the_rows_that_changed_and_no_others(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        stream.events()
        visit.cluster.answers[STATUS][3] = lrm("phum01", "lost_agent_lock")
        await visit.poller.poll_once()
        await settle()
        [(name, told)] = stream.events()
    assert name == "change"
    assert [row["name"] for row in told["rows"]["nodes"]] == ["phum01"]
    assert set(told["rows"]) == {"nodes"}
    assert told["fields"] == told["gone"] == {}


async def test_a_row_that_goes_is_told_by_its_key(visit: Visit) -> None:
    visit.cluster.answers[STATUS].append(service("vm:7", "phum01", "deleting"))
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        stream.events()
        visit.cluster.answers[STATUS].pop()
        await visit.poller.poll_once()
        await settle()
        [(_, told)] = stream.events()
    assert told["gone"] == {"resources": ["vm:7"]}
    assert [row["sid"] for row in stream.page["resources"]] == ["vm:100", "vm:121"]


async def test_whoever_missed_changes_gets_them_together(visit: Visit) -> None:
    await visit.logged_in()
    feed = visit.poller.feed
    await visit.poller.poll_once()
    first = feed.version
    visit.cluster.answers[STATUS][3] = lrm("phum01", "lost_agent_lock")
    await visit.poller.poll_once()
    visit.cluster.answers[STATUS].pop(1)
    await visit.poller.poll_once()
    change = feed.change_since(first)
    assert change is not None
    assert (change.since, change.version) == (first, first + 2)
    assert [row.name for row in change.rows.nodes] == ["phum01"]
    assert change.fields.model_fields_set == {"master"}


async def test_changes_put_together_are_the_whole(visit: Visit) -> None:
    browser = await visit.logged_in()
    rows = visit.cluster.answers[STATUS]
    async with browser.stream() as stream:
        stream.events()
        deeds: list[Any] = [
            lambda: rows.append(service("vm:7", "phum01", "deleting")),
            lambda: rows.pop(1),
            lambda: visit.cluster.answers["/cluster/ha/rules"].clear(),
            lambda: visit.cluster.answers["/cluster/ha/resources"].pop(0),
            lambda: rows.pop(),
        ]
        for deed in deeds:
            deed()
            await visit.poller.poll_once()
            await settle()
            assert stream.shown() == (await browser.get("/api/snapshot")).json()


async def test_a_browser_that_takes_gzip_gets_each_event_at_once(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream(accepts="gzip") as stream:
        assert stream.headers["content-encoding"] == "gzip"
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16)
        first = unpacked.decompress(stream.taken())
        assert first.startswith(b"event: whole\r\n")
        assert first.endswith(b"\r\n\r\n")
        visit.cluster.answers[STATUS].pop(1)
        await visit.poller.poll_once()
        await settle()
        assert unpacked.decompress(stream.taken()).startswith(b"event: change\r\n")


async def test_blocks_that_were_packed_apart_make_one_whole_gzip() -> None:
    frames = [Frame("beat", {"now": number, "text": "x" * number}) for number in range(200)]

    async def each() -> Any:
        for frame in frames:
            yield frame

    packed = b"".join([block async for block in gzipped(each())])
    assert gzip.decompress(packed) == b"".join(frame.plain for frame in frames)


async def test_what_all_see_alike_is_encoded_once(visit: Visit) -> None:
    await visit.logged_in()
    await visit.poller.poll_once()
    console, page = visit.console, visit.poller.feed.page
    assert page is not None
    standing = console.sessions.last_standing(await _session(visit))
    frames = {id(console.views.whole(standing, page, 1)) for _ in range(100)}
    assert len(frames) == 1


async def _session(visit: Visit) -> Any:
    cookie = visit.browsers[0].http.cookies["virton_session"]
    return visit.console.sessions.read(cookie)


async def test_beats_of_a_viewer_without_rights_say_so_and_tell_no_address(visit: Visit) -> None:
    browser = await visit.logged_in("none@pve", "none")
    async with browser.stream() as stream:
        stream.events()
        visit.poller.feed.beat()
        await settle()
        [(name, beat)] = stream.events()
    assert name == "beat"
    for part in beat["parts"].values():
        assert part["error"]["code"] == "forbidden"
        assert part["address"] is None


async def test_a_change_names_no_guest_that_the_viewer_may_not_see(visit: Visit) -> None:
    visit.cluster.privileges["audit@pve"] = {"/": {"Sys.Audit": 1}}
    browser = await visit.logged_in("audit@pve", "audit-password")
    async with browser.stream() as stream:
        stream.events()
        for row in visit.cluster.answers["/cluster/resources"]:
            if row.get("vmid") is not None:
                row["name"] = f"renamed-{row['vmid']}"
        await visit.poller.poll_once()
        await settle()
        told = json.dumps(stream.events())
    assert "renamed" not in told
