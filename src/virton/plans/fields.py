"""What comes from outside, read field by field: whatever is wrong is named, with what would be right."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_REQUIRED = object()


class FieldError(ValueError):
    """A field that cannot be used: which one, and the problem, for which there is a sentence."""

    def __init__(self, field: str, problem: str, **fields: Any) -> None:
        """Name the field and the problem, and what the sentence needs."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.fields = fields


class Fields:
    """A map whose fields are asked for by name; raises FieldError. `path` is where it stands."""

    def __init__(self, told: Any, path: str = "") -> None:
        """Take what was read; raises FieldError unless it is a map with names."""
        if not isinstance(told, Mapping) or not all(isinstance(key, str) for key in told):
            raise FieldError(path or "file", "map")
        self._told: Mapping[str, Any] = told
        self._path = path

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a field, and not null."""
        return self._told.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in their order."""
        return iter(self._told)

    def of(self, name: str) -> str:
        """Return the whole name of a field."""
        return f"{self._path}.{name}" if self._path else name

    def know(self, known: Sequence[str]) -> None:
        """Refuse every field beside those that are known."""
        for name in self._told:
            if name not in known:
                raise FieldError(self.of(name), "unknown", known=list(known))

    def _get(self, name: str, default: Any) -> Any:
        found = self._told.get(name)
        if found is not None:
            return found
        if default is _REQUIRED:
            raise FieldError(self.of(name), "missing")
        return default

    def text(self, name: str, default: Any = _REQUIRED, among: Sequence[str] = ()) -> str:
        """Return a text; of `among`, where there are only some."""
        found = self._get(name, default)
        if among and found not in among:
            raise FieldError(self.of(name), "value", want=list(among))
        return text_of(found, self.of(name))

    def count(self, name: str, default: Any = _REQUIRED, least: int = 0) -> int:
        """Return a whole number."""
        return count_of(self._get(name, default), self.of(name), least)

    def count_of(self, name: str, want: int) -> None:
        """Refuse every other number than this one."""
        if self.count(name) != want:
            raise FieldError(self.of(name), "value", want=want)

    def counts(self, name: str) -> list[int]:
        """Return the whole numbers of a list."""
        return [count_of(one, path) for path, one in self._listed(name)]

    def switch(self, name: str, default: Any = _REQUIRED) -> bool:
        """Return true or false."""
        found = self._get(name, default)
        if not isinstance(found, bool):
            raise FieldError(self.of(name), "switch")
        return found

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a map with names, whatever its values are."""
        return dict(Fields(self._get(name, _REQUIRED), self.of(name))._told)

    def texts_by_name(self, name: str) -> dict[str, str]:
        """Return a map of texts."""
        part = self.part(name)
        return {key: text_of(value, part.of(key)) for key, value in part._told.items()}

    def part(self, name: str) -> "Fields":
        """Return a map within."""
        return Fields(self._get(name, _REQUIRED), self.of(name))

    def parts(self, name: str) -> list["Fields"]:
        """Return the maps of a list."""
        return [Fields(one, path) for path, one in self._listed(name)]

    def texts(self, name: str) -> list[str]:
        """Return the texts of a list."""
        return [text_of(one, path) for path, one in self._listed(name)]

    def _listed(self, name: str) -> Iterator[tuple[str, Any]]:
        found = self._get(name, _REQUIRED)
        if not isinstance(found, Sequence) or isinstance(found, str | bytes):
            raise FieldError(self.of(name), "rows")
        for at, one in enumerate(found):
            yield f"{self.of(name)}.{at}", one


def text_of(told: Any, path: str) -> str:
    """Return a text as one; raises FieldError for anything else."""
    if not isinstance(told, str):
        raise FieldError(path, "words")
    return str(told)


def count_of(told: Any, path: str, least: int = 0) -> int:
    """Return a whole number as one; raises FieldError for anything else."""
    if isinstance(told, bool) or not isinstance(told, int) or told < least:
        raise FieldError(path, "count" if least == 0 else "count_from", least=least)
    return told
