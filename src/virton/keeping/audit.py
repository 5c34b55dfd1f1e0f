"""The audit: who did what through the console, in a file to which is only ever added.

A record is one line of three fields: what happened (JSON in plain ASCII), the sum of its bytes up to
each of them, and a hash over the record before and this one. Whatever is altered, left out or put in
breaks the chain; the sums tell at which byte.
"""

import base64
import contextlib
import hashlib
import itertools
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from virton.damage import DamagedError, check_still_there, note_begun
from virton.rare_log import RareLog
from virton.whole_file import put_in_place

FILE = "audit.log"
HEAD = "audit.head"
BEGINNING = "0" * 64
_HASH = 64
_FEW = 16
_TRIED = 4
_LONGEST = 1 << 16
LEAST_ROOM = 200 << 20
_ADVICE = (
    f"`virton audit verify` names the first byte that is not as it was written. Restore {FILE} and "
    f"{HEAD} from a backup. To begin a new audit, move {FILE}, {HEAD} and audit.begun out of the "
    "folder, and keep them."
)
Room = Literal["scarce", "full"]
"""There is little room left for an audit; or the disk did not take the last record."""

_LOG = RareLog(logging.getLogger(__name__))


@dataclass(frozen=True, slots=True)
class Alteration:
    """Where an audit is not what was written: the first byte of it, and in which record."""

    at: int
    record: int
    how: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of verifying an audit: how many records are good, and what is not."""

    records: int
    alteration: Alteration | None = None


class Audit:
    """Adds records to an audit; what `add` has returned from survives a power cut."""

    def __init__(self, folder: Path) -> None:
        """Go on with a folder's audit; raise DamagedError where it is not as it was written."""
        self._path = folder / FILE
        self._head = folder / HEAD
        self._records, self._hash = _checked(self._path, self._head)
        self._is_refused = False
        _cut_torn_end(self._path)

    @property
    def size(self) -> int:
        """Return how many bytes it takes; nothing of it is ever deleted."""
        return self._path.stat().st_size if self._path.exists() else 0

    @property
    def free(self) -> int:
        """Return how many bytes there is room for."""
        return shutil.disk_usage(self._path.parent).free

    @property
    def trouble(self) -> Room | None:
        """Return what is wrong with its room, if anything is."""
        if self._is_refused:
            return "full"
        return "scarce" if self.free < LEAST_ROOM else None

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add a record. That the disk does not take it hinders nobody, but is said."""
        body = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode("ascii")
        chained = _chained(self._hash, body)
        self._is_refused = not self._appended(_line(body, chained))
        if self._is_refused:
            return
        self._records, self._hash = self._records + 1, chained
        try:
            put_in_place(self._head, f"{self._records} {chained}\n")
        except OSError as failure:
            _LOG.warning(f"the audit's length is not told: {failure.strerror or failure}")
            return
        note_begun(self._path)
        if self.trouble is not None:
            _LOG.warning(f"there is little room left for the audit in {self._path.parent}")

    def _appended(self, line: bytes) -> bool:
        """Tell whether the disk took a record; of one that it did not take, nothing stays."""
        size = self._path.stat().st_size if self._path.exists() else 0
        try:
            _append(self._path, line)
        except OSError as failure:
            _LOG.warning(f"the audit is not written: {failure.strerror or failure}")
            with contextlib.suppress(OSError):
                os.truncate(self._path, size)
            return False
        return True


def verify(folder: Path) -> Verified:
    """Hold an audit against its chain; name the first byte that is not what was written."""
    path = folder / FILE
    before, offset, count = BEGINNING, 0, 0
    for count, line in enumerate(_lines(path), start=1):
        body = line.partition(b"\t")[0]
        chained = _chained(before, body)
        if line != _line(body, chained):
            at, how = _first_altered(_rest(path, offset), before)
            return Verified(count - 1, Alteration(offset + at, count, how))
        before, offset = chained, offset + len(line)
    return _against_head(folder / HEAD, count, before, offset)


def _against_head(head: Path, count: int, last: str, size: int) -> Verified:
    try:
        told, _, chained = head.read_text("ascii").strip().partition(" ")
        known = int(told)
    except FileNotFoundError:
        if not count:
            return Verified(0)
        return Verified(count, Alteration(size, count, "the file that tells its length is gone"))
    except (OSError, ValueError):
        return Verified(count, Alteration(size, count, f"{HEAD} cannot be read"))
    # A record that was written just before the machine died may not be counted yet.
    if known > count:
        missing = f"{known - count} records are missing at the end"
        return Verified(count, Alteration(size, count + 1, missing))
    if known == count and chained != last:
        return Verified(count, Alteration(size, count, f"{HEAD} names another last record"))
    return Verified(count)


def _first_altered(rest: bytes, before: str) -> tuple[int, str]:
    """Return the first altered byte of the record with which `rest` begins, and what it is of."""
    size = _size_of_body(rest)
    line = rest[: _length(size)]
    body, told = line[:size], line[-1 - _HASH : -1]
    chained = _chained(before, body).encode()
    if told != chained:
        sums = _decoded(line[size + 1 : size + 1 + _sums_length(size)])
        pairs = enumerate(zip(_sums(body), sums, strict=False))
        wrong = next((at for at, (real, known) in pairs if real != known), None)
        if wrong is not None:
            return wrong, "what happened"
        if sum(one != other for one, other in zip(told, chained, strict=False)) > _FEW:
            return 0, "it does not follow on what stands before it"
    rebuilt = itertools.zip_longest(line, _line(body, chained.decode()))
    return next((at for at, (one, other) in enumerate(rebuilt) if one != other), 0), "the chain"


def _size_of_body(rest: bytes) -> int:
    """Return how long the first record's body was, of which any byte may be altered.

    Two tabs and a line's end stand at places that this length alone determines: it is the one that
    finds most of them.
    """
    tabs = (match.start() for match in re.finditer(rb"\t", rest))
    ends = (match.end() for match in re.finditer(rb"\n", rest))
    sizes = [*itertools.islice(tabs, _TRIED)]
    sizes += [n for end in itertools.islice(ends, _TRIED) for n in _sizes_of(end)]
    return max(sizes or [len(rest)], key=lambda size: (_found(rest, size), -size))


def _sizes_of(length: int) -> list[int]:
    return [size for size in range(length) if _length(size) == length]


def _found(rest: bytes, size: int) -> int:
    second = size + 1 + _sums_length(size)
    places = ((size, b"\t"), (second, b"\t"), (_length(size) - 1, b"\n"))
    return sum(rest[at : at + 1] == sign for at, sign in places)


def _rest(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(_LONGEST)


def _length(size: int) -> int:
    return size + 1 + _sums_length(size) + 1 + _HASH + 1


def _sums_length(size: int) -> int:
    return 4 * ((size + 2) // 3)


def _sums(body: bytes) -> bytes:
    return bytes(total & 0xFF for total in itertools.accumulate(body))


def _decoded(text: bytes) -> bytes:
    usable = re.sub(rb"[^A-Za-z0-9_=-]", b"A", text)
    try:
        return base64.urlsafe_b64decode(usable + b"=" * (-len(usable) % 4))
    except ValueError:
        return b""


def _chained(before: str, body: bytes) -> str:
    return hashlib.sha256(before.encode() + body).hexdigest()


def _line(body: bytes, chained: str) -> bytes:
    return b"\t".join((body, base64.urlsafe_b64encode(_sums(body)), chained.encode())) + b"\n"


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return


def _checked(path: Path, head: Path) -> tuple[int, str]:
    """Return how many records an audit has and the last one's hash, when each follows on the other."""
    check_still_there(path, _ADVICE)
    count, last, rest = 0, BEGINNING, b""
    for line in _lines(path):
        body, _, sums = line.partition(b"\t")
        chained = _chained(last, body)
        if sums[-1 - _HASH :] != f"{chained}\n".encode():
            rest = line
            break
        count, last = count + 1, chained
    if rest.endswith(b"\n") or len(rest) > _LONGEST or rest[:1] not in (b"", b"{"):
        raise DamagedError(str(path), f"record {count + 1} is not as it was written", _ADVICE)
    found = _against_head(head, count, last, 0).alteration
    # The first record may have been written just before the machine died.
    if found is not None and not (count == 1 and not head.exists()):
        raise DamagedError(str(path), found.how, _ADVICE)
    if count:
        note_begun(path)
    return count, last


def _append(path: Path, line: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.write(handle, line) != len(line):
            raise OSError("only a part was taken")
        os.fsync(handle)
    finally:
        os.close(handle)


def _cut_torn_end(path: Path) -> None:
    """Take away the beginning of a record whose writing was cut off: nobody was told of it."""
    if not path.exists():
        return
    size = path.stat().st_size
    begun = max(0, size - _LONGEST)
    end = begun + _rest(path, begun).rfind(b"\n") + 1
    if begun < end < size or (not begun and end < size):
        os.truncate(path, end)
