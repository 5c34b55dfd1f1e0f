"""`virton serve` as it is typed: what it prints, what it refuses, and that it serves."""

import asyncio
import fcntl
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from tests.proxmox.playback import TOKEN, Playback
from virton import embedded
from virton.cli.announcement import announce
from virton.cli.certificate import own_certificate
from virton.cli.listening import address_of, listen
from virton.cli.main import app
from virton.cli.service import (
    Service,
    of_embedded_cluster,
    of_real_cluster,
    start_embedded,
)
from virton.cli.starting import run
from virton.console.settings import ConsoleSettings
from virton.proxmox import ProxmoxClient

TERMINAL = CliRunner()


class Stand:
    """What the embedded cluster offers, with written answers."""

    def __init__(self) -> None:
        self.app = Playback()
        self.console_token = TOKEN
        self.admin_password: str | None = "generated-once"
        self.living = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        self.living.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


@asynccontextmanager
async def serving(service: Service, proxies: tuple[str, ...] = ()) -> AsyncIterator[str]:
    with listen("127.0.0.1", 0) as listener:
        task = asyncio.create_task(run(service, listener, None, proxies))
        try:
            yield address_of("127.0.0.1", listener)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_help_names_the_verbs_and_their_options() -> None:
    assert "serve" in TERMINAL.invoke(app, ["--help"]).output
    help_text = TERMINAL.invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    for option in ("--proxmox", "--token", "--fingerprint", "--ca-file", "--data", "--port"):
        assert option in help_text


def test_a_port_in_use_is_told_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = TERMINAL.invoke(app, ["serve", "--port", str(port), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 is already in use" in result.output
    assert "--port" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_in_use_is_told_and_left_alone(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = TERMINAL.invoke(app, ["serve", "--port", "0", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "another virton runs" in result.output
    assert "--data" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_data_folder_that_holds_no_cluster_is_told_and_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "cluster.sqlite"
    database.write_bytes(b"something else" * 1000)
    result = TERMINAL.invoke(app, ["serve", "--port", "0", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "cluster.sqlite is damaged" in result.output
    assert "Restore cluster.sqlite" in result.output
    assert database.read_bytes() == b"something else" * 1000


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("console.key", b"", "Delete it"),
        ("console.key", b"no key at all", "Delete it"),
        ("console.key", b"abcd", "Delete it"),
        ("console.key", b"\xff" * 64, "Delete it"),
        ("ended-sessions.json", b"{", "Delete it"),
        ("ended-sessions.json", b'["a"]', "Delete it"),
        ("ended-sessions.json", b'{"a": "b"}', "Delete it"),
        ("cluster.sqlite", b"", "--data DIR"),
        ("history.sqlite", b"no database" * 1000, "Restore history.sqlite"),
        ("audit.log", b"no record", "Restore audit.log"),
        ("domains.json", b"{", "Restore domains.json"),
        ("https-certificate.pem", b"no PEM", "Restore https-certificate.pem"),
        ("https-key.pem", b"", "Restore https-certificate.pem"),
    ],
)
def test_a_damaged_file_of_the_data_folder_is_named_and_nothing_begun_anew(
    tmp_path: Path, name: str, content: bytes, advice: str
) -> None:
    cluster = embedded.start(tmp_path, None)
    of_embedded_cluster(cluster, ConsoleSettings(tmp_path))
    assert cluster.cluster.files._store is not None
    cluster.cluster.files._store.close()
    (tmp_path / "lock").touch()
    own_certificate(tmp_path)
    (tmp_path / name).write_bytes(content)
    typed = ["serve", "--port", "0", "--https-port", "0", "--data", str(tmp_path)]
    result = TERMINAL.invoke(app, typed)
    assert result.exit_code == 1
    assert f"{name} is damaged" in result.output
    assert advice in result.output
    assert (tmp_path / name).read_bytes() == content


def test_an_empty_password_is_none_and_a_short_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTON_ADMIN_PASSWORD", "")
    assert start_embedded(tmp_path, None).admin_password
    monkeypatch.setenv("VIRTON_ADMIN_PASSWORD", "abcd")
    result = TERMINAL.invoke(app, ["serve", "--port", "0", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "at least 5 characters" in result.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--proxmox", "ftp://x"], "not the address"),
        (["--proxmox", "https://x", "--token", "secret"], "user@realm!id=secret"),
        (["--proxmox", "https://x", "--fingerprint", "AA"], "not a SHA-256 fingerprint"),
        (["--proxmox", "https://x", "--ca-file", "/nowhere"], "there is no file"),
        (["--fingerprint", "AA"], "--proxmox"),
        (["--proxmox", "https://x", "--pve-version", "9.2"], "--pve-version"),
        (["--pve-version", "8.4"], "9.1"),
        (["--https-port", "99999"], "65535"),
        (["--proxmox", "pve1, pve2"], "name each address by itself"),
        (["--proxmox", "https://me:secret@x"], "do not belong into an address"),
        (["--trusted-proxy", "proxy.example"], "--trusted-proxy"),
        (["--trusted-proxy", "10.0.0.1/8"], "--trusted-proxy"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    tmp_path: Path, options: list[str], words: str
) -> None:
    result = TERMINAL.invoke(app, ["serve", "--port", "0", "--data", str(tmp_path), *options])
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_address_and_login_are_printed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce("http://127.0.0.1:8080", of_embedded_cluster(Stand(), ConsoleSettings(tmp_path)).facts)
    printed = capsys.readouterr().out
    assert printed.count("http://127.0.0.1:8080") == 1
    assert printed.count("generated-once") == 1
    assert "root@pam" in printed


def test_listening_to_everybody_is_warned_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce("http://0.0.0.0:8080", of_embedded_cluster(Stand(), ConsoleSettings(tmp_path)).facts)
    assert "anybody on the network can read" in " ".join(capsys.readouterr().out.split())


@pytest.mark.anyio
async def test_console_and_cluster_share_an_address_and_the_lab_stays_inside(
    tmp_path: Path,
) -> None:
    stand = Stand()
    async with serving(of_embedded_cluster(stand, ConsoleSettings(tmp_path))) as address:
        await stand.living.wait()
        async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
            assert (await http.get("/api/realms")).json()[0]["realm"] == "pam"
            domains = await http.get("/api2/json/access/domains")
            assert domains.json()["data"][1]["realm"] == "pam"
            assert "content-security-policy" not in domains.headers
            assert (await http.get("/lab")).status_code == 404
            assert (await http.get("/api2")).status_code == 404
    assert stand.ended


async def log_in_through_a_proxy(
    http: httpx2.AsyncClient, user: str, password: str, address: str
) -> httpx2.Response:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": f"{address}, 127.0.0.1"}
    body = {"username": user, "realm": "pam", "password": password}
    return await http.post("/api/login", json=body, headers=headers)


async def guess_until_slowed(http: httpx2.AsyncClient, from_where: Callable[[int], str]) -> None:
    """Guess until one has to wait, which doubles with each try; else fail."""
    for number in range(20):
        address = from_where(number)
        answer = await log_in_through_a_proxy(http, "guess", "x", address)
        if answer.status_code == 429:
            return
    pytest.fail("nobody has to wait")


@pytest.mark.anyio
@pytest.mark.parametrize("proxies", [("127.0.0.1",), ("127.0.0.0/8",)])
async def test_a_trusted_proxy_tells_who_asks_and_that_it_is_encrypted(
    tmp_path: Path, proxies: tuple[str, ...]
) -> None:
    service = of_embedded_cluster(Stand(), ConsoleSettings(tmp_path))
    async with (
        serving(service, proxies) as address,
        httpx2.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        await guess_until_slowed(http, lambda number: "198.51.100.7")
        inside = await log_in_through_a_proxy(http, "root", "root-password", "203.0.113.5")
        assert inside.status_code == 200
        assert "Secure" in inside.headers["set-cookie"]


@pytest.mark.anyio
async def test_nobody_else_is_believed_to_be_a_proxy(tmp_path: Path) -> None:
    service = of_embedded_cluster(Stand(), ConsoleSettings(tmp_path))
    async with (
        serving(service, ("192.0.2.1",)) as address,
        httpx2.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        inside = await log_in_through_a_proxy(http, "root", "root-password", "203.0.113.5")
        assert "Secure" not in inside.headers["set-cookie"]
        await guess_until_slowed(http, lambda number: f"198.51.100.{number}")


@pytest.mark.anyio
async def test_when_the_cluster_dies_the_console_ends_and_says_why(tmp_path: Path) -> None:
    stand = Stand()

    async def die() -> None:
        raise RuntimeError("the disk is full")

    stand.run = die  # type: ignore[method-assign]
    with listen("127.0.0.1", 0) as listener, pytest.raises(RuntimeError, match="disk is full"):
        await asyncio.wait_for(
            run(of_embedded_cluster(stand, ConsoleSettings(tmp_path)), listener), 60
        )


@pytest.mark.anyio
async def test_a_console_elsewhere_reads_the_same_cluster_over_the_network(tmp_path: Path) -> None:
    near = of_embedded_cluster(Stand(), ConsoleSettings(tmp_path / "near"))
    async with serving(near) as cluster:
        settings = ConsoleSettings(tmp_path / "far")
        far = of_real_cluster(ProxmoxClient([cluster]), settings)
        async with (
            serving(far) as address,
            httpx2.AsyncClient(base_url=address, trust_env=False) as http,
        ):
            body = {"username": "root@pam", "password": "root-password"}
            session = (await http.post("/api/login", json=body)).json()
            assert session["lab"] is False
            told = (await http.get("/api/snapshot")).json()
    assert told["cluster"]["addresses"] == [
        {"address": cluster, "ok": True, "error": None, "answering": True}
    ]
    assert [row["sid"] for row in told["resources"]] == ["vm:100", "vm:121"]
