"""Signed proofs of a login: the ticket, and the token that guards writes made with a ticket."""

import base64
import hashlib
import hmac
import re

from virton.embedded.access.names import is_userid

LIFETIME_S = 2 * 3600
_GRACE_S = 300

_TICKET = re.compile(r"PVE:(\S+):([0-9A-F]{8})::([A-Za-z0-9+/]+)", re.ASCII)
_CHALLENGE = re.compile(r"PVE:(!tfa!\S+):([0-9A-F]{8})::([A-Za-z0-9+/]+)", re.ASCII)
_GUARD = re.compile(r"([0-9A-F]{8}):([A-Za-z0-9+/]+)", re.ASCII)


class TicketSigner:
    """Makes and verifies tickets with one secret key."""

    def __init__(self, key: bytes) -> None:
        """Sign with `key`."""
        self._key = key

    def ticket(self, userid: str, now: int) -> str:
        """Return a ticket for a user who has just proved who they are."""
        stamp = f"{now:08X}"
        return f"PVE:{userid}:{stamp}::{self._sign('ticket', userid, stamp)}"

    def verify_ticket(self, ticket: str, now: int) -> str | None:
        """Return whose ticket it is, or None if it is forged, too old, or none at all."""
        match = _TICKET.fullmatch(ticket)
        if not match or not is_userid(match[1]) or not _is_fresh(match[2], now):
            return None
        signature = self._sign("ticket", match[1], match[2])
        return match[1] if hmac.compare_digest(signature, match[3]) else None

    def challenge(self, userid: str, asked: str, now: int) -> str:
        """Return a ticket that opens nothing: it says what a user's login still asks for.

        Whose it is stands in its signature alone.
        """
        stamp = f"{now:08X}"
        data = "!tfa!" + asked.replace(":", "%3A")
        return f"PVE:{data}:{stamp}::{self._sign('challenge', userid, data, stamp)}"

    def verify_challenge(self, userid: str, ticket: str, now: int) -> bool:
        """Tell whether it is a challenge put to this user a while ago."""
        match = _CHALLENGE.fullmatch(ticket)
        if not match or not _is_fresh(match[2], now):
            return False
        signature = self._sign("challenge", userid, match[1], match[2])
        return hmac.compare_digest(signature, match[3])

    def write_guard(self, userid: str, now: int) -> str:
        """Return the token that a user's writes must carry beside the ticket."""
        stamp = f"{now:08X}"
        return f"{stamp}:{self._sign('guard', userid, stamp)}"

    def verify_write_guard(self, userid: str, guard: str, now: int) -> bool:
        """Tell whether a write carries the user's own token."""
        match = _GUARD.fullmatch(guard)
        if not match or not _is_fresh(match[1], now):
            return False
        return hmac.compare_digest(self._sign("guard", userid, match[1]), match[2])

    def _sign(self, *parts: str) -> str:
        message = "\0".join(parts).encode()
        digest = hmac.new(self._key, message, hashlib.sha256).digest()
        return base64.b64encode(digest).decode().rstrip("=")


def _is_fresh(stamp: str, now: int) -> bool:
    # A clock set back a little must not end every session.
    return -_GRACE_S < now - int(stamp, 16) < LIFETIME_S
