"""A backup: made while its folder is written, whole or refused when it is brought back."""

import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from virton.cli.main import app
from virton.keeping.audit import Audit, verify
from virton.keeping.backup import BackupError, back_up, restore

KEY = "console.key"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder with a database, a key and an audit."""
    made = tmp_path / "data"
    made.mkdir()
    (made / KEY).write_text("secret\n")
    (made / "lock").touch()
    with sqlite3.connect(made / "history.sqlite") as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE happening (id INTEGER)")
        database.executemany("INSERT INTO happening VALUES (?)", [(n,) for n in range(1000)])
    database.close()
    book = Audit(made)
    for number in range(3):
        book.add({"number": number})
    (made / "applies").mkdir()
    (made / "applies" / "1.json").write_text("{}")
    return made


def empty(tmp_path: Path) -> Path:
    made = tmp_path / "other"
    made.mkdir()
    return made


def count(path: Path) -> int:
    with sqlite3.connect(path) as database:
        [(found,)] = database.execute("SELECT count(*) FROM happening")
    database.close()
    return int(found)


def test_what_was_backed_up_is_what_comes_back(folder: Path, tmp_path: Path) -> None:
    out, target = tmp_path / "b.tar.gz", empty(tmp_path)
    made = back_up(folder, out, version="1", now=5.0)
    assert {"audit.head", "audit.log", KEY, "history.sqlite"} <= set(made.files)
    assert "lock" not in made.files
    assert out.stat().st_mode & 0o077 == 0
    assert restore(out, target, replace=False, stamp="s") == made
    assert (target / KEY).read_text() == "secret\n"
    assert count(target / "history.sqlite") == 1000
    assert verify(target).records == 3
    assert (target / "applies" / "1.json").read_text() == "{}"
    back = (path for path in target.rglob("*") if path.is_file())
    assert sorted(path.relative_to(target).as_posix() for path in back) == sorted(made.files)


def test_who_writes_meanwhile_is_not_kept_waiting_and_not_half_copied(
    folder: Path, tmp_path: Path
) -> None:
    writer = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO happening VALUES (1000)")
    back_up(folder, tmp_path / "b.tar.gz", version="1", now=5.0)
    writer.execute("COMMIT")
    writer.close()
    target = empty(tmp_path)
    restore(tmp_path / "b.tar.gz", target, replace=False, stamp="s")
    assert count(target / "history.sqlite") == 1000


def test_what_was_there_is_moved_aside_and_only_where_that_is_wanted(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "b.tar.gz"
    back_up(folder, out, version="1", now=5.0)
    (folder / KEY).write_text("another\n")
    with pytest.raises(BackupError, match="occupied"):
        restore(out, folder, replace=False, stamp="s")
    restore(out, folder, replace=True, stamp="s")
    assert (folder / KEY).read_text() == "secret\n"
    assert (folder / "before-restore-s" / KEY).read_text() == "another\n"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def rewritten(change: Callable[[dict[str, bytes]], None]) -> Callable[[Path], None]:
    """Return what makes a whole tar again, with other members."""

    def make(path: Path) -> None:
        with tarfile.open(path) as tar:
            members = {m.name: (tar.extractfile(m) or path.open("rb")).read() for m in tar}
        change(members)
        with tarfile.open(path, "w:gz") as tar:
            for name, body in members.items():
                draft = path.with_name("draft")
                draft.write_bytes(body)
                tar.add(draft, arcname=name)

    return make


def put(name: str, body: bytes) -> Callable[[Path], None]:
    return rewritten(lambda members: members.update({name: body}))


def broken_audit(path: Path) -> None:
    """Alter the audit, and the sum with it."""
    import hashlib

    def change(members: dict[str, bytes]) -> None:
        body = members["audit.log"].replace(b'"number":1', b'"number":7')
        told = json.loads(members["backup.json"])
        told["files"]["audit.log"] = {
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        members |= {"audit.log": body, "backup.json": json.dumps(told).encode()}

    rewritten(change)(path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (cut, "unreadable|lacks|altered"),
        (flip, "unreadable|altered"),
        (put(KEY, b"forged"), "altered"),
        (put("../outside", b"x"), "foreign"),
        (put("backup.json", b'{"backup": 2, "version": "9"}'), "newer"),
        (put("backup.json", b"[]"), "unreadable"),
        (rewritten(lambda members: members.pop(KEY)), "lacks"),
        (broken_audit, "audit"),
        (lambda path: path.write_bytes(b"no tar"), "unreadable"),
    ],
)
def test_a_backup_that_is_not_what_was_written_is_refused_and_changes_nothing(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    out, target = tmp_path / "b.tar.gz", empty(tmp_path)
    back_up(folder, out, version="1", now=5.0)
    spoil(out)
    with pytest.raises(BackupError, match=reason):
        restore(out, target, replace=False, stamp="s")
    assert list(target.iterdir()) == []


def test_the_verbs_tell_in_the_operators_language_what_was_done(
    folder: Path, tmp_path: Path
) -> None:
    out, target = tmp_path / "b.tar.gz", tmp_path / "new"
    run = CliRunner().invoke
    made = run(app, ["backup", "--data", str(folder), "--out", str(out), "--lang", "ko"])
    assert (made.exit_code, "백업했습니다" in made.output) == (0, True)
    arguments = ["restore", str(out), "--data", str(target), "--lang", "en"]
    assert "Every file was checked" in run(app, arguments).output
    again = run(app, arguments)
    assert (again.exit_code, "--replace" in again.output) == (1, True)
    missing = run(app, ["restore", str(tmp_path / "no.tar.gz"), "--lang", "en"])
    assert (missing.exit_code, "there is no file" in missing.output) == (2, True)
