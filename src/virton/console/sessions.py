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
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from virton.console.clock import Clock
from virton.console.lender import RENEW_AFTER_S, Lender
from virton.console.problems import no_session
from virton.console.settings import ConsoleSettings
from virton.console.standings import AUDIT, Standing, Standings, digest, remember
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient, Ticket

COOKIE = "virton_session"


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


class Sessions:
    """Opens, reads, renews and ends sessions."""

    def __init__(
        self,
        client: ProxmoxClient,
        lender: Lender,
        settings: ConsoleSettings,
        clock: Clock,
        key: bytes,
        tell: Callable[[], None],
    ) -> None:
        self._client = client
        self._lender = lender
        self._clock = clock
        self._key = key
        self._standings = Standings(self._ask, clock, settings.check_s, tell)
        self._renewals: dict[str, Ticket] = {}
        self._ended: dict[str, None] = {}

    async def open(self, user: str, password: str, otp: str | None) -> Session:
        """Log in at the cluster."""
        now = int(self._clock.time())
        ticket = await ClusterApi(self._client).log_in(user, password, now, otp)
        # Two tickets of the same second are the same: one that was given back is given again.
        self._ended.pop(digest(ticket), None)
        return Session(ticket, secrets.token_urlsafe(18))

    def read(self, cookie: str | None) -> Session:
        """Return the session of a cookie; refuse if there is none."""
        session = from_cookie(cookie)
        if session is None or digest(session.ticket) in self._ended:
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
        key = digest(session.ticket)
        ticket = self._renewals.get(key)
        if ticket is None or now - ticket.issued >= RENEW_AFTER_S:
            try:
                ticket = await ClusterApi(self._client).log_in(
                    session.user, session.ticket.ticket, int(now)
                )
            except ApiFailure:
                return session
            remember(self._renewals, key, ticket)
        return replace(session, ticket=ticket)

    async def standing(self, session: Session) -> Standing:
        """Return what the cluster says of a session, asked anew after a while."""
        if digest(session.ticket) in self._ended:
            raise no_session()
        try:
            return await self._standings.current(session.ticket)
        except ApiFailure as failure:
            if failure.error.status != 401:
                raise
            self.doubt(session)
            raise no_session() from failure

    def last_standing(self, session: Session) -> Standing:
        """Return what is known of a session, at once; refuse if it has ended."""
        standing = self._standings.last(session.ticket)
        if standing is None or digest(session.ticket) in self._ended:
            raise no_session()
        return standing

    async def _ask(self, ticket: Ticket, last: Standing | None) -> Standing:
        permissions = await ClusterApi(self._client, ticket).permissions()
        lab = last.lab if last is not None else await self.offers_lab(ticket)
        standing = Standing(permissions, lab)
        if AUDIT in standing.privileges:
            self._lender.lend(ticket)
        return standing

    async def offers_lab(self, ticket: Ticket) -> bool:
        """Tell whether the cluster has a lab for this user."""
        try:
            answer = await self._client.plain("GET", "/lab", ticket)
        except ApiFailure:
            return False
        return bool(answer.get("offered", "speed" in answer))

    def end(self, session: Session) -> None:
        """Honour this session's ticket no longer, and lend it to nobody."""
        remember(self._ended, digest(session.ticket), None)
        self.doubt(session)

    def doubt(self, session: Session) -> None:
        """Take nothing for granted of a session that the cluster has just refused."""
        self._standings.forget(session.ticket)
        self._lender.withdraw(session.ticket)

    def describe(self, session: Session, standing: Standing) -> dict[str, Any]:
        """Return the session as the page reads it."""
        return {
            "user": session.user,
            "csrf": self.csrf(session),
            "privileges": standing.privileges,
            "lab": standing.lab,
        }
