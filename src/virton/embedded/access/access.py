"""The access layer of a cluster: from what a request carries to who makes it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from virton.embedded.access import credentials
from virton.embedded.access.names import ROOT, split_tokenid
from virton.embedded.access.permissions import Privileges, privileges
from virton.embedded.access.second_factor import SecondFactors
from virton.embedded.access.tickets import TicketSigner
from virton.embedded.access.users import PATH, UserConfig, parse_users, write_users
from virton.embedded.errors import slowed_down, unauthorized
from virton.embedded.pmxcfs import ClusterFiles
from virton.throttle import Allowance, Key, Throttle, keys_of

_MOST_REMEMBERED = 20_000
_LONGEST_WAIT_S = 30.0
_FAILURES_TOLD = 20
_FAILURE_TOLD_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, and from where; `userid` is None for somebody not logged in."""

    userid: str | None
    address: str = ""

    @property
    def name(self) -> str:
        """Return the user or token; only for requests that need a login."""
        if self.userid is None:
            raise unauthorized("No ticket")
        return self.userid

    @property
    def by_token(self) -> bool:
        """Tell whether the request is made with an API token."""
        return self.userid is not None and "!" in self.userid


NOBODY = Caller(None)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries to say who makes it."""

    ticket: str | None = None
    write_guard: str | None = None
    api_token: str | None = None
    address: str = ""


class Access:
    """Users, passwords, tickets and tokens of one cluster; its clock is the real one.

    Tickets end by `clock`, which somebody may set; waits go by `monotonic`, which never leaps.
    """

    def __init__(
        self,
        files: ClusterFiles,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Guard the cluster whose users stand in `files`."""
        self._files = files
        self.clock = clock
        self._signer = TicketSigner(credentials.ticket_key(files))
        self._throttle = Throttle(monotonic)
        self.failures_told = Allowance(monotonic, _FAILURES_TOLD, _FAILURE_TOLD_EVERY_S)
        self.second_factors = SecondFactors(files, clock)
        self._found: tuple[UserConfig | None, dict[tuple[str, str], Privileges]] = (None, {})

    @property
    def now(self) -> int:
        """Return the time by which logins end, in Unix seconds."""
        return int(self.clock())

    @property
    def users(self) -> UserConfig:
        """Return what `user.cfg` says now."""
        return self._files.parsed(PATH, parse_users)

    def save(self, users: UserConfig) -> None:
        """Write `user.cfg`."""
        self._files.write(PATH, write_users(users))

    def privileges(self, who: str, path: str) -> Privileges:
        """Return the privileges of a user or an API token on a path."""
        users = self.users
        found_for, found = self._found
        if found_for is not users or len(found) > _MOST_REMEMBERED:
            # Users and findings are replaced as one: what held before must not be found after.
            found = {}
            self._found = (users, found)
        if (who, path) not in found:
            found[who, path] = privileges(users, who, path)
        return found[who, path]

    def may_enter(self, userid: str) -> bool:
        """Tell whether there is such a user, enabled and not expired."""
        user = self.users.users.get(userid)
        return user is not None and user.may_enter(self.now)

    def set_password(self, userid: str, password: str) -> None:
        """Set a user's password; slow, as hashing one is."""
        self.set_password_hash(userid, credentials.hashed(password))

    def set_password_hash(self, userid: str, password_hash: str) -> None:
        """Set a user's password by its hash."""
        credentials.set_password_hash(self._files, userid, password_hash)

    def has_password(self, userid: str = ROOT) -> bool:
        """Tell whether a user has a password."""
        return credentials.has_password(self._files, userid)

    def new_token_secret(self, tokenid: str) -> str:
        """Return the new secret of an API token."""
        return credentials.new_token_secret(self._files, tokenid)

    def forget(self, userid: str) -> None:
        """Forget everything with which a user (or a token) could log in."""
        credentials.forget(self._files, userid)
        self.second_factors.forget(userid)

    def new_ticket(self, userid: str) -> tuple[str, str]:
        """Return a ticket and its write guard."""
        now = self.now
        return self._signer.ticket(userid, now), self._signer.write_guard(userid, now)

    def new_challenge(self, userid: str, asked: str) -> tuple[str, str]:
        """Return a ticket that says what a login still asks for, and a write guard."""
        now = self.now
        return self._signer.challenge(userid, asked, now), self._signer.write_guard(userid, now)

    def ticket_user(self, ticket: str) -> str | None:
        """Return whose valid ticket it is, or None."""
        return self._signer.verify_ticket(ticket, self.now)

    def log_in(
        self, userid: str, secret: str, address: str, response: str | None = None
    ) -> str | None:
        """Verify a password or, instead of one, a ticket of the same user (or of root).

        Return what is still asked for: a password may be only half of a login, whose other half
        is the `response`. Raise a refusal otherwise, the same one whether there is such a user
        or not.
        """
        if self.may_enter(userid) and self.ticket_user(secret) in (userid, ROOT):
            return None
        self.verify_password(userid, secret, address)
        asked = self.second_factors.challenge(userid)
        if response is None:
            return asked
        if asked is None:
            raise unauthorized("authentication failure")
        self.second_factors.verify(userid, response)
        return None

    def verify_password(self, userid: str, password: str, address: str) -> None:
        """Raise a refusal unless it is the password of a user who may log in."""
        keys = _keys(address, userid)
        wait_s = self._throttle.wait_s(*keys)
        if wait_s > 0:
            raise slowed_down(wait_s)
        # Counted as failed before the slow comparison, so that tries made at once count too.
        self._throttle.attempt(*keys)
        may_enter = self.may_enter(userid)
        if not credentials.password_matches(self._files, userid, password) or not may_enter:
            raise unauthorized("authentication failure")
        self._throttle.succeeded(*keys)

    def answer_challenge(self, userid: str, challenge: str, response: str) -> None:
        """Verify the second half of a login; raise a refusal if it proves nothing."""
        asked = self._signer.verify_challenge(userid, challenge, self.now)
        if not asked or not self.may_enter(userid):
            raise unauthorized("authentication failure")
        self.second_factors.verify(userid, response)

    def identify(self, given: Credentials, method: str) -> Caller:
        """Return who makes a request, or raise the refusal (401) that it gets."""
        if given.api_token is not None:
            return Caller(self._token_user(given.api_token), given.address)
        if not given.ticket:
            raise unauthorized("No ticket")
        userid = self.ticket_user(given.ticket)
        if userid is None or not self.may_enter(userid):
            raise unauthorized("invalid PVE ticket")
        if method != "GET" and not self._signer.verify_write_guard(
            userid, given.write_guard or "", self.now
        ):
            raise unauthorized("Permission denied - invalid csrf token")
        return Caller(userid, given.address)

    def _token_user(self, text: str) -> str:
        tokenid, _, secret = text.partition("=")
        parts = split_tokenid(tokenid)
        token = self.users.token(tokenid)
        matches = credentials.token_matches(self._files, tokenid, secret)
        if not parts or not token or not matches or not self.may_enter(parts[0]):
            raise unauthorized("invalid API token")
        if 0 < token.expire < self.now:
            raise unauthorized("API token expired")
        return tokenid


def _keys(address: str, userid: str) -> tuple[Key, ...]:
    # Within this process (no address) asks the console, on behalf of anybody: it has a throttle of
    # its own, and one who guesses through it must not keep the others out.
    return keys_of(address, userid, longest_s=_LONGEST_WAIT_S) if address else ()
