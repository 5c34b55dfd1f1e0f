"""Make a value anew only where what it is made of is another than last time."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Source = TypeVar("Source")
Made = TypeVar("Made")


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
