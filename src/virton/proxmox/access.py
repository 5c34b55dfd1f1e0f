"""`/access/*`: realms, tickets, and what a user may do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from virton.proxmox.second_factor import Challenge, parse_challenge
from virton.proxmox.values import flag, mapping, rows, text


@dataclass(frozen=True, slots=True)
class Realm:
    """Where users can be looked up."""

    realm: str
    type: str | None
    comment: str | None
    default: bool

    @property
    def takes_password(self) -> bool:
        """Tell whether users of this realm log in with a password."""
        return self.type != "openid"


@dataclass(frozen=True, slots=True)
class Permissions:
    """A user's privileges by path, as the cluster has worked them out.

    What is said of a privilege is whether it also holds below its path. On the `shut` paths, and
    below, there is none: the cluster lists only paths on which there are some, so that a path of
    its access control list that is not listed shuts out what would be inherited.
    """

    paths: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    shut: frozenset[str] = frozenset()

    def but_for(self, controlled: Iterable[str]) -> "Permissions":
        """Return the permissions, given the paths of the cluster's access control list."""
        return replace(self, shut=frozenset(controlled).difference(self.paths))

    def on(self, path: str) -> frozenset[str]:
        """Return the privileges on a path; the nearest path above that is listed decides."""
        if path in self.paths:
            return frozenset(self.paths[path])
        while path != "/" and path not in self.paths:
            if path in self.shut:
                return frozenset()
            path = path.rpartition("/")[0] or "/"
        above = self.paths.get(path, {})
        return frozenset(privilege for privilege, inherited in above.items() if inherited)

    def anywhere(self, privilege: str) -> bool:
        """Tell whether a privilege is held on any path."""
        return any(privilege in held for held in self.paths.values())


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
    """Read the answer of `/access/permissions`."""
    paths = sorted(mapping(data).items())
    return Permissions(
        {path: {name: flag(below) for name, below in mapping(held).items()} for path, held in paths}
    )


def parse_controlled(data: Any) -> frozenset[str]:
    """Read the paths of the answer of `/access/acl`."""
    return frozenset(str(row["path"]) for row in rows(data))


@dataclass(frozen=True, slots=True)
class TicketAnswer:
    """The answer to a login: a ticket that opens, or the challenge that is still to be answered."""

    user: str
    ticket: str = field(repr=False)
    csrf: str = field(repr=False)
    challenge: Challenge | None = None


def parse_ticket(data: Any) -> TicketAnswer:
    """Read the answer of `POST /access/ticket`."""
    row = mapping(data)
    ticket = str(row["ticket"])
    half = flag(row.get("NeedTFA")) or ticket.startswith("PVE:!tfa!")
    return TicketAnswer(
        user=str(row["username"]),
        ticket=ticket,
        csrf=str(row.get("CSRFPreventionToken") or ""),
        challenge=parse_challenge(ticket) if half else None,
    )
