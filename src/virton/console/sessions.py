"""Sessions are the cluster's own: our cookie carries its ticket, and the cluster judges it.

The console keeps no passwords and no tickets. What it remembers of a ticket is that the cluster honoured
it a moment ago, and that its user has logged out; of a session, whose it is, and when and from where it
was used.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from virton.console.clock import Clock
from virton.console.ended import Ended
from virton.console.lender import Lender, is_old
from virton.console.problems import no_session
from virton.console.session_cookie import Session, opened, sealed
from virton.console.settings import ConsoleSettings
from virton.console.standings import AUDIT, GUEST_AUDIT, Standing, Standings, digest, remember
from virton.console.who import Presence, Presences
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient, Ticket
from virton.proxmox.credentials import TICKET_LIFE_S


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
        self._tell = tell
        self._standings = Standings(self._ask, clock, settings.check_s, tell)
        self._renewals: dict[str, Ticket] = {}
        self._ended = Ended(settings.data)
        self.idle_s = settings.idle_s
        self._active: dict[str, float] = {}
        self._presences = Presences(settings.data, TICKET_LIFE_S)
        self.one_each = settings.one_session

    async def open(self, user: str, password: str, otp: str | None) -> Session:
        """Log in at the cluster."""
        now = int(self._clock.time())
        return self._begun(await ClusterApi(self._client).log_in(user, password, now, otp))

    async def open_by_code(self, code: str, state: str, back: str) -> Session:
        """Log in with what a user's own provider (OpenID) has sent them back with."""
        now = int(self._clock.time())
        return self._begun(await ClusterApi(self._client).openid_log_in(code, state, back, now))

    def _begun(self, ticket: Ticket) -> Session:
        # Two tickets of the same second are the same: one that was given back is given again.
        self._ended.discard(digest(ticket))
        if self.one_each:
            for other in [one for one in self.present() if one.user == ticket.user]:
                self.end_named(other.name)
            self._ended.discard(digest(ticket))
        session = Session(ticket, secrets.token_urlsafe(18))
        self.touch(session)
        return session

    def see(self, session: Session, address: str) -> None:
        """Take notice from where a session is used."""
        now = self._clock.time()
        name = self.name_of(session)
        self._presences.see(name, session, address, now, now - self._idle_for_s(name))

    def present(self) -> list[Presence]:
        """Return the sessions that can be used still."""
        known = self._presences.all(self._clock.time())
        return [one for one in known if not (one.name in self._ended or self._is_idle(one.name))]

    def keep(self) -> None:
        """Write down who is logged in, before the console ends."""
        self._presences.keep(self._clock.time())

    def name_of(self, session: Session) -> str:
        """Return a name for a session that is no secret, and stays when its ticket is renewed."""
        return _nonce_name(session)

    def seal(self, text: str) -> str:
        """Return a seal on a text that nobody else can make."""
        return hmac.new(self._key, f"seal\0{text}".encode(), hashlib.sha256).hexdigest()

    def cookie(self, session: Session) -> str:
        """Return the session as a cookie's value."""
        return sealed(session, self._key)

    def read(self, cookie: str | None) -> Session:
        """Return the session of a cookie; refuse if there is none."""
        session = opened(cookie, self._key)
        if session is None or self.has_ended(session):
            raise no_session()
        self._end_if_idle(session)
        return session

    def has_ended(self, session: Session) -> bool:
        """Tell whether a session's user has logged out."""
        return digest(session.ticket) in self._ended or _nonce_name(session) in self._ended

    def touch(self, session: Session) -> None:
        """Take notice that a session's user has done something."""
        remember(self._active, self.name_of(session), self._clock.monotonic())

    def _end_if_idle(self, session: Session) -> None:
        """End a session whose user has done nothing for too long; refuse it then."""
        if self._is_idle(self.name_of(session)):
            self.end(session)
            raise no_session()

    def _is_idle(self, name: str) -> bool:
        return bool(self.idle_s) and self._idle_for_s(name) >= self.idle_s

    def _idle_for_s(self, name: str) -> float:
        """Return for how long a session's user has done nothing, by the clock that never leaps."""
        if name not in self._active:
            kept = self._presences.touched(name)
            idle_s = 0.0 if kept is None else max(self._clock.time() - kept, 0.0)
            remember(self._active, name, self._clock.monotonic() - idle_s)
        return self._clock.monotonic() - self._active[name]

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
        if not is_old(session.ticket, now):
            return session
        key = digest(session.ticket)
        ticket = self._renewals.get(key)
        if ticket is None or is_old(ticket, now):
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
        if self.has_ended(session):
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
        self._end_if_idle(session)
        standing = self._standings.last(session.ticket)
        if standing is None or self.has_ended(session):
            raise no_session()
        return standing

    async def _ask(self, ticket: Ticket, last: Standing | None) -> Standing:
        permissions = await ClusterApi(self._client, ticket).permissions()
        same = last is not None and last.permissions == permissions
        lab = last.lab if last is not None and same else await self.offers_lab(ticket)
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
        """Honour none of this session's tickets any longer, and lend them to nobody."""
        now, last = self._clock.time(), digest(session.ticket)
        # The cluster honours a ticket until it dies, also one that was renewed since.
        renewed = self._renewals.get(last)
        older = [old for old, new in self._renewals.items() if digest(new) == last]
        newer = [] if renewed is None else [digest(renewed)]
        names = [_nonce_name(session), last, *older, *newer]
        self._ended.add(names, now, TICKET_LIFE_S)
        self._active.pop(_nonce_name(session), None)
        self._presences.forget(_nonce_name(session), now)
        self.doubt(session)
        if renewed is not None:
            self._lender.withdraw(renewed)
        self._tell()

    def end_named(self, name: str) -> None:
        """End a session that is known by its name, also one that was not used since the start."""
        session = self._presences.session(name)
        if session is not None:
            self.end(session)
            return
        now = self._clock.time()
        self._ended.add([name], now, TICKET_LIFE_S)
        self._active.pop(name, None)
        self._presences.forget(name, now)
        self._tell()

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
            "sees_guests": standing.permissions.anywhere(GUEST_AUDIT),
        }


def _nonce_name(session: Session) -> str:
    """Return a name for a session, whichever of its tickets it shows, that is no secret."""
    return hashlib.sha256(f"session {session.nonce}".encode()).hexdigest()
