"""The client against answers that are written by hand, and servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.proxmox.playback import NOW, ROOT, TOKEN, Playback, Raw, Refusal
from tests.proxmox.wire import answering, listening, ok, silent
from tests.stepped_loop import STEPPED
from virton.proxmox import ApiFailure, ApiToken, ClusterApi, ProxmoxClient, Timeouts
from virton.proxmox.access import parse_permissions
from virton.proxmox.second_factor import SecondFactorNeeded

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return STEPPED


SHORT = Timeouts(connect_s=1, read_s=0.05, whole_s=0.2)


@pytest.fixture
def cluster() -> Playback:
    return Playback()


@pytest.fixture
async def client(cluster: Playback) -> AsyncIterator[ProxmoxClient]:
    client = ProxmoxClient.in_process(cluster)
    yield client
    await client.aclose()


async def failure(client: ProxmoxClient, method: str = "GET", path: str = "/version") -> ApiFailure:
    with pytest.raises(ApiFailure) as caught:
        await client.call(method, path, ApiToken(TOKEN))
    return caught.value


async def test_a_token_reads_every_part(client: ProxmoxClient) -> None:
    api = ClusterApi(client, ApiToken(TOKEN))
    assert (await api.version()).major == 9
    assert (await api.membership()).name == "lab"
    assert (await api.votes()).total == 3
    assert [guest.sid for guest in (await api.inventory()).guests] == ["vm:100", "vm:121", "ct:200"]
    assert [resource.sid for resource in await api.resources()] == ["vm:100", "vm:121"]
    rule = (await api.rules())[0]
    assert rule.nodes == (("phum02", 2), ("phum01", 0))
    assert rule.errors == {"resources": ("one thing", "another")}
    assert (await api.manager_status()).services["vm:121"].target == "phum02"


async def test_unknown_fields_are_kept(client: ProxmoxClient) -> None:
    api = ClusterApi(client, ApiToken(TOKEN))
    assert (await api.resources())[0].extra == {"tomorrow": 7}


async def test_a_ticket_carries_cookie_and_csrf_token(
    cluster: Playback, client: ProxmoxClient
) -> None:
    ticket = await ClusterApi(client).log_in(ROOT, "root-password", NOW)
    api = ClusterApi(client, ticket)
    await api.add_resource({"sid": "vm:1"})
    assert cluster.written().user == ROOT
    assert cluster.written().params == {"sid": "vm:1"}
    assert (await api.permissions()).on("/nodes/phum01") == {"Sys.Audit", "Sys.Console", "VM.Audit"}


def test_a_privilege_that_is_not_inherited_holds_on_its_own_path_alone() -> None:
    held = parse_permissions({"/": {"Sys.Audit": 1, "VM.Audit": 0}, "/vms/7": {"VM.Audit": 1}})
    assert held.on("/") == {"Sys.Audit", "VM.Audit"}
    assert held.on("/vms/8") == {"Sys.Audit"}
    assert held.on("/vms/7") == {"VM.Audit"}


async def test_a_ticket_is_renewed_with_itself(client: ProxmoxClient) -> None:
    first = await ClusterApi(client).log_in(ROOT, "root-password", NOW)
    second = await ClusterApi(client).log_in(ROOT, first.ticket, NOW + 4000)
    assert second.ticket != first.ticket
    assert second.issued == NOW + 4000


async def test_secrets_do_not_show_in_a_repr(client: ProxmoxClient) -> None:
    ticket = await ClusterApi(client).log_in(ROOT, "root-password", NOW)
    assert ticket.ticket not in repr(ticket)
    assert "5ecret" not in repr(ApiToken(TOKEN))


async def test_a_second_factor_is_asked_for_and_sent(
    cluster: Playback, client: ProxmoxClient
) -> None:
    half = {"username": ROOT, "ticket": "PVE:!tfa!:x", "NeedTFA": 1, "CSRFPreventionToken": "c"}

    async def ask_for_more(path: str) -> Any:
        return None if "tfa-challenge" in cluster.asked[-1].params else half

    cluster.fault = ask_for_more
    with pytest.raises(SecondFactorNeeded):
        await ClusterApi(client).log_in(ROOT, "root-password", NOW)
    cluster.users[ROOT] = "totp:123456"
    ticket = await ClusterApi(client).log_in(ROOT, "root-password", NOW, "123456")
    assert cluster.asked[-1].params["tfa-challenge"] == "PVE:!tfa!:x"
    assert ticket.user == ROOT


async def test_a_refusal_keeps_status_words_and_fields(
    cluster: Playback, client: ProxmoxClient
) -> None:
    cluster.writes["POST", "/cluster/ha/rules"] = Refusal(
        400, "Parameter verification failed.", {"rule": "invalid format\n"}
    )
    error = (await failure(client, "POST", "/cluster/ha/rules")).error
    assert (error.status, error.code) == (400, "invalid")
    assert error.message == "Parameter verification failed."
    assert error.fields == {"rule": "invalid format"}


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "auth"), (403, "forbidden"), (500, "cluster"), (501, "unsupported"), (595, "peer")],
)
async def test_each_refusal_has_its_kind(
    cluster: Playback, client: ProxmoxClient, status: int, code: str
) -> None:
    cluster.answers["/version"] = Refusal(status, "so it is")
    error = (await failure(client)).error
    assert (error.status, error.code, error.message) == (status, code, "so it is")


@pytest.mark.parametrize(
    "answer",
    [
        Raw(200, b"<html>hello</html>"),
        Raw(200, b'{"data": {"vers', "application/json"),
        Raw(200, b'{"success": 1}', "application/json"),
        Raw(200, b"[]", "application/json"),
        Raw(302, b""),
        ["not", "a", "version"],
    ],
)
async def test_an_answer_that_is_none_is_a_protocol_error(
    cluster: Playback, client: ProxmoxClient, answer: Any
) -> None:
    cluster.answers["/version"] = answer
    with pytest.raises(ApiFailure) as caught:
        await ClusterApi(client, ApiToken(TOKEN)).version()
    assert caught.value.error.code == "protocol"


async def test_the_words_in_the_status_line_of_old_versions_are_read() -> None:
    said = b"HTTP/1.1 500 no such resource 'vm:1'\r\ncontent-length: 13\r\n\r\n" + b'{"data":null}'
    async with listening(answering(said)) as address:
        error = (await failure(ProxmoxClient([address]))).error
    assert (error.status, error.message) == (500, "no such resource 'vm:1'")


async def test_a_name_that_does_not_exist_is_told() -> None:
    error = (await failure(ProxmoxClient(["https://pve1.invalid"]))).error
    assert (error.code, error.address) == ("name", "https://pve1.invalid:8006")


async def test_a_refused_connection_is_told() -> None:
    async with listening(silent) as address:
        pass
    assert (await failure(ProxmoxClient([address]))).error.code == "refused"


async def test_a_silent_node_is_a_timeout() -> None:
    async with listening(silent) as address:
        assert (await failure(ProxmoxClient([address], timeouts=SHORT))).error.code == "timeout"


async def test_a_body_that_never_ends_is_a_timeout() -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async with listening(dribble) as address:
        assert (await failure(ProxmoxClient([address], timeouts=SHORT))).error.code == "timeout"


async def test_a_read_for_which_a_kept_connection_ends_has_another() -> None:
    kept = ok(b'{"data": 1}').replace(b"connection: close\r\n", b"")
    met = 0

    async def ends_at_the_second(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal met
        met += 1
        for said in (kept, b""):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()

    async with listening(ends_at_the_second) as address:
        client = ProxmoxClient([address])
        assert [await client.call("GET", "/version") for _ in range(2)] == [1, 1]
        await client.aclose()
    assert met == 2


@pytest.mark.parametrize("said", [b"", ok(b'{"data": {}}')[:-4]])
async def test_a_connection_cut_in_the_middle_is_told(said: bytes) -> None:
    async with listening(answering(said)) as address:
        assert (await failure(ProxmoxClient([address]))).error.code == "cut"


async def test_the_next_node_is_asked_when_one_is_down_and_stays_preferred() -> None:
    async with listening(silent) as down:
        pass
    async with listening(answering(ok(b'{"data": {"version": "9.0"}}'))) as up:
        client = ProxmoxClient([down, up])
        assert await client.call("GET", "/version") == {"version": "9.0"}
        assert client.troubles[down].code == "refused"
        assert await client.call("POST", "/version") == {"version": "9.0"}
        assert list(client.troubles) == [down]


async def test_a_write_that_may_have_arrived_is_not_repeated_elsewhere() -> None:
    second: list[bytes] = []
    async with (
        listening(answering(b"")) as cut,
        listening(answering(ok(b'{"data": 1}'), seen=second)) as up,
    ):
        assert (await failure(ProxmoxClient([cut, up]), "POST")).error.code == "cut"
        assert second == []
        assert await ProxmoxClient([cut, up]).call("GET", "/version") == 1


async def test_a_node_unreachable_through_its_peer_is_asked_for_elsewhere() -> None:
    said = b"HTTP/1.1 595 No route to host\r\ncontent-length: 0\r\n\r\n"
    async with (
        listening(answering(said)) as near,
        listening(answering(ok(b'{"data": 1}'))) as far,
    ):
        assert await ProxmoxClient([near, far]).call("GET", "/version") == 1


async def test_a_refusal_is_not_asked_again_elsewhere() -> None:
    second: list[bytes] = []
    said = b"HTTP/1.1 403 Permission check failed\r\ncontent-length: 0\r\n\r\n"
    async with (
        listening(answering(said)) as first,
        listening(answering(ok(b"{}"), seen=second)) as other,
    ):
        assert (await failure(ProxmoxClient([first, other]))).error.code == "forbidden"
    assert second == []


async def test_when_every_node_is_down_each_is_named() -> None:
    async with listening(silent) as one, listening(silent) as two:
        pass
    error = (await failure(ProxmoxClient([one, two]))).error
    assert error.code == "refused"
    assert error.message is None, "these are not the cluster's own words"
    assert one in error.words
    assert two in error.words


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("pve1", "https://pve1:8006"),
        ("https://pve1", "https://pve1:8006"),
        ("https://pve1:443/", "https://pve1:443"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("https://[fd00::1]", "https://[fd00::1]:8006"),
        (" pve.example ", "https://pve.example:8006"),
        ("https://proxy.example/pve", "https://proxy.example/pve"),
        ("https://proxy.example:8443/pve/", "https://proxy.example:8443/pve"),
        ("http://127.0.0.1:9/pve", "http://127.0.0.1:9/pve"),
        ("pve1/pve", "https://pve1/pve"),
    ],
)
def test_an_address_may_be_written_briefly(text: str, base: str) -> None:
    assert ProxmoxClient([text]).addresses == (base,)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://pve1",
        "https://",
        "",
        "pve1.example, pve2.example",
        "pve1.example pve2.example",
        "pve1.example;pve2.example",
        "pve1:http",
        "pve1:70000",
        "https://pve1/?x=1",
        "https://pve1/#page",
        "https://user:secret@pve1",
        "user@pve1",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address") as caught:
        ProxmoxClient([text])
    assert "secret" not in str(caught.value)


async def test_an_api_below_a_path_is_asked_there() -> None:
    seen: list[bytes] = []
    async with listening(answering(ok(b'{"data": 1}'), seen=seen)) as address:
        client = ProxmoxClient([f"{address}/pve"])
        assert await client.call("GET", "/version") == 1
        await client.aclose()
    assert seen[0].startswith(b"GET /pve/api2/json/version HTTP/1.1")


@pytest.mark.parametrize("text", ["root@pam", "root@pam!x", "root@pam!x=", "a b@pam!x=y"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ApiToken(text)


async def test_a_token_of_any_user_makes_a_header() -> None:
    seen: list[bytes] = []
    async with listening(answering(ok(b'{"data": 1}'), seen=seen)) as address:
        client = ProxmoxClient([address])
        await client.call("GET", "/version", ApiToken("감시@ad!ha=5ecret-%"))
        await client.aclose()
    assert b"PVEAPIToken=%EA%B0%90%EC%8B%9C@ad!ha=5ecret-%25\r\n" in seen[0]


async def test_cookies_that_a_node_sets_are_not_kept_for_other_users() -> None:
    seen: list[bytes] = []
    said = ok(b'{"data": 1}').replace(b"\r\n", b"\r\nset-cookie: PVEAuthCookie=x; Path=/\r\n", 1)
    async with listening(answering(said, seen=seen)) as address:
        client = ProxmoxClient([address])
        await client.call("GET", "/version")
        await client.call("GET", "/version")
    assert b"cookie" not in seen[1].lower()
