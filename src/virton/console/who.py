"""Who is logged in, and from where: known since the console's start, and forgotten with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from virton.console.session_cookie import Session

MOST = 2000


@dataclass(frozen=True, slots=True)
class Presence:
    """A session that was seen: by a name that is no secret; times are Unix seconds."""

    name: str
    session: Session
    address: str
    since: float
    seen: float


class Presences:
    """The sessions that were seen, each until it could not be used any longer."""

    def __init__(self, life_s: float) -> None:
        """Remember each for so many seconds after it was last seen."""
        self._life_s = life_s
        self._by_name: dict[str, Presence] = {}

    def see(self, name: str, session: Session, address: str, now: float) -> None:
        """Take notice that a session was used."""
        known = self._by_name.pop(name, None)
        since = now if known is None else known.since
        self._by_name[name] = Presence(name, session, address, since, now)
        while len(self._by_name) > MOST:
            del self._by_name[next(iter(self._by_name))]

    def forget(self, name: str) -> None:
        """Take notice that a session has ended."""
        self._by_name.pop(name, None)

    def all(self, now: float) -> Iterator[Presence]:
        """Yield the sessions that can still be used, by user, the longest first."""
        living = [one for one in self._by_name.values() if now - one.seen < self._life_s]
        yield from sorted(living, key=lambda one: (one.session.user, one.since, one.name))
