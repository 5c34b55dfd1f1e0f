"""Who is told and how, as the operator writes it in `virton.toml`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from virton.notify.channels import PRESET_HEADERS, PRESETS, Apprise, Channel, Mail, Webhook
from virton.notify.incidents import Weight
from virton.notify.notifier import Setup
from virton.notify.policy import HOLD_S, QuietHours, Recipient, quiet_hours

Text = Annotated[str, Field(min_length=1)]
Least = Literal["info", "warning", "critical"]


class Strict(BaseModel):
    """A table of the file; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MailServer(Strict):
    """The SMTP server through which mails go out."""

    host: Text
    sender: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: Text | None = None
    password: Text | None = Field(default=None, repr=False)
    password_file: Path | None = None

    @property
    def secret(self) -> str | None:
        """Return the password, from its file where there is one; raises OSError."""
        return self.password_file.read_text().strip() if self.password_file else self.password


class Quiet(Strict):
    """Hours in which only what weighs enough is told."""

    hours: Text
    zone: Text = "Asia/Seoul"
    unless: Least = "critical"

    @model_validator(mode="after")
    def _readable(self) -> Self:
        self.made()
        return self

    def made(self) -> QuietHours:
        """Return the hours; raises ValueError."""
        return quiet_hours(self.hours, self.zone, _weight(self.unless))


class RecipientSettings(Strict):
    """Somebody who is told: by mail (`to`) or through a web service (`url`)."""

    name: Text
    to: Text | None = None
    url: Text | None = Field(default=None, repr=False)
    apprise: Text | None = Field(default=None, repr=False)
    method: Literal["POST", "PUT"] = "POST"
    preset: Text = "json"
    body: Text | None = None
    headers: Mapping[str, str] = {}
    secret: Text | None = Field(default=None, repr=False)
    chat: str = ""
    language: Literal["ko", "en"] = "ko"
    least: Least = "warning"
    zone: Text = "Asia/Seoul"
    quiet: Quiet | None = None
    paused: bool = False

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.url is None and self.to is None and self.apprise is None:
            raise ValueError(
                "a recipient needs a mail address (to), the url of a service or an apprise address"
            )
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("url: begins with https:// or http://")
        if self.body is None and self.preset not in PRESETS:
            raise ValueError(f"preset: one of {', '.join(sorted(PRESETS))}")
        return self

    def recipient(self) -> Recipient:
        """Return the recipient."""
        return Recipient(
            name=self.name,
            channel=self.name,
            language=self.language,
            least=_weight(self.least),
            quiet=None if self.quiet is None else self.quiet.made(),
            zone=self.zone,
            paused=self.paused,
        )

    def channel(self, server: MailServer | None) -> Channel | None:
        """Return the way to the recipient; None where there is no mail server; raises OSError."""
        if self.url is not None:
            filled = {"$chat": self.chat, "$to": self.to or ""}
            body = self.body or PRESETS[self.preset]
            for name, value in filled.items():
                body = body.replace(name, value)
            headers = {**PRESET_HEADERS.get(self.preset, {}), **self.headers}
            return Webhook(self.url, body, self.method, headers, self.secret)
        if self.apprise is not None:
            return Apprise(self.apprise)
        if server is None or self.to is None:
            return None
        return Mail(
            to=self.to,
            sender=server.sender,
            host=server.host,
            port=server.port,
            security=server.security,
            user=server.user,
            password=server.secret,
        )


def setup_of(
    recipients: Sequence[RecipientSettings], server: MailServer | None, hold_s: float = HOLD_S
) -> Setup:
    """Return who is told and through what; raises OSError for a password that cannot be read."""
    channels = {one.name: one.channel(server) for one in recipients}
    return Setup(
        recipients=tuple(one.recipient() for one in recipients),
        channels={name: _always(made) for name, made in channels.items() if made is not None},
        hold_s=hold_s,
    )


def _always(channel: Channel) -> Callable[[Recipient], Channel]:
    return lambda _: channel


def _weight(least: Least) -> Weight:
    return Weight[least.upper()]
