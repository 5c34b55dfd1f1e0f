"""The ways by which a message goes out; each answers with what became of it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from string import Template
from typing import Protocol

import aiosmtplib
import httpx2

from virton.notify.answers import Answer, Outcome, by_failure, by_smtp, by_status
from virton.notify.messages import Message, short

PATIENCE_S = 20.0
_TRY_AGAIN = frozenset({408, 425, 429})


class Channel(Protocol):
    """A way by which messages go out."""

    async def send(self, message: Message, number: str) -> Answer:
        """Try once; `number` is the same each time the same message is tried."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail through an SMTP server; `security` is `none`, `starttls` or `tls`."""

    to: str
    sender: str
    host: str
    port: int = 25
    security: str = "starttls"
    user: str | None = None
    password: str | None = None
    patience_s: float = PATIENCE_S

    async def send(self, message: Message, number: str) -> Answer:
        """Try once."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, self.to, message.subject
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = f"<{number}@virton>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        try:
            await aiosmtplib.send(
                mail,
                hostname=self.host,
                port=self.port,
                start_tls=self.security == "starttls",
                use_tls=self.security == "tls",
                username=self.user,
                password=self.password,
                timeout=self.patience_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            worst = max(error.recipients, key=lambda refused: refused.code)
            best = min(refused.code for refused in error.recipients)
            return by_smtp(best, worst.message, "smtp_recipient")
        except aiosmtplib.SMTPAuthenticationError as error:
            return by_smtp(error.code, error.message, "smtp_login")
        except aiosmtplib.SMTPResponseException as error:
            return by_smtp(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return by_failure(error)
        return Answer(Outcome.SENT)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request to a service; `body` is a template with `$text`, `$subject` and `$` facts.

    Values are filled in as within a JSON string where the body is JSON. With a `secret`, number
    and body are signed: `X-VirtOn-Signature: sha256=HEX` of `NUMBER.BODY`.
    """

    url: str
    body: str
    method: str = "POST"
    headers: Mapping[str, str] | None = None
    secret: str | None = None
    client: httpx2.AsyncClient | None = None
    patience_s: float = PATIENCE_S

    async def send(self, message: Message, number: str) -> Answer:
        """Try once."""
        content = self._content(message).encode()
        headers = {"Content-Type": "application/json", **(self.headers or {})}
        headers["X-VirtOn-Delivery"] = number
        if self.secret:
            headers["X-VirtOn-Signature"] = signature(self.secret, number, content)
        client = self.client or httpx2.AsyncClient(timeout=self.patience_s)
        try:
            answer = await client.request(
                self.method, self.url, content=content, headers=headers, timeout=self.patience_s
            )
        except (httpx2.HTTPError, OSError, ValueError) as error:
            return by_failure(error)
        finally:
            if self.client is None:
                await client.aclose()
        return by_status(answer.status_code, again=_TRY_AGAIN)

    def _content(self, message: Message) -> str:
        values = {**message.facts, "subject": message.subject, "text": message.text}
        values["short"] = short(message)
        if self.body.lstrip().startswith(("{", "[")):
            values = {
                name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in values.items()
            }
        return Template(self.body).safe_substitute(values)


@dataclass(frozen=True, slots=True)
class Apprise:
    """One of the services that apprise knows, by its address there (`matrix://...`)."""

    address: str

    async def send(self, message: Message, number: str) -> Answer:
        """Try once."""
        try:
            import apprise
        except ImportError:
            return Answer(Outcome.REFUSED, "no_apprise")
        service = apprise.Apprise()
        if not service.add(self.address):
            return Answer(Outcome.REFUSED, "apprise_address")
        went = await service.async_notify(title=message.subject, body=message.text)
        return Answer(Outcome.SENT) if went else Answer(Outcome.FAILED, "not_delivered")


def signature(secret: str, number: str, content: bytes) -> str:
    """Return what a receiver computes to know that a message is ours."""
    signed = number.encode() + b"." + content
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


PRESETS: Mapping[str, str] = {
    "json": '{"subject": "$subject", "text": "$text", "phase": "$phase", "weight": "$weight",'
    ' "cluster": "$cluster", "key": "$key", "began": "$began", "ended": "$ended"}',
    "slack": '{"text": "*$subject*\\n$text"}',
    "teams": '{"type": "message", "attachments": [{"contentType":'
    ' "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard",'
    ' "version": "1.4", "body": [{"type": "TextBlock", "weight": "Bolder", "wrap": true,'
    ' "text": "$subject"}, {"type": "TextBlock", "wrap": true, "text": "$text"}]}}]}',
    "telegram": '{"chat_id": "$chat", "text": "$subject\\n$text"}',
    "jandi": '{"body": "$subject", "connectColor": "#FAC11B",'
    ' "connectInfo": [{"title": "$subject", "description": "$text"}]}',
    "naverworks": '{"title": "$subject", "body": {"text": "$text"}}',
    "sms": '{"to": "$to", "text": "$short"}',
}
"""What known services want to be sent."""

PRESET_HEADERS: Mapping[str, Mapping[str, str]] = {
    "jandi": {"Accept": "application/vnd.tosslab.jandi-v2+json"}
}
