"""Values that say why: each kind has a name, under which the catalogues hold its sentence."""

from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from virton.frozen import frozen

N = TypeVar("N", bound="Named")


class Named:
    """A frozen value whose class has a name."""

    __slots__ = ()
    name: ClassVar[str]

    def fields(self) -> dict[str, Any]:
        """Return the value's fields as JSON values."""
        values = {f.name.rstrip("_"): getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {key: _plain(value) for key, value in values.items()}

    def to_json(self) -> list[Any]:
        """Return `[name, {fields}]`."""
        return [self.name, self.fields()]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return list(value)
    return value


def named(name: str, kinds: dict[str, type[Any]]) -> Callable[[type[N]], type[N]]:
    """Return a decorator that makes a class a frozen value of the given name, known in `kinds`."""

    def register(cls: type[N]) -> type[N]:
        made = frozen(cls)
        made.name = name
        kinds[name] = made
        return made

    return register
