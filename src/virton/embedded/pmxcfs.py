"""The cluster's own file system (`/etc/pve`): small text files, each with a version.

Everything that a node of the cluster reads or writes about the cluster goes through here. The
files live in memory; with a store, every change is also written through, one transaction a change
or a batch of changes.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, TypeVar

from virton.embedded.store import FileStore, StorageError

Parsed = TypeVar("Parsed")
log = logging.getLogger(__name__)


class ClusterFiles:
    """The text files of a cluster, by their path below `/etc/pve`."""

    def __init__(
        self, files: Mapping[str, str] | None = None, store: FileStore | None = None
    ) -> None:
        """Take the files that `store` holds, then those of `files` that it lacks."""
        self._store = store
        self._texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._revision = 0
        self._parsed: dict[tuple[str, Any], tuple[int, Any]] = {}
        # Passwords are hashed in threads, and what follows may be written there.
        self._lock = threading.RLock()
        self._open: list[dict[str, str | None]] = []
        self._unsaved: set[str] = set()
        self._texts.update(store.load() if store else {})
        with self.batch():
            for path, text in sorted((files or {}).items()):
                if path not in self._texts:
                    self.write(path, text)

    @property
    def revision(self) -> int:
        """Return a number that grows with every change of any file."""
        return self._revision

    def version(self, path: str) -> int:
        """Return a number that grows with every change of the file; 0 if it never changed."""
        return self._versions.get(path, 0)

    def changed_since(self, revision: int) -> list[str]:
        """Return the paths of the files that were changed after a revision, the latest first."""
        with self._lock:
            latest = reversed(self._versions.items())
            return [path for path, _ in takewhile(lambda item: item[1] > revision, latest)]

    def get(self, path: str) -> str | None:
        """Return the file's text, or None if there is no such file."""
        return self._texts.get(path)

    def read(self, path: str) -> str:
        """Return the file's text; a file that is not there reads as empty."""
        return self._texts.get(path, "")

    def paths(self, below: str = "") -> list[str]:
        """Return the paths of all files below a folder, in order."""
        return sorted(path for path in self._texts if path.startswith(below))

    def write(self, path: str, text: str) -> None:
        """Replace the file's text; writing the same text again changes nothing."""
        self._set(path, text)

    def remove(self, path: str) -> None:
        """Remove the file, if it is there."""
        self._set(path, None)

    def move(self, path: str, to: str) -> None:
        """Rename a file, as the configuration of a guest moves with the guest."""
        with self.batch():
            self._set(to, self._texts[path])
            self._set(path, None)

    def append(self, path: str, text: str) -> None:
        """Write text behind what the file holds."""
        with self.batch():
            self._set(path, self.read(path) + text)

    def take(self, path: str) -> str:
        """Return the file's text and leave it empty, as one step."""
        with self.batch():
            text = self.read(path)
            if text:
                self._set(path, "")
        return text

    def read_json(self, path: str) -> dict[str, Any]:
        """Return what a status file holds; an empty or absent one holds nothing.

        The value is shared by all readers: copy it before changing it.
        """
        return self.parsed(path, parse_status)

    def write_json(self, path: str, data: Mapping[str, Any]) -> None:
        """Write a status file, its keys in order."""
        self._set(path, json_text(data))

    def parsed(self, path: str, parse: Callable[[str], Parsed]) -> Parsed:
        """Return the file as `parse` reads it, parsed once per version of the file."""
        version = self.version(path)
        known = self._parsed.get((path, parse))
        if known is None or known[0] != version:
            known = (version, parse(self.read(path)))
            self._parsed[path, parse] = known
        value: Parsed = known[1]
        return value

    @contextmanager
    def batch(self, *, deferrable: bool = False) -> Iterator[None]:
        """Make the changes within one: all are kept, or (on an exception) none.

        What time brings cannot be undone. A `deferrable` batch holds although the disk does not
        take it, and is written with the next one that the disk takes; any other then fails with
        StorageError, and changes nothing.
        """
        with self._lock:
            self._open.append({})
            try:
                yield
                if len(self._open) == 1:
                    self._commit(deferrable=deferrable)
            except BaseException:
                self._undo(self._open.pop())
                raise
            changed = self._open.pop()
            if self._open:
                self._open[-1].update({**changed, **self._open[-1]})

    def require_writable(self) -> None:
        """Raise StorageError if the last change could not be written, and cannot be now."""
        with self.batch():
            if self._store and self._unsaved:
                self._save(self._unsaved)

    def _set(self, path: str, text: str | None) -> None:
        with self.batch():
            before = self._texts.get(path)
            if before != text:
                self._open[-1].setdefault(path, before)
                self._put(path, text)

    def _put(self, path: str, text: str | None) -> None:
        self._revision += 1
        if text is None:
            self._texts.pop(path, None)
        else:
            self._texts[path] = text
        # Behind the text: a reader in a thread may take a new text for an old version, which is
        # then read again, but never an old text for a new one.
        # Behind all others, so that what changed last is found without looking at the rest.
        self._versions.pop(path, None)
        self._versions[path] = self._revision

    def _commit(self, *, deferrable: bool) -> None:
        changed = self._unsaved | self._open[0].keys()
        if not self._store or not changed:
            return
        try:
            self._save(changed)
        except StorageError as failure:
            if not deferrable:
                raise
            if not self._unsaved:
                log.error("what happens is not written any more: %s", failure)
            self._unsaved = changed

    def _save(self, changed: set[str]) -> None:
        if self._store:
            self._store.save({path: self._texts.get(path) for path in changed})
        if self._unsaved:
            log.warning("what happened is written again")
        self._unsaved = set()

    def _undo(self, changed: Mapping[str, str | None]) -> None:
        for path, text in changed.items():
            self._put(path, text)


def json_text(data: Any) -> str:
    """Return JSON as status files hold it: compact, its keys in order."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def parse_status(text: str) -> dict[str, Any]:
    """Read a status file (JSON); nothing at all is an empty status."""
    if not text:
        return {}
    data: dict[str, Any] = json.loads(text)
    return data
