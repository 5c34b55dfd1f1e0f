"""The help of a verb as plain text: what typer draws of it takes as long to load as the verb itself."""

import inspect
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.cells import cell_len  # a table of widths alone: Korean takes two cells a sign

WIDEST, NAMES, WHOLE = 100, 30, 26
"""Cells of a line; of the column of names, where a longer one takes a line; of a fact kept together."""

GLUE = "\N{NO-BREAK SPACE}"

Rows = Sequence[tuple[str, str]]
Said = Callable[..., str]


def help_page(command: Any, context: Any, said: Said, examples: Sequence[str]) -> str:
    """Return how a verb is called, what it does, what it can be given, and examples."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    parameters = [one for one in command.get_params(context) if not getattr(one, "hidden", False)]
    kinds = ("argument", "option")
    arguments, options = ([one for one in parameters if one.param_type_name == k] for k in kinds)
    below = [one for one in getattr(command, "commands", {}).values() if not one.hidden]
    parts = [
        _usage(command, context, arguments, said),
        "\n\n".join(_paragraphs(command.help or "", width)),
        _table(said("usage.arguments"), [_row(one, context, said) for one in arguments], width),
        _table(said("usage.options"), [_row(one, context, said) for one in options], width),
        _table(said("usage.commands"), [(one.name, one.short_help or "") for one in below], width),
        "\n".join(
            [said("usage.examples"), *(f"  {line}" for line in examples)] if examples else ()
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _usage(command: Any, context: Any, arguments: Sequence[Any], said: Said) -> str:
    words = [context.command_path, said("usage.some_options")]
    words += [_name(one) if one.required else f"[{_name(one)}]" for one in arguments]
    if getattr(command, "commands", None):
        words.append(said("usage.a_command"))
    return said("usage.usage", line=" ".join(words))


def _paragraphs(text: str, width: int) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield "\n".join(_wrapped(paragraph, width))


def _table(heading: str, rows: Rows, width: int) -> str:
    if not rows:
        return ""
    column = max((cell_len(name) for name, _ in rows if cell_len(name) <= NAMES), default=NAMES)
    lines = [f"{heading}:"]
    for name, words in rows:
        first, *rest = _wrapped(words, width - column - 4) or [""]
        room = column - cell_len(name)
        if room < 0:
            lines.append(f"  {name}")
            name, room = "", column
        lines.append(f"  {name}{' ' * room}  {first}".rstrip())
        lines += [f"{' ' * (column + 4)}{line}" for line in rest]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text; only a word that is longer than a line goes beyond it."""
    lines: list[str] = []
    for word in re.findall(r"[^ \n]+", text):
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [line.replace(GLUE, " ") for line in lines]


def _row(parameter: Any, context: Any, said: Said) -> tuple[str, str]:
    facts = [
        fact.replace(" ", GLUE) if cell_len(fact) <= WHOLE else fact
        for fact in _facts(parameter, context, said)
    ]
    return _written(parameter, context), " ".join([parameter.help or "", *facts])


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper()).strip("[]")


def _written(parameter: Any, context: Any) -> str:
    if parameter.param_type_name == "argument":
        return _name(parameter)
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_flag or parameter.count:
        return names
    return f"{names} {parameter.metavar or _value(parameter)}"


_OF_NAMES = {"comment": "TEXT", "data": "DIR", "why": "TEXT"}
_OF_KINDS = {"path": "FILE", "int": "N", "int range": "N", "float": "N", "float range": "N"}


def _value(parameter: Any) -> str:
    """Return what follows an option, where it has no word of its own for that."""
    if hasattr(parameter.type, "choices"):
        return "|".join(str(getattr(one, "value", one)) for one in parameter.type.choices)
    name = str(parameter.name)
    return _OF_NAMES.get(name) or _OF_KINDS.get(parameter.type.name) or name.upper()


def _facts(parameter: Any, context: Any, said: Said) -> Iterator[str]:
    """Yield what else is to be known: bounds, the variable read instead, what holds if nothing is said."""
    bounds = getattr(parameter.type, "min", None), getattr(parameter.type, "max", None)
    if bounds != (None, None):
        low, high = ("" if bound is None else f"{bound:g}" for bound in bounds)
        yield f"[{low}..{high}]"
    if parameter.envvar and parameter.show_envvar:
        yield said("usage.envvar", name=parameter.envvar)
    shown = parameter.show_default
    default = shown if isinstance(shown, str) else parameter.get_default(context, call=False)
    if shown and default not in (None, False, "", (), []):
        yield said("usage.default", value=getattr(default, "value", default))
    if parameter.required:
        yield said("usage.required")
