"""Reading JSON objects field by field, so that every complaint names its field."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


class FieldError(ValueError):
    """A field that is missing or holds what it cannot hold; the message begins with its path."""


class Fields:
    """A JSON object and the path by which it was reached (``: the whole file)."""

    def __init__(self, data: Any, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise FieldError(f"{path or 'the file'}: must be an object")
        self.data: Mapping[str, Any] = data
        self.path = path

    def where(self, key: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, problem: str) -> FieldError:
        """Return a complaint about a field."""
        return FieldError(f"{self.where(key)}: {problem}")

    def get(self, key: str) -> Any:
        """Return a field that must be there."""
        value = self.data.get(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self.get(key) if default is None else self.data.get(key) or default
        if not isinstance(value, str):
            raise self.wrong(key, f"must be a text, not {value!r}")
        return value

    def maybe_text(self, key: str) -> str | None:
        """Return a text, or None where there is none."""
        return self.text(key) if self.data.get(key) else None

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a whole number."""
        return self._converted(key, int, "a whole number", default)

    def number(self, key: str, default: float | None = None) -> float:
        """Return a number."""
        return self._converted(key, float, "a number", default)

    def _converted(self, key: str, read: Callable[[Any], T], kind: str, default: T | None) -> T:
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        try:
            return read(self.get(key))
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, FieldError):
                raise
            raise self.wrong(key, f"must be {kind}, not {value!r}") from None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a switch: true or false, 1 or 0."""
        value = self.data.get(key, default)
        word = str(int(value) if isinstance(value, bool) else value).lower()
        if value is None or word in _FALSE:
            return False
        if word in _TRUE:
            return True
        raise self.wrong(key, f"must be true or false, not {value!r}")

    def word(self, key: str, words: type[W], default: W | None = None) -> W:
        """Return one of the words of an enumeration."""
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        return words(self.one_of(key, *words))

    def one_of(self, key: str, *words: str) -> str:
        """Return one of several words."""
        value = self.get(key)
        if value not in words:
            raise self.wrong(key, f"must be one of {', '.join(words)}, not {value!r}")
        return str(value)

    def part(self, key: str, *, optional: bool = False) -> "Fields":
        """Return an object within this one; an empty one where it is optional and missing."""
        value = self.data.get(key) if optional else self.get(key)
        return Fields({} if value is None else value, self.where(key))

    def parts(self) -> Iterator[tuple[str, "Fields"]]:
        """Go through the fields of this object, all of which are objects themselves."""
        for key in self.data:
            yield key, self.part(key)

    def listing(self, key: str, *, optional: bool = False) -> list[Any]:
        """Return a list; an empty one where it is optional and missing."""
        value = self.data.get(key) if optional else self.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(key, "must be a list")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        found = self.listing(key)
        if not all(isinstance(text, str) for text in found):
            raise self.wrong(key, "must be a list of texts")
        return found

    def listed(self, key: str) -> Iterator["Fields"]:
        """Go through an optional list of objects; each is named by its place, counted from 1."""
        for at, entry in enumerate(self.listing(key, optional=True), start=1):
            yield Fields(entry, f"{self.where(key)}[{at}]")
