"""Which key the secrets of a history were sealed with last: consoles that share it need the same one."""

import json
import logging

from sqlalchemy import Engine, inspect, select

from virton.keeping.database import troubles
from virton.keeping.sealing import Sealer
from virton.keeping.settings import Settings
from virton.keeping.tables import settings as table

NAME = "sealing"
log = logging.getLogger(__name__)


def note_key(settings: Settings, sealer: Sealer) -> None:
    """Note that secrets are sealed with this key from now on; raises HistoryError, and OSError."""
    kept = settings.read(NAME)
    if kept is None or not sealer.fits(kept):
        settings.write(NAME, sealer.check())


def is_of_another_key(engine: Engine, sealer: Sealer) -> bool:
    """Tell whether secrets were sealed with another key than this folder's; raises HistoryError."""
    with troubles(), engine.connect() as connection:
        if not inspect(connection).has_table(table.name):
            return False
        checks = connection.execute(select(table.c.body).where(table.c.name == NAME)).scalars()
        return not all(sealer.fits(json.loads(body)) for body in checks)
