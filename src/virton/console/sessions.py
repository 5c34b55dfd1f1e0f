"""Sessions are the cluster's own: our cookie carries its ticket, and the cluster judges it.

The console keeps no passwords and no list of sessions. What it remembers of a ticket is that the
cluster honoured it a moment ago.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from virton.console.clock import Clock
from virton.console.lender import RENEW_AFTER_S, Lender
from virton.console.problems import no_session
from virton.console.settings import ConsoleSettings
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient, Ticket
from virton.proxmox.access import Permissions
from virton.proxmox.credentials import TICKET_LIFE_S

COOKIE = "virton_session"
REMEMBERED = 2000
AUDIT = "Sys.Audit"


@dataclass(frozen=True, slots=True)
class Session:
    """A user's ticket, with a nonce that stays the same when the ticket is renewed."""

    ticket: Ticket
    nonce: str = field(repr=False)

    @property
    def user(self) -> str:
        """Return who is logged in."""
        return self.ticket.user

    def to_cookie(self) -> str:
        """Return the session as a cookie's value."""
        ticket = self.ticket
        parts = [ticket.user, ticket.ticket, ticket.csrf, ticket.issued, self.nonce]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def from_cookie(value: str | None) -> Session | None:
    """Read a cookie's value; None if it is none of ours."""
    if not value:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        user, ticket, csrf, issued, nonce = parts
        issued = int(issued)
    except (ValueError, TypeError):
        return None
    texts = (user, ticket, csrf, nonce)
    if not all(isinstance(t, str) and re.fullmatch(r"[\x21-\x3a\x3c-\x7e]*", t) for t in texts):
        return None
    return Session(Ticket(user, ticket, csrf, issued), nonce)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the cluster last said of a session, and when."""

    permissions: Permissions
    lab: bool
    checked: float
    first: float

    @property
    def privileges(self) -> list[str]:
        """Return the privileges on the whole cluster."""
        return sorted(self.permissions.on("/"))

    @property
    def sight(self) -> tuple[bool, frozenset[tuple[str, frozenset[tuple[str, bool]]]]]:
        """Return what decides which parts of the Snapshot this viewer sees."""
        paths = self.permissions.paths.items()
        return self.lab, frozenset((path, frozenset(held.items())) for path, held in paths)


class Sessions:
    """Opens, reads, renews and ends sessions."""

    def __init__(
        self,
        client: ProxmoxClient,
        lender: Lender,
        settings: ConsoleSettings,
        clock: Clock,
        key: bytes,
    ) -> None:
        self._client = client
        self._lender = lender
        self._settings = settings
        self._clock = clock
        self._key = key
        self._standings: dict[str, Standing] = {}
        self._renewals: dict[str, Ticket] = {}
        self._ended: dict[str, None] = {}

    async def open(self, user: str, password: str, otp: str | None) -> Session:
        """Log in at the cluster."""
        now = int(self._clock.time())
        ticket = await ClusterApi(self._client).log_in(user, password, now, otp)
        return Session(ticket, secrets.token_urlsafe(18))

    def read(self, cookie: str | None) -> Session:
        """Return the session of a cookie; refuse if there is none."""
        session = from_cookie(cookie)
        if session is None or _digest(session.ticket) in self._ended:
            raise no_session()
        return session

    def csrf(self, session: Session) -> str:
        """Return the token that the page must send with every write of this session."""
        # Bound to the nonce and not to the ticket, so that a renewal in one tab does not make
        # the writes of another one fail. Nobody without the key can make one for a cookie.
        said = f"{session.user}\0{session.nonce}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    def csrf_matches(self, session: Session, given: str | None) -> bool:
        """Tell whether a write comes from the session's own page."""
        return hmac.compare_digest(self.csrf(session).encode(), (given or "").encode())

    async def renewed(self, session: Session) -> Session:
        """Return the session with a new ticket if its ticket has lived half of its life."""
        now = self._clock.time()
        if now - session.ticket.issued < RENEW_AFTER_S:
            return session
        key = _digest(session.ticket)
        ticket = self._renewals.get(key)
        if ticket is None or now - ticket.issued >= RENEW_AFTER_S:
            try:
                ticket = await ClusterApi(self._client).log_in(
                    session.user, session.ticket.ticket, int(now)
                )
            except ApiFailure:
                return session
            _remember(self._renewals, key, ticket)
        return replace(session, ticket=ticket)

    async def standing(self, session: Session) -> Standing:
        """Return what the cluster says of a session, asked anew after a while.

        Where the cluster cannot be asked, its last word holds for as long as a ticket lives, so
        that the page can go on showing what it knows.
        """
        key = _digest(session.ticket)
        if key in self._ended:
            raise no_session()
        last = self._standings.get(key)
        now = self._clock.time()
        if last is not None and abs(now - last.checked) < self._settings.check_s:
            return last
        try:
            standing = await self._ask(session, last)
        except ApiFailure as failure:
            if failure.error.status == 401:
                self._forget(session)
                raise no_session() from failure
            if last is None or now - last.first > TICKET_LIFE_S:
                raise
            return last
        _remember(self._standings, key, standing)
        if AUDIT in standing.privileges:
            self._lender.lend(session.ticket)
        return standing

    async def _ask(self, session: Session, last: Standing | None) -> Standing:
        permissions = await ClusterApi(self._client, session.ticket).permissions()
        lab = last.lab if last is not None else await self.offers_lab(session)
        now = self._clock.time()
        return Standing(permissions, lab, now, now if last is None else last.first)

    async def offers_lab(self, session: Session) -> bool:
        """Tell whether the cluster has a lab for this user."""
        try:
            answer = await self._client.plain("GET", "/lab", session.ticket)
        except ApiFailure:
            return False
        return bool(answer.get("offered", "speed" in answer))

    def end(self, session: Session) -> None:
        """Honour this session's ticket no longer, and lend it to nobody."""
        _remember(self._ended, _digest(session.ticket), None)
        self._forget(session)

    def _forget(self, session: Session) -> None:
        self._standings.pop(_digest(session.ticket), None)
        self._lender.withdraw(session.ticket)

    def describe(self, session: Session, standing: Standing) -> dict[str, Any]:
        """Return the session as the page reads it."""
        return {
            "user": session.user,
            "csrf": self.csrf(session),
            "privileges": standing.privileges,
            "lab": standing.lab,
        }


def _digest(ticket: Ticket) -> str:
    return hashlib.sha256(ticket.ticket.encode()).hexdigest()


def _remember(memory: dict[str, Any], key: str, value: Any) -> None:
    memory.pop(key, None)
    memory[key] = value
    while len(memory) > REMEMBERED:
        del memory[next(iter(memory))]
