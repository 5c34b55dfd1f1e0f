"""Values as JSON and back, by the types with which their fields are declared.

A field that holds its default is left out, and so is what a memory holds only to spare work. Large
values that are held in several places (a manager's status, tables of resources, rules) stand once
in a pool, and are named by their place in it.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from virton.frozen import frozen
from virton.ha.causes import CAUSES, Cause
from virton.ha.model import INSTANT, ManagerStatus, ServiceStatus, ServiceTable
from virton.ha.rules.config import RuleSet

T = TypeVar("T")

POOLED = (ManagerStatus, RuleSet, ServiceTable)
_IS = "is"


class EncodingError(ValueError):
    """JSON that is no value of the type that was asked for."""


@dataclass(slots=True)
class Pool:
    """Values that are held in several places, each behind those that it holds itself.

    The first, for which `encoded` holds None, are kept elsewhere. With `by_s` every instant that is
    read is moved by so many seconds.
    """

    values: list[Any] = field(default_factory=list)
    encoded: list[Any] = field(default_factory=list)
    by_s: int = 0

    @classmethod
    def beside(cls, *values: Any, by_s: int = 0) -> "Pool":
        """Return a pool for values that are kept beside such that are kept elsewhere."""
        return cls(list(values), [None] * len(values), by_s)

    def place(self, value: Any, encode: Callable[[Any], Any]) -> int:
        """Return the place of a value, which is added if it is not there."""
        for at, known in enumerate(self.values):
            if known is value or (type(known) is type(value) and known == value):
                return at
        encoded = encode(value)
        self.values.append(value)
        self.encoded.append(encoded)
        return len(self.values) - 1

    def first_table(self) -> tuple[int, ServiceTable] | None:
        """Return the table of resources that was added first, and its place."""
        at = next((at for at, v in enumerate(self.values) if type(v) is ServiceTable), None)
        return None if at is None else (at, self.values[at])


@frozen
class Form:
    """How the values of one type are written and read."""

    write: Callable[[Any, Pool], Any]
    read: Callable[[Any, Pool], Any]


def encode(value: Any, kind: Any, pool: Pool) -> Any:
    """Return a value of a type as JSON."""
    return _form(kind).write(value, pool)


def decode(data: Any, kind: type[T], pool: Pool) -> T:
    """Return the value that JSON stands for; raises EncodingError."""
    try:
        value: T = _form(kind).read(data, pool)
    except EncodingError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise EncodingError("it does not hold what it should") from error
    return value


def _form(kind: Any) -> Form:
    """Return the form of a type; what takes part in itself cannot be one."""
    return _known_form(kind)


@cache
def _known_form(kind: Any) -> Form:
    if kind in POOLED:
        return _pooled(kind)
    return _plain_form(kind)


@cache
def _plain_form(kind: Any) -> Form:
    origin = get_origin(kind)
    if origin is Annotated:
        return _annotated(kind)
    if origin in (Union, types.UnionType):
        return _union(kind)
    if origin is not None and origin is not Literal:
        return _collection(origin, get_args(kind))
    if kind is ServiceTable:
        return Form(_write_table, _read_table)
    if kind is Cause:
        return Form(lambda value, pool: value.to_json(), _read_cause)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _word(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind)
    return Form(lambda value, pool: value, lambda data, pool: data)


def _pooled(kind: Any) -> Form:
    plain = _plain_form(kind)

    def write(value: Any, pool: Pool) -> int:
        return pool.place(value, lambda value: plain.write(value, pool))

    def read(data: Any, pool: Pool) -> Any:
        value = pool.values[data]
        if not isinstance(value, kind):
            raise EncodingError(f"a {kind.__name__} is wanted at {data}")
        return value

    return Form(write, read)


def encode_pool(pool: Pool) -> list[Any]:
    """Return the pooled values as JSON, each with its type; none of those kept elsewhere."""
    named = zip(pool.values, pool.encoded, strict=True)
    return [[type(value).__name__, data] for value, data in named if data is not None]


def decode_pool(listed: Any, pool: Pool) -> Pool:
    """Add pooled values to those that are kept elsewhere; raises EncodingError."""
    kinds = {kind.__name__: kind for kind in POOLED}
    try:
        for name, data in listed:
            pool.values.append(_plain_form(kinds[name]).read(data, pool))
            pool.encoded.append(data)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise EncodingError("it does not hold what it should") from error
    return pool


def _write_table(table: ServiceTable, pool: Pool) -> dict[str, Any]:
    """Write a table, by its difference to one that was written before if there is one."""
    form, like = _form(ServiceStatus), pool.first_table()
    at, known = like or (None, ServiceTable())
    differ = [sid for sid in sorted(table) if known.get(sid) != table[sid]]
    data: dict[str, Any] = {"rows": {sid: form.write(table[sid], pool) for sid in differ}}
    gone = sorted(known.keys() - table.keys())
    return data if at is None else {"like": at, "gone": gone, **data}


def _read_table(data: Any, pool: Pool) -> ServiceTable:
    form = _form(ServiceStatus)
    rows = {sid: form.read(row, pool) for sid, row in data["rows"].items()}
    if "like" in data:
        rows = {**pool.values[data["like"]], **rows}
    return ServiceTable({sid: rows[sid] for sid in sorted(rows.keys() - set(data.get("gone", ())))})


def _annotated(kind: Any) -> Form:
    plain, *marks = get_args(kind)
    if INSTANT not in marks:
        return _form(plain)
    return Form(lambda value, pool: value, lambda data, pool: data + pool.by_s)


def _union(kind: Any) -> Form:
    """Return the form of `X | None`, or of several records, which are told apart by their name."""
    members = [member for member in get_args(kind) if member is not type(None)]
    one = _form(members[0]) if len(members) == 1 else _named(members)

    def write(value: Any, pool: Pool) -> Any:
        return None if value is None else one.write(value, pool)

    def read(data: Any, pool: Pool) -> Any:
        return None if data is None else one.read(data, pool)

    return Form(write, read)


def _named(members: list[Any]) -> Form:
    kinds = {member.__name__: member for member in members}

    def write(value: Any, pool: Pool) -> Any:
        kind = type(value)
        return {_IS: kind.__name__, **_form(kind).write(value, pool)}

    def read(data: Any, pool: Pool) -> Any:
        return _form(kinds[data[_IS]]).read(data, pool)

    return Form(write, read)


def _collection(origin: Any, arguments: tuple[Any, ...]) -> Form:
    if origin is tuple and arguments[-1] is not Ellipsis:
        return _pair(arguments)
    if issubclass(origin, Mapping):
        return _mapping(arguments[1], dict)
    item = _form(arguments[0])
    in_order: Callable[[Any], Any] = sorted if origin is frozenset else iter

    def write(value: Any, pool: Pool) -> list[Any]:
        return [item.write(one, pool) for one in in_order(value)]

    def read(data: Any, pool: Pool) -> Any:
        return origin([item.read(one, pool) for one in data])

    return Form(write, read)


def _pair(kinds: tuple[Any, ...]) -> Form:
    forms = [_form(kind) for kind in kinds]

    def write(value: Any, pool: Pool) -> list[Any]:
        return [form.write(one, pool) for form, one in zip(forms, value, strict=True)]

    def read(data: Any, pool: Pool) -> Any:
        return tuple(form.read(one, pool) for form, one in zip(forms, data, strict=True))

    return Form(write, read)


def _mapping(kind: Any, make: Callable[[Any], Any]) -> Form:
    form = _form(kind)

    def write(value: Any, pool: Pool) -> dict[str, Any]:
        return {key: form.write(one, pool) for key, one in value.items()}

    def read(data: Any, pool: Pool) -> Any:
        return make({key: form.read(one, pool) for key, one in data.items()})

    return Form(write, read)


def _word(kind: type[Enum]) -> Form:
    if issubclass(kind, StrEnum):
        return Form(lambda value, pool: str(value), lambda data, pool: kind(data))
    return Form(lambda value, pool: value.name, lambda data, pool: kind[data])


def _read_cause(data: Any, pool: Pool) -> Cause:
    name, given = data
    kind = CAUSES[name]
    hints = get_type_hints(kind)
    # a field that would be a word of Python's is declared with an underscore behind it
    names = {f.name.rstrip("_"): f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(
        **{names[key]: _form(hints[names[key]]).read(one, pool) for key, one in given.items()}
    )


def _default(part: Field[Any]) -> Any:
    if part.default_factory is not MISSING:
        return part.default_factory()
    return part.default


def _record(kind: type[Any]) -> Form:
    hints = get_type_hints(kind, include_extras=True)
    parts = [part for part in fields(kind) if "derived" not in part.metadata]
    forms = {part.name: _form(hints[part.name]) for part in parts}
    defaults = {part.name: _default(part) for part in parts}

    def write(value: Any, pool: Pool) -> dict[str, Any]:
        data = {}
        for name, form in forms.items():
            one = getattr(value, name)
            if one != defaults[name]:
                data[name] = form.write(one, pool)
        return data

    def read(data: Any, pool: Pool) -> Any:
        return kind(**{key: forms[key].read(one, pool) for key, one in data.items() if key != _IS})

    return Form(write, read)
