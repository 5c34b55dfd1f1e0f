"""The help of the verbs in the operator's language, with examples; and wrong use told in one line."""

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from typer._click import exceptions as misuse
from typer._click.core import Context

from virton.cli.complaint import complain
from virton.cli.help_page import help_page
from virton.cli.language import answered_in, environment_language, printable

CATALOGUES = Path(__file__).parents[1] / "language" / "catalogue"

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "apply": ("virton apply desired.yaml --proxmox URL --user root@pam --why 'a new rack'",),
    "audit": ("virton audit verify",),
    "backup": ("virton backup", "virton backup --out /srv/virton.tar.gz"),
    "capture": ("virton capture --proxmox URL --user root@pam --out cluster.json",),
    "export": ("virton export --proxmox URL --user root@pam",),
    "plan": ("virton plan desired.yaml --proxmox URL --user root@pam",),
    "drill": (
        "virton drill --form check.yaml --lose pve2 --proxmox URL --user root@pam --out check",
    ),
    "doctor": ("virton doctor", "virton doctor --outside https://portal.example/ha"),
    "explain": ("virton explain scenario.json --resource vm:101 --at 30",),
    "forecast": (
        "virton forecast cluster.json --lose pve3",
        "virton forecast --proxmox URL --user root@pam --maintenance pve2",
    ),
    "incident": ("virton incident --form check.yaml --out incident.html",),
    "log": (
        "virton log --since 2d --whom vm:100",
        "virton log --proxmox URL --user root@pam --since 2h",
    ),
    "maintenance": ("virton maintenance cluster.json --node pve1 --node pve2",),
    "resources": (
        "virton resources list",
        "virton resources change vm:100 --max-restart 3 --user root@pam",
    ),
    "restore": ("virton restore /srv/virton.tar.gz --data /var/lib/virton",),
    "rules": (
        "virton rules list",
        "virton rules add web-apart --affinity negative --resources vm:100,vm:101 --user root@pam",
        "virton rules add on-fast --nodes pve1:2,pve2 --resources vm:100 --user root@pam",
    ),
    "serve": ("virton serve", "virton serve --proxmox https://pve1.example:8006"),
    "simulate": ("virton simulate scenario.json",),
    "status": ("virton status", "virton status --watch", "virton status --json"),
    "undo": ("virton undo --proxmox URL --user root@pam",),
    "verify": ("virton verify desired.yaml cluster.json",),
    "tolerance": ("virton tolerance cluster.json --require 1",),
    "why": ("virton why vm:100 cluster.json",),
}
"""How each verb is called; the manual and the tests call them, too."""


@cache
def texts(locale: str) -> Mapping[str, str]:
    """Return the texts about the command line itself; of the options only what is not English."""
    names = [f"usage.{locale}.json", f"help.{locale}.json"]
    found = [path for name in names if (path := CATALOGUES / name).is_file()]
    return {key: text for path in found for key, text in _read(path).items()}


def _read(path: Path) -> dict[str, str]:
    read: dict[str, str] = json.loads(path.read_text("utf-8"))
    return read


def said(key: str, **fields: Any) -> str:
    """Return a text in the language of the answer, filled in."""
    return texts(answered_in()).get(key, key).format(**fields)


def in_language(command: Any, verb: str) -> Any:
    """Return a verb with its help in the language of the environment, and with its examples."""
    known = texts(environment_language())
    command.help = known.get(f"verb.{verb}", command.help)
    command.short_help = known.get(f"verb.{verb}", command.short_help)
    if (option := command.get_help_option(Context(command))) is not None:
        option.help = said("usage.this_help")
    for param in command.params:
        keys = (f"option.{verb}.{param.name}", f"option.{param.name}")
        param.help = next((known[key] for key in keys if key in known), getattr(param, "help", ""))
        if (default := known.get(f"default.{verb}.{param.name}")) is not None:
            param.show_default = default
    for name, below in sorted(getattr(command, "commands", {}).items()):
        in_language(below, f"{verb}.{name}")
    examples = EXAMPLES.get(verb, ())
    command.format_help = lambda context, page: page.write(
        help_page(command, context, said, examples)
    )
    return command


def lacking(command: Any, verb: str, locale: str) -> Iterator[str]:
    """Yield what of a verb's help there is no text for in a language."""
    known = texts(locale)
    if f"verb.{verb}" not in known:
        yield f"verb.{verb}"
    for param in command.params:
        keys = (f"option.{verb}.{param.name}", f"option.{param.name}")
        if not any(key in known for key in keys):
            yield keys[0]
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from lacking(below, f"{verb}.{name}", locale)


def misused(wrong: misuse.ClickException, verb: str) -> NoReturn:
    """Tell in one line what is wrong with how `verb` was called, and exit."""
    context = getattr(wrong, "ctx", None)
    path = context.command_path if context else verb
    complain(printable(_problem(wrong)), said("usage.help", command=path), wrong.exit_code)


def _problem(wrong: misuse.ClickException) -> str:
    match wrong:
        case misuse.NoSuchOption():
            near = difflib.get_close_matches(wrong.option_name, wrong.possibilities or (), 1)
            meant = said("usage.meant", near=near[0]) if near else ""
            return said("usage.no_option", option=wrong.option_name) + meant
        case misuse.BadOptionUsage() if "does not take a value" in wrong.message:
            return said("usage.takes_none", option=wrong.option_name)
        case misuse.BadOptionUsage():
            return said("usage.no_value", option=wrong.option_name)
        case misuse.MissingParameter():
            return said("usage.missing", option=_name(wrong.param))
        case misuse.BadParameter():
            return f"{_name(wrong.param)}: {_what_would_be_right(wrong)}"
        case _ if wrong.message.startswith("No such command"):
            return said("usage.no_verb", verb=_quoted(wrong.message))
        case _ if "unexpected extra argument" in wrong.message:
            return said("usage.extra", words=wrong.message.rpartition("(")[2].rstrip(")"))
        case _:
            return said("usage.not_understood")


def _name(param: Any) -> str:
    if param is None:
        return "virton"
    if param.param_type_name == "argument":
        return str(param.make_metavar(None) if param.metavar is None else param.metavar)
    return str(max(param.opts, key=len))


def _what_would_be_right(wrong: misuse.BadParameter) -> str:
    kind: Any = wrong.param.type if wrong.param else None
    word = getattr(kind, "name", "")
    if word in ("int range", "float range"):
        key = f"usage.{word.replace(' ', '_')}"
        if kind.max is None:
            return said(f"{key}.from", low=f"{kind.min:g}")
        return said(key, low=f"{kind.min:g}", high=f"{kind.max:g}")
    if word in ("int", "float"):
        return said(f"usage.{word}")
    if hasattr(kind, "choices"):
        return said(
            "usage.choice", choices=", ".join(str(getattr(c, "value", c)) for c in kind.choices)
        )
    if word == "path":
        return said("usage.path")
    return said("usage.not_a_value")


def _quoted(message: str) -> str:
    return message.partition("'")[2].partition("'")[0]
