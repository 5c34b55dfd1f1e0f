"""The audit: only added to, and every altered byte is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from virton.cli.main import app
from virton.damage import DamagedError
from virton.keeping.audit import FILE, HEAD, Audit, Verified, verify
from virton.keeping.syslog import Receiver, message

ENTRY = {
    "at": 1_800_000_000.25,
    "who": "홍길동@ad",
    "what": "POST /api/resources",
    "result": "done",
}


def filled(folder: Path, records: int = 20) -> bytes:
    audit = Audit(folder)
    for number in range(records):
        audit.add(ENTRY | {"sid": f"vm:{number}" * (number % 5)})
    assert verify(folder) == Verified(records)
    return (folder / FILE).read_bytes()


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    filled(tmp_path)
    Audit(tmp_path).add(ENTRY)
    assert verify(tmp_path) == Verified(21)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("audit")
    return folder, filled(folder)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_very_byte_that_was_altered_is_named(
    written: tuple[Path, bytes], data: st.DataObject
) -> None:
    folder, content = written
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    (folder / FILE).write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
    found = verify(folder).alteration
    assert found is not None
    assert found.at == at
    (folder / FILE).write_bytes(content)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_left_out_or_put_in_is_named_by_where_it_was(
    written: tuple[Path, bytes], data: st.DataObject
) -> None:
    folder, content = written
    lines = content.splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 2))
    offset = sum(map(len, lines[:gone]))
    (folder / FILE).write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    found = verify(folder).alteration
    assert found is not None
    assert found.at == offset
    (folder / FILE).write_bytes(b"".join([*lines[:gone], lines[5], *lines[gone:]]))
    found = verify(folder).alteration
    assert found is not None
    assert offset <= found.at <= offset + len(lines[5])
    (folder / FILE).write_bytes(content)


def test_what_is_cut_off_at_the_end_is_missed(tmp_path: Path) -> None:
    lines = filled(tmp_path).splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(lines[:-2]))
    found = verify(tmp_path).alteration
    assert found is not None
    assert (found.at, found.how) == (len(b"".join(lines[:-2])), "2 records are missing at the end")
    (tmp_path / FILE).write_bytes(b"".join(lines))
    told = (tmp_path / HEAD).read_bytes()
    (tmp_path / HEAD).write_bytes(told[: len(told) // 2])
    found = verify(tmp_path).alteration
    assert found is not None
    assert found.how == "audit.head names another last record"
    (tmp_path / FILE).unlink()
    assert verify(tmp_path).alteration is not None
    (tmp_path / HEAD).unlink()
    assert verify(tmp_path) == Verified(0)


def test_a_record_whose_writing_was_cut_off_is_taken_away_at_the_next_start(tmp_path: Path) -> None:
    content = filled(tmp_path)
    (tmp_path / FILE).write_bytes(content + b'{"at":1')
    Audit(tmp_path).add(ENTRY)
    assert verify(tmp_path) == Verified(21)
    assert (tmp_path / FILE).read_bytes().startswith(content)


# what the start makes of it


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"no audit at all",
        b"{" * 100_000,
        b"no audit\n" * 100_000,
        b'{"at":1}\tAA==\t' + b"0" * 64 + b"\n",
    ],
    ids=["gone", "empty", "garbage", "a long line", "many lines", "a record of another chain"],
)
def test_a_damaged_audit_is_named_and_none_begun_anew(
    tmp_path: Path, content: bytes | None
) -> None:
    filled(tmp_path, 3)
    (tmp_path / FILE).unlink() if content is None else (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DamagedError, match=r"audit\.log is damaged") as failure:
        Audit(tmp_path)
    assert "Restore audit.log" in failure.value.advice
    assert ((tmp_path / FILE).read_bytes() if content is not None else None) == content


@pytest.mark.parametrize("gone", [[HEAD], [FILE, "audit.begun"], [FILE, HEAD]])
def test_an_audit_of_which_a_part_is_gone_is_named(tmp_path: Path, gone: list[str]) -> None:
    filled(tmp_path, 3)
    for name in gone:
        (tmp_path / name).unlink()
    with pytest.raises(DamagedError, match=r"audit\.log is damaged"):
        Audit(tmp_path)


def test_an_audit_that_a_power_cut_tore_goes_on(tmp_path: Path) -> None:
    content = filled(tmp_path, 3)
    (tmp_path / FILE).write_bytes(content + b'{"at":18')
    Audit(tmp_path).add(ENTRY)
    assert verify(tmp_path) == Verified(4)


def test_a_first_record_whose_length_was_not_told_yet_is_kept(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    (tmp_path / HEAD).unlink()
    (tmp_path / "audit.begun").unlink()
    Audit(tmp_path).add(ENTRY)
    assert verify(tmp_path) == Verified(2)


def test_a_length_that_the_disk_did_not_take_breaks_no_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    audit = Audit(tmp_path)
    audit.add(ENTRY)
    with monkeypatch.context() as full:
        full.setattr("virton.keeping.audit.put_in_place", refuse)
        audit.add(ENTRY)
    audit.add(ENTRY)
    assert verify(tmp_path) == Verified(3)


_WRITER = """
import sys
from pathlib import Path
from virton.damage import DamagedError
from virton.keeping.audit import Audit

audit = Audit(Path(sys.argv[1]))
for number in range(100_000):
    audit.add({"at": number})
    print(number, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        last = [int(writer.stdout.readline()) for _ in range(200)][-1]
        writer.kill()
    Audit(tmp_path)
    found = verify(tmp_path)
    assert found.alteration is None
    assert found.records >= last + 1


def test_the_verb_names_the_byte(tmp_path: Path) -> None:
    content = filled(tmp_path, 3)
    terminal = CliRunner()
    well = terminal.invoke(app, ["audit", "verify", "--data", str(tmp_path)])
    assert (well.exit_code, "3 records, none altered" in well.output) == (0, True)
    (tmp_path / FILE).write_bytes(content[:10] + b"X" + content[11:])
    altered = terminal.invoke(app, ["audit", "verify", "--data", str(tmp_path)])
    assert altered.exit_code == 1
    assert "from byte 10 on, in record 1" in altered.output


def test_a_record_travels_as_rfc_5424_has_it() -> None:
    sent = message(ENTRY, "pve1").decode("ascii")
    head, _, body = sent.partition(" audit - ")
    assert head.startswith("<109>1 2027-01-15T08:00:00.250Z pve1 virton ")
    assert '"what": "POST /api/resources"' in body
    refused = message(ENTRY | {"result": "refused"}).decode("ascii")
    assert refused.startswith("<108>1 ")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("udp://log.example", Receiver("udp", "log.example", 514)),
        ("tcp://192.0.2.1", Receiver("tcp", "192.0.2.1", 601)),
        ("tcp://[2001:db8::1]:6514/", Receiver("tcp", "2001:db8::1", 6514)),
    ],
)
def test_a_receiver_is_an_address(text: str, meant: Receiver) -> None:
    assert Receiver.parse(text) == meant


@pytest.mark.parametrize(
    "text", ["log.example", "http://x", "udp://", "tcp://x/path", "udp://x:no"]
)
def test_what_is_no_receiver_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Receiver.parse(text)
