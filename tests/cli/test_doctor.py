"""`virton doctor`: every line is a finding, with what to do, in both languages."""

import json
import shutil
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.proxmox.playback import TOKEN, Playback, Refusal
from tests.served import served
from virton.cli import examination, outside
from virton.cli.examination import of_this_machine
from virton.cli.main import app
from virton.cli.settings_file import SettingsFile
from virton.keeping.database import Trouble, open_database
from virton.keeping.sealed_by import note_key
from virton.keeping.sealing import Sealer
from virton.keeping.settings import Settings
from virton.language.sentences import Sentences

NAME = "console@pve!reader"


@pytest.fixture
def cluster() -> Playback:
    return Playback()


def doctor(folder: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code and the findings by name."""
    arguments = ["doctor", "--data", str(folder), "--json", "--lang", "en", *options]
    result = CliRunner().invoke(app, arguments)
    findings = json.loads(result.stdout)
    for finding in findings:
        assert not finding["words"].startswith("doctor."), "every finding has its sentence"
    return result.exit_code, {finding["finding"]: finding for finding in findings}


def unused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"https://127.0.0.1:{listener.getsockname()[1]}"


def test_without_a_cluster_this_machine_is_looked_at(tmp_path: Path) -> None:
    code, found = doctor(tmp_path)
    assert (code, set(found)) == (0, {"settings.none", "disk", "reach.here", "embedded"})


def test_a_healthy_cluster_and_its_token_are_found_good(tmp_path: Path, cluster: Playback) -> None:
    cluster.privileges["console@pve"]["/"]["Sys.Syslog"] = 1
    with served(cluster) as address:
        code, found = doctor(tmp_path, "--proxmox", address, "--token", TOKEN)
    assert code == 0
    assert {"token", "journal", "version"} <= set(found)
    assert found["address.plain"]["grade"] == "careful"


def test_an_address_that_refuses_is_told_and_fails(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, "--proxmox", unused(), "--token", TOKEN)
    assert code == 1
    assert found["address.refused"]["grade"] == "bad"
    assert not any(name.startswith("token") for name in found)


def test_a_token_that_lacks_privileges_is_told_which(tmp_path: Path, cluster: Playback) -> None:
    cluster.privileges["console@pve"] = {"/": {"Sys.Audit": 1}}
    with served(cluster) as address:
        code, found = doctor(tmp_path, "--proxmox", address, "--token", TOKEN)
    assert code == 1
    assert found["token.lacks"]["privilege"] == "VM.Audit"
    assert found["journal.closed"]["grade"] == "careful"


def test_a_refused_token_is_told_without_its_secret(tmp_path: Path, cluster: Playback) -> None:
    cluster.tokens.clear()
    with served(cluster) as address:
        code, found = doctor(tmp_path, "--proxmox", address, "--token", TOKEN)
    assert (code, found["token.refused"]["token"]) == (1, NAME)
    assert "5ecret" not in json.dumps(found)


@pytest.mark.parametrize(
    ("version", "finding"), [("7.3-1", "version.old"), ("9.3.1", "version.new")]
)
def test_a_version_that_was_not_tried_is_told(
    tmp_path: Path, cluster: Playback, version: str, finding: str
) -> None:
    cluster.answers["/version"] = {"version": version, "release": "x", "repoid": "1"}
    with served(cluster) as address:
        assert finding in doctor(tmp_path, "--proxmox", address, "--token", TOKEN)[1]


def test_what_is_no_proxmox_ve_is_told(tmp_path: Path, cluster: Playback) -> None:
    cluster.answers["/access/domains"] = Refusal(404, "Not Found")
    with served(cluster) as address:
        assert "address.protocol" in doctor(tmp_path, "--proxmox", address)[1]


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_a_certificate_that_is_not_trusted_is_told_with_its_fingerprint(
    tmp_path: Path, cluster: Playback, certificate: tuple[Path, Path]
) -> None:
    with served(cluster, certificate) as address:
        _, found = doctor(tmp_path, "--proxmox", address)
        shown = found["address.tls.shown"]["fingerprint"]
        _, found = doctor(tmp_path, "--proxmox", address, "--fingerprint", shown)
    assert found["address"]["grade"] == "good"
    assert found["certificate.ends"]["fingerprint"] == shown
    assert found["certificate.ends"]["days"] <= 2


def test_who_can_reach_the_console_and_where_its_data_is_are_looked_at(tmp_path: Path) -> None:
    def found(folder: Path, **settings: Any) -> set[str]:
        return {one.key for one in of_this_machine(SettingsFile(**settings), None, folder)}

    assert "reach.open" in found(tmp_path, host="0.0.0.0")
    assert "reach.both" in found(tmp_path, host="::", https_port=8443)
    assert "reach.proxy" in found(tmp_path, host="::", trusted_proxies=["10.0.0.1"])
    assert "disk" in found(tmp_path / "not" / "there" / "yet")


def test_a_settings_file_with_a_token_that_others_may_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "virton.toml"
    path.write_text(f"token = '{TOKEN}'\nproxmox = '{unused()}'\n")
    path.chmod(0o644)
    code, found = doctor(tmp_path, "--config", str(path))
    assert (code, found["settings.open"]["grade"]) == (1, "bad")


def test_a_console_whose_secrets_were_sealed_with_another_key_is_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    shared, file = f"sqlite:///{tmp_path}/shared.sqlite", other / "virton.toml"
    for folder in (one, other):
        folder.mkdir()
    settings = Settings(open_database(shared), "cluster")
    file.write_text(f"history = '{shared}'\n")
    assert doctor(other, "--config", str(file))[1]["history"]["grade"] == "good"
    note_key(settings, Sealer(one))
    code, found = doctor(other, "--config", str(file))
    assert (code, found["secrets.other"]["path"]) == (1, str(other / "secrets.key"))
    shutil.copy(one / "secrets.key", other)
    assert doctor(other, "--config", str(file))[0] == 0
    assert sorted(path.name for path in other.iterdir()) == ["secrets.key", "virton.toml"]


def test_a_history_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    file = tmp_path / "virton.toml"
    for address, finding in (
        ("postgresql://ha@127.0.0.1:1/ha", "history.unreachable"),
        ("mysql://x", "history.address"),
    ):
        file.write_text(f"history = '{address}'\n")
        code, found = doctor(tmp_path, "--config", str(file))
        assert (code, found[finding]["grade"]) == (1, "bad")


def test_a_clock_that_is_another_is_told_by_how_much(tmp_path: Path, cluster: Playback) -> None:
    for ahead_s, finding in ((90, "clock.ahead"), (-90, "clock.behind")):
        with served(dated(cluster, ahead_s), dates=False) as address:
            code, found = doctor(tmp_path, "--proxmox", address, "--token", TOKEN)
        assert (code, found[finding]["grade"]) == (0, "careful")
        # nothing is waited for longer than PATIENCE, which is 6 s
        assert 80 <= found[finding]["seconds"] <= 100


def dated(cluster: Playback, ahead_s: int) -> Any:
    """Return a cluster whose clock is so far ahead."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead_s), usegmt=True)
                message = {**message, "headers": [*message["headers"], (b"date", date.encode())]}
            await send(message)

        await cluster(scope, receive, told)

    return app


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_finding_has_a_sentence_and_what_is_not_good_has_advice(language: str) -> None:
    source = "".join(Path(one.__file__).read_text("utf-8") for one in (examination, outside))
    texts = Sentences.of(language).texts
    grades = {"good": False, "careful": True, "bad": True}
    for grade, advised in grades.items():
        keys = {one for one in _literals(source, grade) if "{" not in one}
        keys |= {f"history.{one}" for one in Trouble} if grade == "bad" else set()
        for key in sorted(keys):
            assert f"doctor.{key}" in texts
            assert not advised or f"doctor.{key}.do" in texts


def _literals(source: str, grade: str) -> list[str]:
    """Return the keys that stand in the source as findings of a grade."""
    return [part.partition('"')[0] for part in source.split(f'{grade}("')[1:]]


def test_a_line_for_people_says_what_to_do(tmp_path: Path) -> None:
    arguments = ["doctor", "--data", str(tmp_path), "--lang", "ko", "--proxmox", unused()]
    output = CliRunner().invoke(app, arguments).output
    assert "연결을 거부합니다." in output
    assert "pveproxy" in output
