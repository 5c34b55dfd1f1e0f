"""Who is told, as it stands in the settings file and as administrators keep it in the page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from virton.keeping.sealing import LostKeyError, Sealer
from virton.notify.channels import PRESETS
from virton.notify.notifier import Setup
from virton.notify.policy import quiet_hours
from virton.notify.settings import MailServer, RecipientSettings, setup_of

Json = dict[str, Any]

SECRETS = ("url", "secret", "headers", "apprise", "password")
"""What is never shown again; a form that leaves it out keeps it."""


class BookError(Exception):
    """Something that cannot be kept: what is wrong with which field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Name the fields, each with a word that the page has a sentence for."""
        super().__init__(", ".join(f"{name}: {what}" for name, what in fields.items()))
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True)
class Book:
    """The mail server, the recipients, and the address that is called while all goes well."""

    mail: MailServer | None = None
    recipients: tuple[RecipientSettings, ...] = ()
    heartbeat: str | None = None
    unreadable: tuple[Json, ...] = ()
    """Recipients as they are kept, of whom the secrets were sealed with another key."""

    def with_more(self, other: "Book") -> "Book":
        """Return what stands in this book, and of the other what this one has not."""
        names = {one.name for one in self.recipients}
        more = tuple(one for one in other.recipients if one.name not in names)
        mail, heartbeat = self.mail or other.mail, self.heartbeat or other.heartbeat
        return Book(mail, self.recipients + more, heartbeat, other.unreadable)

    def setup(self) -> Setup:
        """Return who is told and through what; raises OSError for an unreadable password."""
        return setup_of(self.recipients, self.mail)

    def to_json(self, sealer: Sealer) -> Json:
        """Return the book as it is kept, its secrets sealed; raises OSError."""
        rows = [one.model_dump(mode="json") for one in self.recipients]
        mail = None if self.mail is None else self.mail.model_dump(mode="json")
        return {
            "mail": mail and sealer.seal(mail, SECRETS),
            "recipients": [sealer.seal(one, SECRETS) for one in (*rows, *self.unreadable)],
            **sealer.seal({"heartbeat": self.heartbeat}, ("heartbeat",)),
        }

    @classmethod
    def of_json(cls, kept: Mapping[str, Any] | None, sealer: Sealer) -> "Book":
        """Read a book as it was kept; raises BookError for what this version does not understand."""
        if kept is None:
            return cls()
        try:
            rows = [(one, _opened(one, sealer)) for one in kept["recipients"]]
            recipients = [RecipientSettings.model_validate(one) for _, one in rows if one]
            mail = kept["mail"] and MailServer.model_validate(
                _opened(kept["mail"], sealer) or _without_secrets(kept["mail"])
            )
            told = _opened({"url": kept.get("heartbeat")}, sealer) or {"url": None}
        except (ValidationError, KeyError, TypeError) as error:
            raise BookError({"": "not_a_value"}) from error
        lost = tuple(row for row, opened in rows if opened is None)
        return cls(mail or None, tuple(recipients), told["url"], lost)

    @property
    def names(self) -> set[str]:
        """Return the names of all recipients."""
        return {one.name for one in self.recipients} | {str(r.get("name")) for r in self.unreadable}

    # changes

    def with_recipient(self, was: str | None, form: Mapping[str, Any], server: bool) -> "Book":
        """Return the book with a recipient added, or changed that `was` of this name.

        `server` tells whether there is a mail server; raises BookError.
        """
        before = next((one for one in self.recipients if one.name == was), None)
        lost = next((row for row in self.unreadable if row.get("name") == was), None)
        others = {one.name for one in self.recipients if one.name != was}
        others |= {str(row.get("name")) for row in self.unreadable if row is not lost}
        kept = _without_secrets(lost or {}) if before is None else before.model_dump(mode="json")
        given = _filled(form, kept)
        problems = _problems(given, server=server)
        if given.get("name") in others:
            problems["name"] = "taken"
        if problems:
            raise BookError(problems)
        made = _read(RecipientSettings, given)
        if before is None:
            rest = tuple(row for row in self.unreadable if row is not lost)
            return replace(self, recipients=(*self.recipients, made), unreadable=rest)
        rows = tuple(made if one.name == was else one for one in self.recipients)
        return replace(self, recipients=rows)

    def without(self, name: str) -> "Book":
        """Return the book without a recipient."""
        return replace(
            self,
            recipients=tuple(r for r in self.recipients if r.name != name),
            unreadable=tuple(r for r in self.unreadable if r.get("name") != name),
        )

    def with_mail(self, form: Mapping[str, Any]) -> "Book":
        """Return the book with another mail server; an empty form is none; raises BookError."""
        if not form:
            return replace(self, mail=None)
        kept = {} if self.mail is None else self.mail.model_dump(mode="json")
        return replace(self, mail=_read(MailServer, _filled(form, kept)))

    def with_heartbeat(self, address: str | None) -> "Book":
        """Return the book with another address for the heartbeat; raises BookError."""
        if address and not _is_web(address):
            raise BookError({"url": "web_address"})
        return replace(self, heartbeat=address or None)


def _opened(row: Mapping[str, Any], sealer: Sealer) -> Json | None:
    try:
        return sealer.open(row, SECRETS)
    except LostKeyError:
        return None


def _without_secrets(row: Mapping[str, Any]) -> Json:
    return {name: value for name, value in row.items() if name not in SECRETS}


def shown(row: Mapping[str, Any]) -> Json:
    """Return something as it is shown: its secrets left out, and which of them there are."""
    has = sorted(name for name in SECRETS if row.get(name))
    return _without_secrets(row) | {"has": has}


def _filled(form: Mapping[str, Any], kept: Mapping[str, Any]) -> Json:
    """Return a form with the secrets that it leaves out; an empty text takes one away.

    A secret goes with the way by which it is used: another kind of way takes no address along.
    """
    given = {name: value for name, value in form.items() if value not in (None, "")}
    for name in SECRETS:
        if kept.get(name) and name not in form:
            given[name] = kept[name]
    way = form.get("way")
    given.pop("way", None)
    for other, fields in _WAYS.items():
        if way and other != way:
            given = {name: value for name, value in given.items() if name not in fields}
    return given


_WAYS = {
    "mail": ("to",),
    "web": ("url", "secret", "headers", "method", "preset", "body", "chat"),
    "apprise": ("apprise",),
}


def _problems(given: Mapping[str, Any], *, server: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    if not given.get("name"):
        found["name"] = "required"
    url, to = given.get("url"), given.get("to")
    if not any(given.get(way) for way in ("url", "to", "apprise")):
        found["to"] = found["url"] = found["apprise"] = "required"
    if url and not _is_web(str(url)):
        found["url"] = "web_address"
    if to and not url and "@" not in str(to):
        found["to"] = "mail_address"
    elif to and not url and not server:
        found["to"] = "no_mail_server"
    if given.get("preset", "json") not in PRESETS:
        found["preset"] = "not_a_value"
    return found | _problems_of_time(given)


def _problems_of_time(given: Mapping[str, Any]) -> dict[str, str]:
    quiet = given.get("quiet") or {}
    found = {}
    try:
        quiet_hours(str(quiet.get("hours") or "22:00-07:00"))
    except ValueError:
        found["hours"] = "hours"
    for name in (given.get("zone"), quiet.get("zone")):
        try:
            quiet_hours("22:00-07:00", str(name or "UTC"))
        except ValueError:
            found["zone"] = "zone"
    return found


def _is_web(address: str) -> bool:
    return address.startswith(("https://", "http://")) and len(address.split("://", 1)[1]) > 0


M = TypeVar("M", MailServer, RecipientSettings)


def _read(model: type[M], given: Json) -> M:
    try:
        return model.model_validate(given)
    except ValidationError as failure:
        fields = {
            str(error["loc"][-1]) if error["loc"] else "": (
                "required" if error["type"] in ("missing", "string_too_short") else "not_a_value"
            )
            for error in failure.errors(include_url=False, include_input=False)
        }
        raise BookError(fields) from None
