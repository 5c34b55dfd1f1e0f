"""`virton`: each verb is a module of its own, which is loaded when it is asked for.

Loading them all would take longer than most verbs do.
"""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

VERBS = {
    "serve": "Serve the web console.",
    "capture": "Capture a cluster into one file, which is played on from where the cluster stands.",
    "simulate": (
        "Play a scenario file, or a captured world, and tell what happens, second by second."
    ),
    "explain": (
        "Tell where a resource of a scenario is, why there and on no other node, and since when."
    ),
    "forecast": (
        "Tell what becomes of every resource; with nothing chosen, what the stack does by itself."
    ),
    "tolerance": "Try every node, and say what would come back, what would not, and why.",
    "export": "Write resources, rules, fault domains and HA settings as YAML.",
    "plan": "Compare a cluster with what should be: each change, its effect, and what is borne then.",
    "audit": "Verify that nobody has altered the audit; name the first byte that was.",
    "doctor": "Look at everything that the console needs: each line is a finding, with what to do.",
    "why": "Tell why a resource is where it is, why not elsewhere, and what would have to change.",
}
"""Each verb with the first line of its help: the function `verb` of the module `virton.cli.verb`."""

OLD_NAMES = {"snapshot": "capture"}
"""What verbs were called before: they go on working, and are not listed."""


class Verbs(TyperGroup):
    """Knows every verb by its name and help, and loads the one that is meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the verb that the arguments begin with, loaded, and what is left of them."""
        name, command, rest = super().resolve_command(ctx, args)
        verb = OLD_NAMES.get(str(name), name)
        return name, loaded(verb) if verb in VERBS else command, rest


def loaded(name: str) -> Any:
    """Return a verb as the command that it is."""
    module = import_module(f"virton.cli.{name}")
    alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
    alone.command(name, cls=getattr(module, "COMMAND", None))(getattr(module, name))
    return get_command(alone)


app = typer.Typer(
    name="virton",
    cls=Verbs,
    help="High availability of a Proxmox VE cluster: shown, steered and explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def virton() -> None:
    """Show, steer and explain the high availability of a Proxmox VE cluster."""


def _known_by_name(name: str, words: str, *, hidden: bool = False) -> None:
    @app.command(name, help=words, hidden=hidden)
    def verb() -> None:
        raise AssertionError(f"{name} is loaded before it is run")


for _name, _words in VERBS.items():
    _known_by_name(_name, _words)
for _old, _verb in OLD_NAMES.items():
    _known_by_name(_old, VERBS[_verb], hidden=True)
