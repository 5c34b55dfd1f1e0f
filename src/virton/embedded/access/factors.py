"""`priv/tfa.cfg`: what users prove themselves with beside their passwords, as JSON text."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from virton.embedded.access.totp import Totp, parse_uri

PATH = "priv/tfa.cfg"
WRONG_CODES = 8
"""After so many wrong codes in a row a user's authenticators are taken no longer."""
WRONG_RESPONSES = 100
LOCKED_S = 3600
"""After so many wrong responses in a row of whatever kind, none is taken for so long."""
_RECOVERY_KEYS = 10


@dataclass(frozen=True, slots=True)
class TotpEntry:
    """An authenticator of a user; no code of a period up to `last_step` is taken (again)."""

    id: str
    description: str
    created: int
    totp: Totp
    enabled: bool = True
    last_step: int | None = None

    def after(self, code: str, now: int) -> "TotpEntry | None":
        """Return the entry with a code spent; None if the code is wrong or was spent before."""
        step = self.totp.step_of(code, now)
        if step is None or (self._is_past(now) and step <= (self.last_step or 0)):
            return None
        return replace(self, last_step=step)

    def _is_past(self, now: int) -> bool:
        """Tell whether the last code spent is one of the past, not one of a clock that was ahead."""
        current = now // self.totp.period_s
        return self.last_step is not None and self.last_step <= current + 1


@dataclass(frozen=True, slots=True)
class RecoveryKeys:
    """Keys of which each opens once, kept as salted digests; a spent one is None."""

    salt: str
    digests: tuple[str | None, ...]
    created: int

    @property
    def left(self) -> list[int]:
        """Return the numbers of the keys that are not spent."""
        return [number for number, digest in enumerate(self.digests) if digest is not None]

    def after(self, key: str) -> "RecoveryKeys | None":
        """Return the keys with one spent; None if it is none of them."""
        given = _digest(self.salt, key)
        fits = [hmac.compare_digest(digest or "", given) for digest in self.digests]
        if not any(fits):
            return None
        pairs = zip(self.digests, fits, strict=True)
        return replace(self, digests=tuple(None if fit else digest for digest, fit in pairs))


def new_recovery_keys(now: int) -> tuple[RecoveryKeys, list[str]]:
    """Return recovery keys, and what they read, which is told this once."""
    salt = secrets.token_hex(8)
    keys = ["-".join(secrets.token_hex(2) for _ in range(4)) for _ in range(_RECOVERY_KEYS)]
    return RecoveryKeys(salt, tuple(_digest(salt, key) for key in keys), now), keys


def _digest(salt: str, key: str) -> str:
    # The keys are ours and long, so that guessing at their digests leads nowhere.
    return hmac.new(salt.encode(), key.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of one user, and how many wrong responses there were in a row.

    `locked_until` is in Unix seconds.
    """

    totp: tuple[TotpEntry, ...] = ()
    recovery: RecoveryKeys | None = None
    wrong_codes: int = 0
    wrong: int = 0
    totp_locked: bool = False
    locked_until: int = 0

    def is_locked(self, now: int) -> bool:
        """Tell whether no response at all is taken now; a clock set back does not lock for longer."""
        return now < self.locked_until <= now + LOCKED_S

    def failed(self, response: str, now: int) -> "Factors":
        """Return the factors after a wrong response."""
        if self.is_locked(now):
            return self
        wrong_codes = self.wrong_codes + response.startswith("totp:")
        locked = replace(
            self,
            wrong=self.wrong + 1,
            wrong_codes=wrong_codes,
            totp_locked=self.totp_locked or wrong_codes >= WRONG_CODES,
        )
        if locked.wrong < WRONG_RESPONSES:
            return locked
        return replace(locked, wrong=0, locked_until=now + LOCKED_S)

    def unlocked(self) -> "Factors":
        """Return the factors without a word of wrong responses."""
        return replace(self, wrong_codes=0, wrong=0, totp_locked=False, locked_until=0)

    @property
    def challenge(self) -> dict[str, Any] | None:
        """Return what a login asks for, as Proxmox VE says it; None if a password is enough."""
        asked: dict[str, Any] = {}
        if any(entry.enabled for entry in self.totp):
            asked["totp"] = True
        if self.recovery is not None:
            asked["recovery"] = self.recovery.left
        return asked or None

    def after(self, response: str, now: int) -> "Factors | None":
        """Return the factors with a response (`kind:code`) spent; None if it proves nothing."""
        kind, _, code = response.partition(":")
        if kind == "totp" and not self.totp_locked:
            spent = self._after_code(code, now)
            return spent and replace(spent, wrong_codes=0, wrong=0)
        if kind == "recovery" and self.recovery is not None:
            recovery = self.recovery.after(code)
            return replace(self.unlocked(), recovery=recovery) if recovery else None
        return None

    def _after_code(self, code: str, now: int) -> "Factors | None":
        for entry in self.totp:
            spent = entry.after(code, now) if entry.enabled else None
            if spent is not None:
                return self.with_entry(spent)
        return None

    def with_entry(self, changed: TotpEntry) -> "Factors":
        """Return the same with an entry replaced or added."""
        if all(entry.id != changed.id for entry in self.totp):
            return replace(self, totp=(*self.totp, changed))
        entries = (changed if entry.id == changed.id else entry for entry in self.totp)
        return replace(self, totp=tuple(entries))

    def without(self, entry_id: str) -> "Factors":
        """Return the same without an entry."""
        if entry_id == "recovery":
            return replace(self, recovery=None)
        return replace(self, totp=tuple(entry for entry in self.totp if entry.id != entry_id))


NONE = Factors()


@dataclass(frozen=True, slots=True)
class FactorConfig:
    """What `priv/tfa.cfg` says: the users who have a second factor."""

    users: Mapping[str, Factors] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, userid: str) -> Factors:
        """Return a user's second factors."""
        return self.users.get(userid, NONE)

    def with_user(self, userid: str, factors: Factors) -> "FactorConfig":
        """Return the same with a user's second factors replaced; nobody is kept with none."""
        users = {**self.users, userid: factors}
        kept = {name: held for name, held in users.items() if held.totp or held.recovery}
        return FactorConfig(kept)


def parse_factors(text: str) -> FactorConfig:
    """Read `priv/tfa.cfg`."""
    users = json.loads(text).get("users", {}) if text.strip() else {}
    return FactorConfig({name: _factors(data) for name, data in users.items()})


def _factors(data: Mapping[str, Any]) -> Factors:
    recovery = data.get("recovery")
    return Factors(
        tuple(_totp_entry(entry) for entry in data.get("totp", ())),
        recovery
        and RecoveryKeys(recovery["secret"], tuple(recovery["entries"]), recovery["created"]),
        data.get("totp-failures", 0),
        data.get("tfa-failures", 0),
        data.get("totp-locked", False),
        data.get("tfa-locked-until", 0),
    )


def _totp_entry(data: Mapping[str, Any]) -> TotpEntry:
    held = data["entry"]
    uri, last_step = (held, None) if isinstance(held, str) else (held["totp"], held["last-count"])
    return TotpEntry(
        data["id"],
        data.get("description", ""),
        data["created"],
        parse_uri(uri),
        data.get("enable", True),
        last_step,
    )


def write_factors(config: FactorConfig) -> str:
    """Write `priv/tfa.cfg`."""
    users = {name: _factors_json(factors) for name, factors in sorted(config.users.items())}
    return json.dumps({"users": users}, separators=(",", ":"))


def _factors_json(factors: Factors) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if factors.totp:
        data["totp"] = [_totp_json(entry) for entry in factors.totp]
    if (keys := factors.recovery) is not None:
        data["recovery"] = {
            "secret": keys.salt,
            "entries": list(keys.digests),
            "created": keys.created,
        }
    told = {
        "totp-failures": factors.wrong_codes,
        "tfa-failures": factors.wrong,
        "totp-locked": factors.totp_locked,
        "tfa-locked-until": factors.locked_until,
    }
    return data | {name: value for name, value in told.items() if value}


def _totp_json(entry: TotpEntry) -> dict[str, Any]:
    held: Any = entry.totp.to_uri()
    if entry.last_step is not None:
        held = {"totp": held, "last-count": entry.last_step}
    told = {"id": entry.id, "description": entry.description, "created": entry.created}
    return {**told, **({} if entry.enabled else {"enable": False}), "entry": held}
