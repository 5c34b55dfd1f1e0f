"""A session as a cookie's value: sealed, so that nobody can write one but the console itself."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field

from virton.proxmox import Ticket
from virton.strict_json import read_json

COOKIE = "virton_session"
_END_OF_TIME = 2**33


@dataclass(frozen=True, slots=True)
class Session:
    """A user's ticket, with a nonce that stays the same when the ticket is renewed."""

    ticket: Ticket
    nonce: str = field(repr=False)

    @property
    def user(self) -> str:
        """Return who is logged in."""
        return self.ticket.user


def sealed(session: Session, key: bytes) -> str:
    """Return a session as a cookie's value."""
    ticket = session.ticket
    parts = [ticket.user, ticket.ticket, ticket.csrf, ticket.issued, session.nonce]
    said = (
        base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )
    return f"{said}.{_seal(said, key)}"


def opened(value: str | None, key: bytes) -> Session | None:
    """Return the session of a cookie's value; None if the console has not written it."""
    said, _, seal = (value or "").partition(".")
    # A ticket in a cookie is one that the cluster gave us for a login: what anybody else has
    # made up must neither be believed nor be carried to the cluster.
    if not hmac.compare_digest(_seal(said, key).encode(), seal.encode()):
        return None
    try:
        parts = read_json(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        user, ticket, csrf, issued, nonce = parts
    except (ValueError, TypeError):
        return None
    if not isinstance(issued, int) or not 0 <= issued < _END_OF_TIME:
        return None
    if not all(isinstance(text, str) and text.isprintable() for text in (user, ticket)):
        return None
    # These two go into headers as they are; a ticket is percent-encoded for its.
    texts = (csrf, nonce)
    if not all(isinstance(t, str) and re.fullmatch(r"[\x21-\x3a\x3c-\x7e]*", t) for t in texts):
        return None
    return Session(Ticket(user, ticket, csrf, issued), nonce)


def _seal(said: str, key: bytes) -> str:
    return hmac.new(key, b"cookie\0" + said.encode(), hashlib.sha256).hexdigest()
