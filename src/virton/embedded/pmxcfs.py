"""The cluster's own file system (`/etc/pve`): small text files, each with a version.

Everything that a node of the cluster reads or writes about the cluster goes through here. The
files live in memory; with a store, every change is also written through, one transaction a change
or a batch of changes.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from virton.embedded.store import FileStore

Parsed = TypeVar("Parsed")


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
        self._depth = 0
        self._before: dict[str, str | None] = {}
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
        self._set(path, json.dumps(data, sort_keys=True, separators=(",", ":")))

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
    def batch(self) -> Iterator[None]:
        """Make the changes within one: all are kept, or (on an exception) none."""
        with self._lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._undo()
                raise
            else:
                if self._depth == 1:
                    self._commit()
            finally:
                self._depth -= 1

    def _set(self, path: str, text: str | None) -> None:
        with self.batch():
            before = self._texts.get(path)
            if before != text:
                self._before.setdefault(path, before)
                self._put(path, text)

    def _put(self, path: str, text: str | None) -> None:
        self._revision += 1
        self._versions[path] = self._revision
        if text is None:
            self._texts.pop(path, None)
        else:
            self._texts[path] = text

    def _commit(self) -> None:
        changed = {path: self._texts.get(path) for path in self._before}
        if self._store and changed:
            try:
                self._store.save(changed)
            except BaseException:
                self._undo()
                raise
        self._before = {}

    def _undo(self) -> None:
        for path, text in self._before.items():
            self._put(path, text)
        self._before = {}


def parse_status(text: str) -> dict[str, Any]:
    """Read a status file (JSON); nothing at all is an empty status."""
    if not text:
        return {}
    data: dict[str, Any] = json.loads(text)
    return data
