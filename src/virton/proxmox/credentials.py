"""Who asks: a user with a ticket, or an API token."""

import re
from dataclasses import dataclass, field

TICKET_LIFE_S = 7200
"""How long Proxmox VE honours a ticket."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A user's ticket, its CSRF token for writes, and when it was issued (Unix seconds)."""

    user: str
    ticket: str = field(repr=False)
    csrf: str = field(repr=False)
    issued: int

    def headers(self, *, writing: bool) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        headers = {"Cookie": f"PVEAuthCookie={self.ticket}"}
        if writing:
            headers["CSRFPreventionToken"] = self.csrf
        return headers


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token, written `user@realm!id=secret`."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\s=!]+@[^\s=!]+![^\s=!]+=\S+", self.text):
            raise ValueError("an API token is written user@realm!id=secret")

    @property
    def name(self) -> str:
        """Return the token's name, without the secret."""
        return self.text.partition("=")[0]

    def headers(self, *, writing: bool) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        return {"Authorization": f"PVEAPIToken={self.text}"}


Credentials = Ticket | ApiToken
