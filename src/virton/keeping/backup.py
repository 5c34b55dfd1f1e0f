"""Back up a data folder into one file while it is in use, and bring it back once it was checked.

A backup is a compressed tar: first `backup.json`, with the size and the SHA-256 of every file, then the
files. Each database is copied as it stands at one moment, whoever writes; everything else is put in
place whole by whoever writes it. There are keys in it: only its owner may read it. The key that opens
the secrets in the history is not in it: it stays where it is, also when a backup is brought back.
"""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from virton.keeping import audit, sealing

CONTENTS = "backup.json"
FORMAT = 1
SETTINGS = "virton.toml"
_PASSING = ("-wal", "-shm", ".new", ".part", "-journal")
_NOT_KEPT = ("lock", "console.lock", sealing.FILE)
_FOLDERS_OF_OURS = ("before-restore-", "restoring-")
_CHUNK = 1 << 20
_TRIED = 5
_MOST_CONTENTS = 1 << 20
_NOT_WHAT_IT_SHOULD_BE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


class BackupError(Exception):
    """A backup that cannot be made or read; `reason` is the key of its sentence."""

    def __init__(self, reason: str, **facts: object) -> None:
        """Say why, and what the sentence names."""
        super().__init__(f"{reason}: {facts}")
        self.reason = reason
        self.facts = facts


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What is in a backup: when it was made, by which version, and its files with their sizes."""

    made_at: float
    version: str
    files: dict[str, int]

    @property
    def size(self) -> int:
        """Return how many bytes it holds."""
        return sum(self.files.values())


# making one


def back_up(folder: Path, out: Path, *, version: str, now: float) -> BackedUp:
    """Write everything that is kept in a folder into one file; raises BackupError, OSError."""
    names = [name for name in _names(folder) if _is_kept(folder / name)]
    if not names:
        raise BackupError("nothing", folder=str(folder))
    draft = out.with_name(f"{out.name}.part")
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(draft.unlink, missing_ok=True)
        staging = Path(cleaning.enter_context(tempfile.TemporaryDirectory(dir=out.parent)))
        for name in names:
            (staging / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(folder / name, staging / name)
        told = _contents(staging, version, now)
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            _write(file, staging, told)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out)
    return _backed_up(told)


def _names(folder: Path) -> list[str]:
    """Return every file below a data folder by its path there, but what a restore has put aside."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(folder).as_posix() for path in found)
    return sorted(name for name in names if not name.startswith(_FOLDERS_OF_OURS))


def _is_kept(path: Path) -> bool:
    return path.is_file() and path.name not in _NOT_KEPT and not path.name.endswith(_PASSING)


def _copy(source: Path, target: Path) -> None:
    if source.suffix == ".sqlite":
        _copy_database(source, target)
    elif source.name == audit.FILE:
        _copy_audit(source.parent, target.parent)
    elif source.name != audit.HEAD:
        target.write_bytes(source.read_bytes())


def _copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment; whoever writes goes on writing."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as one,
            contextlib.closing(sqlite3.connect(target)) as other,
        ):
            one.backup(other)
    except sqlite3.Error:
        raise BackupError("database", file=source.name) from None


def _copy_audit(source: Path, target: Path) -> None:
    """Copy the audit with the head that belongs to it: a record may be added meanwhile."""
    for _ in range(_TRIED):
        for name in (audit.FILE, audit.HEAD):
            if (source / name).exists():
                (target / name).write_bytes((source / name).read_bytes())
        if audit.verify(target).alteration is None:
            return
    # It is not what was written: what is there is kept, and `virton audit verify` tells.


def _contents(staging: Path, version: str, now: float) -> dict[str, Any]:
    files = {
        name: {"size": (staging / name).stat().st_size, "sha256": _sum(staging / name)}
        for name in _names(staging)
    }
    return {"backup": FORMAT, "version": version, "made_at": now, "files": files}


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(file: IO[bytes], staging: Path, told: dict[str, Any]) -> None:
    body = json.dumps(told, indent=1, sort_keys=True).encode()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
        member = tarfile.TarInfo(CONTENTS)
        member.size, member.mode = len(body), 0o600
        tar.addfile(member, io.BytesIO(body))
        for name in told["files"]:
            member = tarfile.TarInfo(name)
            member.size, member.mode = told["files"][name]["size"], 0o600
            with (staging / name).open("rb") as source:
                tar.addfile(member, source)


def _backed_up(told: dict[str, Any]) -> BackedUp:
    sizes = {name: int(row["size"]) for name, row in sorted(told["files"].items())}
    return BackedUp(float(told["made_at"]), str(told["version"]), sizes)


# bringing one back


def restore(file: Path, folder: Path, *, replace: bool, stamp: str) -> BackedUp:
    """Bring a backup into a folder, after all of it was checked; raises BackupError, OSError.

    What was there before is moved into `before-restore-STAMP` in the folder, where `replace` allows.
    """
    there = sorted(path for path in folder.iterdir() if _belongs_to_data(path))
    if there and not replace:
        raise BackupError("occupied", folder=str(folder))
    with tempfile.TemporaryDirectory(dir=folder, prefix="restoring-") as staging:
        told = _unpack(file, Path(staging))
        for path in sorted(Path(staging).glob("*.sqlite")):
            _check_database(path)
        if audit.verify(Path(staging)).alteration is not None:
            raise BackupError("audit", file=file.name)
        if there:
            before = folder / f"before-restore-{stamp}"
            before.mkdir(mode=0o700)
            for path in there:
                path.rename(before / path.name)
        for path in sorted(Path(staging).iterdir()):
            path.rename(folder / path.name)
    return _backed_up(told)


def _belongs_to_data(path: Path) -> bool:
    if path.is_dir():
        return not path.name.startswith(_FOLDERS_OF_OURS)
    return path.name not in (*_NOT_KEPT, SETTINGS)


def _unpack(file: Path, staging: Path) -> dict[str, Any]:
    """Unpack a backup, every file held against what `backup.json` says of it."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            members = _members(tar)
            told = _told(tar, next(members, None), file.name)
            for member in members:
                _unpack_one(tar, member, told["files"], staging)
    except (tarfile.TarError, EOFError, zlib.error, *_NOT_WHAT_IT_SHOULD_BE):
        raise BackupError("unreadable", file=file.name) from None
    if lacking := sorted(told["files"].keys() - set(_names(staging))):
        raise BackupError("lacks", file=lacking[0])
    return told


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := tar.next()) is not None:
        yield member


def _told(tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> dict[str, Any]:
    if member is None or member.name != CONTENTS or member.size > _MOST_CONTENTS:
        raise BackupError("unreadable", file=name)
    told = json.loads((tar.extractfile(member) or io.BytesIO()).read())
    if told["backup"] != FORMAT:
        raise BackupError("newer", file=name, version=str(told.get("version")))
    return {**told, "files": dict(told["files"]), "made_at": float(told["made_at"])}


def _unpack_one(
    tar: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, Any], staging: Path
) -> None:
    name = member.name
    parts = Path(name).parts
    if name not in files or ".." in parts or Path(name).is_absolute() or not member.isreg():
        raise BackupError("foreign", file=name)
    (staging / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target, digest, source = staging / name, hashlib.sha256(), tar.extractfile(member)
    assert source is not None  # noqa: S101 - it is a regular file
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != files[name]["sha256"]:
        raise BackupError("altered", file=name)


def _check_database(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            [(found,)] = database.execute("PRAGMA quick_check(1)")
    except sqlite3.Error:
        found = None
    if found != "ok":
        raise BackupError("database", file=path.name)
