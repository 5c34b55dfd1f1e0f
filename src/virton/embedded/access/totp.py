"""Codes that change with time (TOTP, RFC 6238), and the `otpauth:` address that shares a secret."""

import hmac
from base64 import b32decode, b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

_HASHES: Mapping[str, type[SHA1 | SHA256 | SHA512]] = MappingProxyType(
    {"SHA1": SHA1, "SHA256": SHA256, "SHA512": SHA512}
)
_KNOWN = frozenset({"secret", "digits", "algorithm", "period", "issuer"})
_DIGITS = range(6, 9)
_PERIODS_S = range(10, 301)


@dataclass(frozen=True, slots=True)
class Totp:
    """A secret shared with somebody's authenticator, and how codes are made of it."""

    secret: bytes = field(repr=False)
    account: str
    issuer: str = ""
    digits: int = 6
    algorithm: str = "SHA1"
    period_s: int = 30

    def code(self, step: int) -> str:
        """Return the code of one period, counted from 1970."""
        made = HOTP(self.secret, self.digits, _HASHES[self.algorithm](), enforce_key_length=False)
        return made.generate(step).decode()

    def step_of(self, code: str, now: int) -> int | None:
        """Return the period whose code it is: this one, the last or the next; None if of none."""
        current = now // self.period_s
        found = None
        # All are compared, so that the time it takes tells nothing.
        for step in (current - 1, current, current + 1):
            if hmac.compare_digest(self.code(step).encode(), code.encode()):
                found = step
        return found

    def to_uri(self) -> str:
        """Return the address that an authenticator reads."""
        label = quote(self.account, safe="")
        values = {
            "secret": b32encode(self.secret).decode().rstrip("="),
            "digits": self.digits,
            "algorithm": self.algorithm,
            "period": self.period_s,
        }
        if self.issuer:
            label = f"{quote(self.issuer, safe='')}:{label}"
            values["issuer"] = self.issuer
        return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def parse_uri(text: str) -> Totp:
    """Read an `otpauth:` address; raise ValueError where it cannot be used."""
    address = urlsplit(text)
    if (address.scheme, address.netloc) != ("otpauth", "totp"):
        raise ValueError("not an otpauth://totp address")
    values = dict(parse_qsl(address.query))
    if unknown := sorted(values.keys() - _KNOWN):
        raise ValueError(f"unknown parameter '{unknown[0]}' in the otpauth address")
    issuer, separator, account = unquote(address.path[1:]).partition(":")
    algorithm = values.get("algorithm", "SHA1").upper()
    if algorithm not in _HASHES:
        raise ValueError(f"unknown algorithm '{algorithm}' in the otpauth address")
    return Totp(
        secret=_secret(values.get("secret", "")),
        account=account if separator else issuer,
        issuer=values.get("issuer", issuer if separator else ""),
        digits=_number(values, "digits", 6, _DIGITS),
        algorithm=algorithm,
        period_s=_number(values, "period", 30, _PERIODS_S),
    )


def _secret(text: str) -> bytes:
    padding = "=" * (-len(text) % 8)
    try:
        secret = b32decode(text.upper() + padding)
    except ValueError as error:
        raise ValueError("the secret in the otpauth address is not base32") from error
    if not secret:
        raise ValueError("there is no secret in the otpauth address")
    return secret


def _number(values: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or int(text) not in allowed:
        bounds = f"{allowed[0]} to {allowed[-1]}"
        raise ValueError(f"'{name}' in the otpauth address must be {bounds}")
    return int(text)
