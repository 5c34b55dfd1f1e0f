"""Whose credentials the poller uses: its own token, or the ticket of a user who is logged in."""

from virton.proxmox.credentials import ApiToken, Credentials, Ticket

RENEW_AFTER_S = 3600
"""The age at which a ticket is renewed: half of its life."""


def is_old(ticket: Ticket, now: float) -> bool:
    """Tell whether a ticket is to be renewed; one of the future was issued before a clock leapt."""
    return not 0 <= now - ticket.issued < RENEW_AFTER_S


class Lender:
    """Keeps the poller's credentials; borrowed tickets live in memory only."""

    def __init__(self, token: str | None = None) -> None:
        self._token = ApiToken(token) if token else None
        self._borrowed: dict[str, Ticket] = {}

    @classmethod
    def of(cls, credentials: Credentials | None) -> "Lender":
        """Return one that lends what somebody asks with already."""
        lender = cls(credentials.text if isinstance(credentials, ApiToken) else None)
        if isinstance(credentials, Ticket):
            lender.lend(credentials)
        return lender

    def use(self, token: str | None) -> None:
        """Lend this token from now on; without one, whatever users lend."""
        self._token = ApiToken(token) if token else None
        if self._token is not None:
            self._borrowed.clear()

    def current(self) -> Credentials | None:
        """Return the token, or the newest borrowed ticket."""
        if self._token is not None:
            return self._token
        tickets = self._borrowed.values()
        return max(tickets, key=lambda t: (t.issued, t.user), default=None)

    def lend(self, ticket: Ticket) -> None:
        """Offer a user's ticket; the newest of each user is kept."""
        held = self._borrowed.get(ticket.user)
        if self._token is None and (held is None or held.issued <= ticket.issued):
            self._borrowed[ticket.user] = ticket

    def withdraw(self, credentials: Credentials | None) -> None:
        """Take back a ticket that has ended; a token stays, since there is nothing better."""
        if isinstance(credentials, Ticket):
            held = self._borrowed.get(credentials.user)
            if held == credentials:
                del self._borrowed[credentials.user]
