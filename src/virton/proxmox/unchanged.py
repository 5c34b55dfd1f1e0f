"""Make a value anew only where what it is made of is another than last time."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from virton.proxmox.values import lenient

Key = TypeVar("Key", bound=Hashable)
Source = TypeVar("Source")
Made = TypeVar("Made")
Row = Mapping[str, Any]


class Unchanged(Generic[Key, Source, Made]):
    """Remembers what was made in the last batch, each with its source, and makes the rest.

    What is unchanged is the same object again, so that whoever comes later need not look into it.
    """

    def __init__(self, make: Callable[[Source], Made]) -> None:
        self._make = make
        self._last: dict[Key, tuple[Source, Made]] = {}

    def batch(self, sources: Iterable[tuple[Key, Source]]) -> list[Made]:
        """Return what is made of these sources, in their order; of equal keys the last is kept."""
        made: dict[Key, tuple[Source, Made]] = {}
        for key, source in sources:
            last = self._last.get(key)
            if last is None or last[0] != source:
                last = (source, self._make(source))
            made[key] = last
        self._last = made
        return [one for _, one in made.values()]


class Rows(Generic[Made]):
    """Parses the rows of an answer again and again; an odd one is left out and takes none with it.

    `fields` are those that are read; where they are named, a change of any other is none.
    """

    def __init__(self, parse: Callable[[Row], Made], fields: Iterable[str] | None = None) -> None:
        self._made = Unchanged[object, Row, Made | None](lenient(parse))
        self._fields = None if fields is None else tuple(fields)

    def read(self, rows: Iterable[Row]) -> list[Made]:
        """Return the parsed rows, in their order."""
        named = ((_name(row, place), self._source(row)) for place, row in enumerate(rows))
        return [one for one in self._made.batch(named) if one is not None]

    def _source(self, row: Row) -> Row:
        if self._fields is None:
            return row
        return {field: row[field] for field in self._fields if field in row}


def _name(row: Row, place: int) -> object:
    """Return what tells a row from the others of its answer."""
    for field in ("id", "sid", "rule", "group"):
        name = row.get(field)
        if isinstance(name, str):
            return name
    return place
