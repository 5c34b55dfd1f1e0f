"""Who is logged in, and from where: kept in a file without any secret, so that a restart knows.

A session that was last used before the start is known by its name alone: that is enough to end it.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from virton.console.session_cookie import Session
from virton.damage import reading
from virton.strict_json import read_json
from virton.whole_file import put_in_place

FILE = "sessions.json"
MOST = 2000
KEPT_EVERY_S = 20.0
"""How far behind the file may be in who was seen when; who comes and who goes is written at once."""
_ADVICE = "Delete it: it only names who was logged in, from where, and when they were last seen."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Presence:
    """A session that was seen: by a name that is no secret; times are Unix seconds."""

    name: str
    user: str
    address: str
    since: float
    seen: float
    touched: float


class Presences:
    """The sessions that were seen, each until it could not be used any longer."""

    def __init__(self, folder: Path, life_s: float) -> None:
        """Remember each for so many seconds after it was last seen."""
        self._path = folder / FILE
        self._life_s = life_s
        self._by_name = self._kept()
        self._sessions: dict[str, Session] = {}
        self._written = 0.0

    def see(self, name: str, session: Session, address: str, now: float, touched: float) -> None:
        """Take notice that a session was used, and when its user has last done something."""
        known = self._by_name.pop(name, None)
        since = now if known is None else known.since
        self._by_name[name] = Presence(name, session.user, address, since, now, touched)
        self._sessions[name] = session
        while len(self._by_name) > MOST:
            self._drop(next(iter(self._by_name)))
        moved = known is None or known.address != address
        if moved or not 0 <= now - self._written < KEPT_EVERY_S:
            self.keep(now)

    def forget(self, name: str, now: float) -> None:
        """Take notice that a session has ended."""
        if name in self._by_name:
            self._drop(name)
            self.keep(now)

    def session(self, name: str) -> Session | None:
        """Return a session by its name, if it was used since the start."""
        return self._sessions.get(name)

    def touched(self, name: str) -> float | None:
        """Return when a session's user has last done something, as far as that was kept."""
        known = self._by_name.get(name)
        return None if known is None else known.touched

    def all(self, now: float) -> Iterator[Presence]:
        """Yield the sessions that can still be used, by user, the longest first."""
        living = [one for one in self._by_name.values() if now - one.seen < self._life_s]
        yield from sorted(living, key=lambda one: (one.user, one.since, one.name))

    def keep(self, now: float) -> None:
        """Write down who is there."""
        self._written = now
        try:
            put_in_place(self._path, json.dumps([asdict(one) for one in self.all(now)]))
        except OSError as failure:
            # The list holds all the same; only a restart would not know.
            log.warning("cannot keep in %s who is logged in: %s", self._path, failure)

    def _drop(self, name: str) -> None:
        self._by_name.pop(name, None)
        self._sessions.pop(name, None)

    def _kept(self) -> dict[str, Presence]:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        with reading(str(self._path), _ADVICE):
            return {one.name: one for one in map(_presence, read_json(text))}


def _presence(row: Mapping[str, str | float]) -> Presence:
    name, user, address = (str(row[key]) for key in ("name", "user", "address"))
    since, seen, touched = (float(row[key]) for key in ("since", "seen", "touched"))
    return Presence(name, user, address, since, seen, touched)
