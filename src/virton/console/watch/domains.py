"""The fault domains of a console's cluster, read again when another program has changed them."""

import contextlib
from pathlib import Path

from virton.damage import DamagedError
from virton.plans.domains import DomainsFile, Named


class Domains:
    """The named fault domains of a console's cluster."""

    def __init__(self, data: Path) -> None:
        """Read what was kept; raises DamagedError where that cannot be read."""
        self._file = DomainsFile(data)
        self._stamp = self._file.written_at
        self._named: Named = self._file.named()

    @property
    def named(self) -> Named:
        """The domains as they are now: an apply on the command line changes them, too."""
        stamp = self._file.written_at
        if stamp != self._stamp:
            with contextlib.suppress(DamagedError):
                self._stamp, self._named = stamp, self._file.named()
        return self._named

    def keep(self, named: Named) -> None:
        """Keep these in the place of those before, whole or not at all; raises OSError."""
        self._file.keep(named)
