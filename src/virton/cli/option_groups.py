"""Options that several verbs have alike: a verb takes what they say together as one value."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, get_args


@dataclass(frozen=True)
class MadeOf:
    """Stands in the annotation of a value that `make` makes of its own parameters, which are options."""

    make: Callable[..., Any]


def with_groups(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of its values, each group in the place of the value made of it."""
    own = inspect.signature(verb).parameters
    groups = {name: made for name, one in own.items() if (made := _made_of(one)) is not None}
    parts = {name: inspect.signature(made.make).parameters for name, made in groups.items()}
    options: dict[str, inspect.Parameter] = {}
    for name, one in own.items():
        options |= parts.get(name, {name: one})

    @wraps(verb)
    def called(**given: Any) -> None:
        values = {
            name: made.make(**{part: given[part] for part in parts[name]})
            for name, made in groups.items()
        }
        verb(**{name: given[name] for name in own if name not in groups}, **values)

    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in options.values()]
    vars(called)["__signature__"] = inspect.Signature(keywords)
    called.__annotations__ = {}
    return called


def _made_of(parameter: inspect.Parameter) -> MadeOf | None:
    metadata = get_args(parameter.annotation)[1:]
    return next((one for one in metadata if isinstance(one, MadeOf)), None)
