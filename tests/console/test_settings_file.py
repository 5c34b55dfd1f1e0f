"""`virton.toml`: where it is looked for, what it may say, and that the command line wins."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.proxmox.playback import TOKEN
from virton.cli.main import app
from virton.cli.service import service_of
from virton.cli.settings_file import SettingsFile, settings_file
from virton.cli.starting import facts_of

TERMINAL = CliRunner()
WHOLE = f"""
proxmox = ["https://pve1:8006", "pve2"]
token = "{TOKEN}"
fingerprints = "{"AB" * 32}"
interval = 5
host = "::1"
port = 9090
https_port = 9443
language = "en"
trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
hosts = ["console.example"]
idle_hours = 2.5
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(typer.Exit):
        settings_file(path)
    return " ".join(capsys.readouterr().err.split())


def test_every_setting_may_stand_in_the_file(tmp_path: Path) -> None:
    file, _ = settings_file(written(tmp_path / "any.toml", WHOLE))
    assert file.model_dump(exclude_unset=True) == {
        "proxmox": ["https://pve1:8006", "pve2"],
        "token": TOKEN,
        "fingerprints": ["AB" * 32],
        "interval": 5,
        "host": "::1",
        "port": 9090,
        "https_port": 9443,
        "language": "en",
        "trusted_proxies": ["127.0.0.1", "10.0.0.0/8"],
        "hosts": ["console.example"],
        "idle_hours": 2.5,
    }


def test_the_file_of_the_working_folder_goes_before_that_of_the_data_folder(tmp_path: Path) -> None:
    working, data = tmp_path / "working", tmp_path / "data"
    working.mkdir()
    data.mkdir()
    assert settings_file(None, working, data) == (SettingsFile(), None)
    kept = written(data / "virton.toml", "port = 1")
    assert settings_file(None, working, data) == (SettingsFile(port=1), kept)
    near = written(working / "virton.toml", "port = 2")
    assert settings_file(None, working, data) == (SettingsFile(port=2), near)
    given = written(tmp_path / "given.toml", "port = 3")
    assert settings_file(given, working, data) == (SettingsFile(port=3), given)


def test_an_unknown_key_is_named_and_so_is_the_one_that_was_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = refused(written(tmp_path / "v.toml", "fingerprint = 'x'"), capsys)
    assert "unknown key fingerprint; is fingerprints meant?" in words
    keys = words.rpartition("The keys are: ")[2].split(", ")
    assert keys == sorted(SettingsFile.model_fields)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("port = '8080'", "port"),
        ("port = 70000", "port"),
        ("interval = 0.1", "interval"),
        ("language = 'fr'", "language"),
        ("proxmox = [1]", "proxmox"),
        ("token = 7", "token"),
        ("[serve]\nport = 1", "serve"),
    ],
)
def test_a_wrong_value_names_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, key: str
) -> None:
    assert key in refused(written(tmp_path / "v.toml", text), capsys).split("The keys are")[0]


def test_a_secret_in_the_wrong_place_is_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "5ecret" not in refused(written(tmp_path / "v.toml", "port = '5ecret'"), capsys)


def test_what_is_no_toml_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not TOML" in refused(written(tmp_path / "v.toml", "port: 1"), capsys)
    assert "cannot be read" in refused(tmp_path / "absent.toml", capsys)


def test_files_are_looked_for_beside_the_settings(tmp_path: Path) -> None:
    written(tmp_path / "token", f"{TOKEN}\n")
    path = written(tmp_path / "v.toml", "token_file = 'token'\nca_file = 'ca.pem'")
    file, _ = settings_file(path)
    assert (file.token, file.ca_file) == (TOKEN, str(tmp_path / "ca.pem"))


def test_a_token_stands_in_one_place_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "v.toml", "token_file = 'token'\ntoken = 'a'")
    assert "token_file: give either it or token, not both" in refused(path, capsys)
    alone = written(tmp_path / "w.toml", "token_file = 'nowhere'")
    assert "nowhere" in refused(alone, capsys)


def test_what_is_typed_wins_and_of_whom_to_trust_all_of_it() -> None:
    file = SettingsFile(port=1, host="::1", fingerprints=["AB"], ca_file=None)
    typed = {"port": 0, "host": None, "proxmox": [], "ca_file": "ca.pem", "fingerprints": None}
    chosen = file.overruled_by(typed)
    assert (chosen.port, chosen.host, chosen.proxmox) == (0, "::1", [])
    assert (chosen.ca_file, chosen.fingerprints) == ("ca.pem", [])


def test_a_token_that_others_may_read_is_warned_about(tmp_path: Path) -> None:
    path = written(tmp_path / "virton.toml", f"token = '{TOKEN}'")
    path.chmod(0o644)
    open_to_all = facts_of(*reversed(settings_file(path)))
    assert [name for name, _ in open_to_all] == ["Settings", "Careful"]
    path.chmod(0o600)
    assert [name for name, _ in facts_of(*reversed(settings_file(path)))] == ["Settings"]
    assert facts_of(None, SettingsFile()) == ()


def test_the_file_makes_the_console_one_of_a_real_cluster(tmp_path: Path) -> None:
    file, _ = settings_file(written(tmp_path / "v.toml", WHOLE))
    service = service_of(file, tmp_path)
    assert service.beside is None
    told = [value for name, value in service.facts if name == "Proxmox VE"]
    assert told == ["https://pve1:8006", "https://pve2:8006"]


def test_the_option_is_read_before_anything_is_started(tmp_path: Path) -> None:
    path = written(tmp_path / "v.toml", "prot = 1")
    arguments = ["serve", "--config", str(path), "--data", str(tmp_path / "data")]
    result = TERMINAL.invoke(app, arguments)
    assert result.exit_code == 1
    assert "is port meant?" in " ".join(result.output.split())


def test_secrets_are_not_shown() -> None:
    secret = "a-secret-of-some-length"
    kept = SettingsFile(token=secret, metrics_token=secret, heartbeat=secret)
    assert secret not in repr(kept)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('port = "many"', "port: 정수를 입력하세요"),
        ("port = 99999", "port: 65535 이하여야 합니다"),
        ("language = 'fr'", "language: ko, en 중 하나를 입력하세요"),
        ("one_session = 1", "one_session: true 또는 false여야 합니다"),
        ("metrics_token = 'short'", "metrics_token: 16자 이상이어야 합니다"),
        ("path_prefix = 'ha'", "path_prefix: 형식이 다릅니다"),
        ("[mail]\nhost = 1", "mail.host: 글자여야 합니다"),
        ("[mail]\nhosts = 'x'", "mail."),
    ],
)
def test_what_is_wrong_is_said_in_the_operators_language_and_no_librarys(
    text: str,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    words = refused(written(tmp_path / "v.toml", text), capsys).replace("\n", "")
    assert says in words
    assert "Input should" not in words
