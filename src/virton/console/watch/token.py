"""How the cluster takes the console's own API token, and when to try one again that it refuses."""

import logging
from dataclasses import dataclass, replace

from virton.console.clock import Clock
from virton.console.standings import AUDIT, GUEST_AUDIT, sees_all
from virton.proxmox.access import Permissions
from virton.proxmox.credentials import ApiToken, Credentials
from virton.proxmox.errors import ApiError, ErrorCode

FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 300.0

REFUSALS = 2
"""So many refusals without an answer between are the token's; one alone is a path's."""

log = logging.getLogger(__name__)


def missing_privileges(permissions: Permissions) -> tuple[str, ...]:
    """Return what a token lacks of what it takes to show a cluster and its guests."""
    lacks = () if AUDIT in permissions.on("/") else (AUDIT,)
    return lacks if permissions.anywhere(GUEST_AUDIT) else (*lacks, GUEST_AUDIT)


@dataclass(frozen=True, slots=True)
class TokenStanding:
    """A token by its name, whether the cluster refuses it, and which privileges it lacks.

    It `sees_all` where nothing that a capture tells is hidden from it.
    """

    name: str
    refused: bool = False
    lacks: tuple[str, ...] = ()
    sees_all: bool = False


class TokenWatch:
    """Remembers how the cluster takes the token.

    Each try of a token that is refused is a failed login in the cluster's log, so it is tried again
    ever more rarely, by one part of the page alone.
    """

    def __init__(self, credentials: Credentials | None, clock: Clock) -> None:
        token = credentials if isinstance(credentials, ApiToken) else None
        self.standing = TokenStanding(token.name) if token else None
        self._clock = clock
        self._pause_s = 0.0
        self._again = 0.0
        self._in_a_row = 0

    @property
    def is_refused(self) -> bool:
        """Tell whether the cluster refuses the token."""
        return self.standing is not None and self.standing.refused

    def may_ask(self, *, first: bool) -> bool:
        """Tell whether to ask; while the token is refused, only the `first` question is tried."""
        if not self.is_refused:
            return True
        return first and self._clock.monotonic() >= self._again

    def try_again(self) -> None:
        """Have the token tried at once."""
        self._again = self._clock.monotonic()

    def refused(self, error: ApiError) -> None:
        """Take notice of an answer that refuses the token."""
        if self.standing is None or error.token is None or error.code is not ErrorCode.AUTH:
            return
        self._in_a_row += 1
        if self._in_a_row >= REFUSALS and self.may_ask(first=True):
            self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            self._again = self._clock.monotonic() + self._pause_s
            self._now(replace(self.standing, refused=True), error.words)

    def accepted(self) -> None:
        """Take notice of an answer that the token has brought."""
        self._in_a_row = 0
        if self.standing is not None and self.standing.refused:
            self._pause_s = 0.0
            self._now(replace(self.standing, refused=False))

    def may(self, permissions: Permissions) -> None:
        """Take notice of what the token may do."""
        if self.standing is not None:
            lacks, all_seen = missing_privileges(permissions), sees_all(permissions)
            self._now(replace(self.standing, lacks=lacks, sees_all=all_seen))

    def _now(self, standing: TokenStanding, words: str = "") -> None:
        before, self.standing = self.standing, standing
        if before == standing:
            return
        if standing.refused:
            log.warning("the cluster refuses the console's token %s: %s", standing.name, words)
        elif standing.lacks:
            log.warning("the console's token %s lacks %s", standing.name, ", ".join(standing.lacks))
        else:
            log.info("the cluster takes the console's token %s", standing.name)
