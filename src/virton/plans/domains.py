"""The fault domains that a console keeps in its data folder, as entries of a plan."""

import json
from pathlib import Path

from virton.damage import reading
from virton.ha.config.properties import split_list
from virton.plans.rows import Row
from virton.whole_file import put_in_place

FILE = "domains.json"


class DomainsFile:
    """The file, whole: one that is damaged is named, and not written over."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE

    def named(self) -> dict[str, list[str]]:
        """Return the domains; raises DamagedError."""
        if not self._path.exists():
            return {}
        with reading(str(self._path), "mend it, or remove it"):
            told = json.loads(self._path.read_text("utf-8"))
            return {name: sorted(map(str, nodes)) for name, nodes in sorted(told.items())}

    def read(self) -> dict[str, Row]:
        """Return the domains, each with its nodes."""
        return {name: {"nodes": ",".join(nodes)} for name, nodes in self.named().items()}

    def write(self, name: str, row: Row | None) -> None:
        """Keep a domain, or none of that name."""
        kept = self.named()
        kept.pop(name, None)
        if row is not None:
            kept[name] = split_list(row["nodes"])
        text = json.dumps(kept, sort_keys=True, indent=1)
        put_in_place(self._path, text)
