"""What the cluster last said of who is logged in, so that it need not be asked at every request.

What a user may do is asked once for all of a user's sessions, with whichever ticket comes first. A
ticket that nobody has shown before is asked about itself, and so is one that has grown old.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

from virton.console.clock import Clock
from virton.console.lender import RENEW_AFTER_S
from virton.proxmox import ApiError, ApiFailure, Ticket
from virton.proxmox.access import Permissions
from virton.proxmox.credentials import TICKET_LIFE_S
from virton.proxmox.errors import ErrorCode

REMEMBERED = 2000
AUDIT = "Sys.Audit"
CONSOLE = "Sys.Console"
MODIFY = "Sys.Modify"
GUEST_AUDIT = "VM.Audit"


_SHOWN_WITH = {
    "/": AUDIT,
    "/nodes": AUDIT,
    "/vms": GUEST_AUDIT,
    "/storage": "Datastore.Audit",
    "/mapping": "Mapping.Audit",
}
"""What it takes to see each part of what a capture tells, on every path below."""


def sees_all(permissions: Permissions) -> bool:
    """Tell whether nothing that a capture tells is hidden from somebody, on whatever path."""
    known = {*permissions.paths, *permissions.shut}
    return all(
        privilege in permissions.on(path)
        for top, privilege in _SHOWN_WITH.items()
        for path in (top, *(path for path in known if path.startswith(f"{top}/")))
    )


def missing(privilege: str, path: str = "/") -> ApiError:
    """Return what is answered to somebody who lacks a privilege on a path, as the cluster says it."""
    words = f"Permission check failed ({path}, {privilege})"
    return ApiError(403, words, code=ErrorCode.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user may do, and whether there is a lab for them."""

    permissions: Permissions
    lab: bool

    @property
    def privileges(self) -> list[str]:
        """Return the privileges on the whole cluster."""
        return sorted(self.permissions.on("/"))

    @property
    def sight(self) -> Hashable:
        """Return what decides which parts of the page model this viewer sees."""
        paths = self.permissions.paths.items()
        held = frozenset((path, frozenset(held.items())) for path, held in paths)
        return self.lab, held, self.permissions.shut


@dataclass(frozen=True, slots=True)
class _Said:
    standing: Standing
    at: float
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class _Honoured:
    first: float
    last: float


class Standings:
    """Remembers standings by user, and which tickets the cluster has honoured.

    `ask` asks the cluster, given what it said before; `tell` is called when an answer changes what
    somebody sees.
    """

    def __init__(
        self,
        ask: Callable[[Ticket, Standing | None], Awaitable[Standing]],
        clock: Clock,
        check_s: float,
        tell: Callable[[], None],
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._check_s = check_s
        self._tell = tell
        self._said: dict[str, _Said] = {}
        self._honoured: dict[str, _Honoured] = {}
        self._checks: dict[str, asyncio.Future[None]] = {}

    def last(self, ticket: Ticket) -> Standing | None:
        """Return the last word on a ticket at once; have it asked for anew if it is old."""
        said, honoured = self._said.get(_owner(ticket)), self._honoured.get(digest(ticket))
        if said is None or honoured is None:
            return None
        if not self._is_fresh(said, honoured):
            self._check(ticket)
        return said.standing

    async def current(self, ticket: Ticket) -> Standing:
        """Return what the cluster says of a ticket; raise ApiFailure where it honours it no longer.

        Where the cluster cannot be asked, its last word holds for as long as a ticket lives, so
        that the page can go on showing what it knows.
        """
        said, honoured = self._said.get(_owner(ticket)), self._honoured.get(digest(ticket))
        if said is not None and honoured is not None and self._is_fresh(said, honoured):
            return said.standing
        try:
            await self._checked_itself(ticket)
        except ApiFailure as failure:
            now = self._clock.monotonic()
            lives = honoured is not None and now - honoured.first <= TICKET_LIFE_S
            if failure.error.status == 401 or said is None or not lives:
                raise
            return said.standing
        return self._said[_owner(ticket)].standing

    async def _checked_itself(self, ticket: Ticket) -> None:
        """Have a ticket asked about; of another one's refusal only its own is a refusal, too."""
        try:
            await asyncio.shield(self._check(ticket))
        except ApiFailure as failure:
            if failure.error.status != 401 or not self.knows(ticket):
                raise
            await asyncio.shield(self._check(ticket))

    def knows(self, ticket: Ticket) -> bool:
        """Tell whether the cluster has honoured a ticket."""
        return digest(ticket) in self._honoured

    def forget(self, ticket: Ticket) -> None:
        """Believe in a ticket no longer, and ask for its user's standing anew.

        A ticket that the cluster never honoured says nothing about the user whom it names. Even
        one that it did ends no other: each of the user's tickets is asked about itself.
        """
        honoured = self._honoured.pop(digest(ticket), None)
        said = self._said.get(_owner(ticket))
        if honoured is not None and said is not None:
            self._said[_owner(ticket)] = replace(said, doubted=True)

    def _is_fresh(self, said: _Said, honoured: _Honoured) -> bool:
        now = self._clock.monotonic()
        old = now - said.at >= self._check_s or now - honoured.last >= RENEW_AFTER_S
        return not old and not said.doubted

    def _check(self, ticket: Ticket) -> asyncio.Future[None]:
        """Ask about a ticket, or join whoever asks about it or another ticket of the same user."""
        said = self._said.get(_owner(ticket))
        shared = self.knows(ticket) and said is not None and not said.doubted
        key = _owner(ticket) if shared else digest(ticket)
        if key not in self._checks:
            check = asyncio.ensure_future(self._checked(ticket))
            self._checks[key] = check
            check.add_done_callback(lambda done: self._ended(key, done))
        return self._checks[key]

    def _ended(self, key: str, check: asyncio.Future[None]) -> None:
        del self._checks[key]
        if not check.cancelled():
            check.exception()

    async def _checked(self, ticket: Ticket) -> None:
        before = self._said.get(_owner(ticket))
        try:
            standing = await self._ask(ticket, None if before is None else before.standing)
        except ApiFailure as failure:
            if failure.error.status == 401 and self.knows(ticket):
                self.forget(ticket)
                self._tell()
            raise
        now = self._clock.monotonic()
        first = self._honoured.get(digest(ticket), _Honoured(now, now)).first
        remember(self._honoured, digest(ticket), _Honoured(first, now))
        remember(self._said, _owner(ticket), _Said(standing, now))
        if before is not None and before.standing != standing:
            self._tell()


def _owner(ticket: Ticket) -> str:
    """Return by whose name a ticket shares its standing with others: its own where it tells none.

    The name is the one that the cluster has signed. The name beside the ticket comes from a cookie,
    in which anybody could write the name of somebody who may see more.
    """
    signed = re.fullmatch(r"PVE:([^\s:]+):[0-9A-F]{8}::\S+", ticket.ticket)
    return signed[1] if signed else digest(ticket)


def digest(ticket: Ticket) -> str:
    """Return a name for a ticket that is no secret."""
    return hashlib.sha256(ticket.ticket.encode()).hexdigest()


def remember(memory: dict[str, Any], key: str, value: Any) -> None:
    """Keep a value, and no more of them than is reasonable."""
    memory.pop(key, None)
    memory[key] = value
    while len(memory) > REMEMBERED:
        del memory[next(iter(memory))]
