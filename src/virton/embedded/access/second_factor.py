"""The second step of a login: what it asks for, and whether an answer proves who somebody is."""

import json
from collections.abc import Callable
from dataclasses import replace

from virton.embedded.access import users
from virton.embedded.access.factors import (
    PATH,
    FactorConfig,
    Factors,
    parse_factors,
    write_factors,
)
from virton.embedded.access.throttle import Throttle
from virton.embedded.errors import slowed_down, unauthorized
from virton.embedded.pmxcfs import ClusterFiles

_IN_USE = "x"


class SecondFactors:
    """The second factors of a cluster's users."""

    def __init__(self, files: ClusterFiles, clock: Callable[[], float]) -> None:
        """Keep them in `files`; codes are those of the clock's time."""
        self._files = files
        self._clock = clock
        self._throttle = Throttle()

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

        Tries are counted by user alone: who gets here has proved a password, from whatever
        address, and there are few codes to guess.
        """
        now_s = self._clock()
        wait_s = self._throttle.wait_s(userid, now_s)
        if wait_s > 0:
            raise slowed_down(wait_s)
        self._throttle.failed(userid, now_s)
        # Verified and spent as one step, so that of two who bring the same code one gets in.
        with self._files.batch(deferrable=True):
            spent = self.config.of(userid).after(response, int(now_s))
            if spent is None:
                raise unauthorized("authentication failure")
            self._write(userid, spent)
        self._throttle.succeeded(userid)

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
