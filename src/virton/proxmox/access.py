"""`/access/*`: realms, tickets, and what a user may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.proxmox.values import flag, mapping, rows, text


@dataclass(frozen=True, slots=True)
class Realm:
    """Where users can be looked up."""

    realm: str
    type: str | None
    comment: str | None
    default: bool


@dataclass(frozen=True, slots=True)
class Permissions:
    """A user's privileges by path, as the cluster has worked them out."""

    paths: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def on(self, path: str) -> frozenset[str]:
        """Return the privileges on a path: those of the nearest path above that is listed."""
        while path not in self.paths and path != "/":
            path = path.rpartition("/")[0] or "/"
        return self.paths.get(path, frozenset())


def parse_realms(data: Any) -> tuple[Realm, ...]:
    """Read the answer of `/access/domains`, the default realm first, then by name."""
    parsed = [
        Realm(
            realm=str(row["realm"]),
            type=text(row.get("type")),
            comment=text(row.get("comment")),
            default=flag(row.get("default")),
        )
        for row in rows(data)
    ]
    return tuple(sorted(parsed, key=lambda realm: (not realm.default, realm.realm)))


def parse_permissions(data: Any) -> Permissions:
    """Read the answer of `/access/permissions`: a privilege listed is held, 1 or 0 is inheritance."""
    return Permissions(
        {path: frozenset(mapping(held)) for path, held in sorted(mapping(data).items())}
    )


@dataclass(frozen=True, slots=True)
class TicketAnswer:
    """The answer to a login; `second_factor` tells that the ticket is only half of one."""

    user: str
    ticket: str = field(repr=False)
    csrf: str = field(repr=False)
    second_factor: bool = False


def parse_ticket(data: Any) -> TicketAnswer:
    """Read the answer of `POST /access/ticket`."""
    row = mapping(data)
    return TicketAnswer(
        user=str(row["username"]),
        ticket=str(row["ticket"]),
        csrf=str(row.get("CSRFPreventionToken") or ""),
        second_factor=flag(row.get("NeedTFA")) or str(row["ticket"]).startswith("PVE:!tfa!"),
    )
