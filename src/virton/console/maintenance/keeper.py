"""The file in which the maintenance under way is kept, whole or not at all."""

import json
import logging
from pathlib import Path

from virton.console.maintenance.work import Work
from virton.damage import DamagedError, reading
from virton.strict_json import read_json
from virton.whole_file import put_in_place

FILE = "maintenance.json"
log = logging.getLogger(__name__)


class Keeper:
    """Keeps the last maintenance of a data folder."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE
        self.work = self._read()

    def _read(self) -> Work | None:
        """Return what was kept; a damaged file is laid aside, and named."""
        try:
            with reading(str(self._file), ""):
                return Work.from_json(read_json(self._file.read_bytes()))
        except FileNotFoundError:
            return None
        except DamagedError as damaged:
            aside = self._file.with_suffix(".damaged")
            self._file.replace(aside)
            log.warning("%s; it is kept as %s, and no maintenance is known", damaged, aside.name)
            return None

    def keep(self, work: Work) -> None:
        """Keep a work in the place of the one before; raises OSError."""
        text = json.dumps(work.to_json(), ensure_ascii=True, sort_keys=True)
        put_in_place(self._file, text)
        self.work = work
