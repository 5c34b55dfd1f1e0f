"""A login that takes more than a password: what the cluster asks for, and how it is answered."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from virton.proxmox.errors import ApiFailure

TYPED = frozenset({"totp", "recovery", "yubico"})
"""The kinds of second factor that are a text to type; others need a device at the browser."""

_PREFIX = "PVE:!tfa!"


class SecondFactorNeeded(Exception):  # noqa: N818 - a question, not an error
    """The password was right, and the cluster asks for a second factor of one of these kinds."""

    def __init__(self, kinds: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(kinds)))
        self.kinds = kinds

    @property
    def can_be_typed(self) -> bool:
        """Tell whether a code would do."""
        return not self.kinds.isdisjoint(TYPED)


class SecondFactorRefused(ApiFailure):
    """The password was right, and the code was not, or was used before."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A login half done: the ticket to answer, and the kinds of second factor that would do."""

    ticket: str = field(repr=False)
    kinds: frozenset[str]

    def response(self, code: str | None) -> str:
        """Return a code as Proxmox VE takes it; raise where none, or no code at all, would do."""
        plain = "".join((code or "").split()).lower()
        if not plain or self.kinds.isdisjoint(TYPED):
            raise SecondFactorNeeded(self.kinds)
        if plain.isdecimal():
            return f"totp:{plain}"
        kind = "yubico" if "yubico" in self.kinds and "-" not in plain else "recovery"
        return f"{kind}:{plain}"


def parse_challenge(ticket: str) -> Challenge:
    """Read a challenge; one that does not say its kinds is taken to ask for a TOTP code."""
    asked: Any = None
    if ticket.startswith(_PREFIX):
        try:
            asked = json.loads(unquote(ticket.removeprefix(_PREFIX).partition(":")[0]))
        except ValueError:
            asked = None
    kinds = {str(kind) for kind, how in asked.items() if how} if isinstance(asked, dict) else set()
    return Challenge(ticket, frozenset(kinds or {"totp"}))
