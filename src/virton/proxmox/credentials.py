"""Who asks: a user with a ticket, or an API token."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote

TICKET_LIFE_S = 7200
"""How long Proxmox VE honours a ticket."""

_PLAIN_IN_A_TOKEN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "%;")


def _in_a_cookie(ticket: str) -> str:
    """Return a ticket as a cookie can hold it: a user's name may have any character."""
    # Proxmox VE's own page encodes every ticket, and its API takes both. Stand-ins for it take
    # only the plain form, which does for most users.
    plain = re.fullmatch(r"[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*", ticket)
    return ticket if plain else quote(ticket, safe="")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A user's ticket, its CSRF token for writes, and when it was issued (Unix seconds)."""

    user: str
    ticket: str = field(repr=False)
    csrf: str = field(repr=False)
    issued: int

    def headers(self, *, writing: bool) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        headers = {"Cookie": f"PVEAuthCookie={_in_a_cookie(self.ticket)}"}
        if writing:
            headers["CSRFPreventionToken"] = self.csrf
        return headers


class TokenError(ValueError):
    """What is no API token."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token, written `user@realm!id=secret`."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\s=!]+@[^\s=!]+![^\s=!]+=\S+", self.text):
            raise TokenError("an API token is written user@realm!id=secret")

    @property
    def name(self) -> str:
        """Return the token's name, without the secret."""
        return self.text.partition("=")[0]

    def headers(self, *, writing: bool) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        return {"Authorization": f"PVEAPIToken={quote(self.text, safe=_PLAIN_IN_A_TOKEN)}"}


Credentials = Ticket | ApiToken


def name_of(credentials: Credentials) -> str:
    """Return who asks, without any secret."""
    return credentials.user if isinstance(credentials, Ticket) else credentials.name
