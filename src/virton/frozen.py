"""Values that never change, whose classes cost nothing until a value of them is made.

`@frozen` means what `@dataclass(frozen=True, slots=True)` means, but that compiles six functions for
each class when it is imported: with hundreds of classes, half of the time in which a verb of the
command line starts. Here one set of functions serves all classes, and `__init__` is compiled when
the first value is made. `dataclasses` knows these classes: `fields` and `replace` work on them.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

V = TypeVar("V")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[V]) -> type[V]:
    """Make a class one of frozen values with slots, compared by what they hold."""
    cls.__doc__ = cls.__doc__ or cls.__name__  # else it would be made of a signature, which is dear
    made: Any = dataclass(slots=True, init=False, repr=False, eq=False)(cls)

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        made.__init__ = compiled = _compiled_init(made)
        compiled(self, *args, **kwargs)

    made.__init__ = init
    made.__compared__ = _getter([f.name for f in fields(made) if f.compare])
    for name, function in _SHARED.items():
        setattr(made, name, function)
    done: type[V] = made
    return done


def _compiled_init(cls: type[Any]) -> Callable[..., None]:
    known: dict[str, Any] = {"_GIVEN": MISSING}
    heads, lines = ["self"], list[str]()
    for one in fields(cls):
        default, value = _default(one, known), one.name
        heads.append(one.name + default)
        if default == "=_GIVEN":
            value = f"_made_{one.name}() if {one.name} is _GIVEN else {one.name}"
        known[f"_set_{one.name}"] = getattr(cls, one.name).__set__  # its slot, which is open
        lines.append(f"_set_{one.name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    text = f"def __init__({', '.join(heads)}):\n    " + "\n    ".join(lines or ["pass"])
    exec(text, known)  # noqa: S102 - made of the names of fields alone
    compiled: Callable[..., None] = known["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    return compiled


def _default(one: "Field[Any]", known: dict[str, Any]) -> str:
    if one.default_factory is not MISSING:
        known[f"_made_{one.name}"] = one.default_factory
        return "=_GIVEN"
    if one.default is MISSING:
        return ""
    known[f"_default_{one.name}"] = one.default
    return f"=_default_{one.name}"


def _getter(names: list[str]) -> Callable[[Any], Any]:
    """Return what gives a value's fields as one tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _equal(self: Any, other: Any) -> Any:
    if type(self) is not type(other):
        return NotImplemented
    compared = type(self).__compared__
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash(type(self).__compared__(self))


def _shown(self: Any) -> str:
    told = (f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(told)})"


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, f.name) for f in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _shown,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _state,
    "__setstate__": _restore,
}
