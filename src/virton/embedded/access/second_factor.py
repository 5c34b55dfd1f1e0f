"""The second step of a login: what it asks for, and whether an answer proves who somebody is."""

import json
from collections.abc import Callable
from dataclasses import replace

from virton.embedded.access import users
from virton.embedded.access.factors import (
    NONE,
    PATH,
    FactorConfig,
    Factors,
    parse_factors,
    write_factors,
)
from virton.embedded.errors import unauthorized
from virton.embedded.pmxcfs import ClusterFiles

_IN_USE = "x"


class SecondFactors:
    """The second factors of a cluster's users."""

    def __init__(self, files: ClusterFiles, clock: Callable[[], float]) -> None:
        """Keep them in `files`; codes are those of the clock's time."""
        self._files = files
        self._clock = clock

    @property
    def config(self) -> FactorConfig:
        """Return what `priv/tfa.cfg` says now."""
        return self._files.parsed(PATH, parse_factors)

    def challenge(self, userid: str) -> str | None:
        """Return what the user's login asks for beside the password (JSON); None for nothing."""
        asked = self.config.of(userid).challenge
        return json.dumps(asked, separators=(",", ":")) if asked else None

    def verify(self, userid: str, response: str) -> None:
        """Take a response (`kind:code`), which then is spent; raise a refusal if it is wrong.

        Wrong ones are counted by user, from whatever address they come: who gets here has proved
        a password, and there are few codes to guess. After some, codes are taken no longer.
        """
        now = int(self._clock())
        # Verified and spent as one step, so that of two who bring the same code one gets in.
        with self._files.batch(deferrable=True):
            factors = self.config.of(userid)
            spent = None if factors.is_locked(now) else factors.after(response, now)
            if factors != NONE:
                self._write(userid, factors.failed(response, now) if spent is None else spent)
        if spent is None:
            raise unauthorized("authentication failure")

    def unlock(self, userid: str) -> bool:
        """Take a user's codes again; tell whether they were not taken."""
        with self._files.batch():
            factors = self.config.of(userid)
            if factors.unlocked() == factors:
                return False
            self._write(userid, factors.unlocked())
        return factors.totp_locked or factors.is_locked(int(self._clock()))

    def save(self, userid: str, factors: Factors) -> None:
        """Replace a user's second factors, and note in `user.cfg` whether there are any."""
        with self._files.batch():
            self._write(userid, factors)
            known = self._files.parsed(users.PATH, users.parse_users)
            keys = _IN_USE if userid in self.config.users else ""
            user = replace(known.users[userid], keys=keys)
            self._files.write(users.PATH, users.write_users(known.with_user(userid, user)))

    def forget(self, userid: str) -> None:
        """Forget the second factors of a user who is gone."""
        if userid in self.config.users:
            self._write(userid, Factors())

    def _write(self, userid: str, factors: Factors) -> None:
        self._files.write(PATH, write_factors(self.config.with_user(userid, factors)))
