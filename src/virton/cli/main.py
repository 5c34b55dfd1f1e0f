"""`virton`: each verb is a module of its own, which is loaded when it is asked for.

Loading them all would take longer than most verbs do.
"""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError
from typer.core import TyperGroup
from typer.main import get_command

from virton import __version__

VERBS = {
    "serve": "Serve the web console.",
    "status": "Show how the cluster's HA is: the page's one line, and its three parts, as text.",
    "resources": "List, add, change, move and remove HA resources; the effect is told before.",
    "rules": "List, add, change and remove affinity rules; the effect is told before.",
    "log": "Tell what happened: from the console's history, or from the nodes' own journals.",
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
    "maintenance": "Plan the maintenance of nodes: who goes where, what cannot, what is borne meanwhile.",
    "why": "Tell why a resource is where it is, why not elsewhere, and what would have to change.",
    "export": "Write resources, rules, fault domains and HA settings as YAML.",
    "plan": "Compare a cluster with what should be: each change, its effect, and what is borne then.",
    "verify": "Try all single and pair losses, splits and fault domains against the file's objectives.",
    "apply": "Make a live cluster what it should be: in the plan's order, and no step after a surprise.",
    "undo": "Undo an apply: what it did, backwards. Never over what somebody else has changed since.",
    "drill": "Hold the redundancy check: forecast, consent of two, the fault, what was measured, a report.",
    "incident": "Draft an incident report: course, outages by resource and group, causes, prevention.",
    "audit": "Verify that nobody has altered the audit; name the first byte that was.",
    "doctor": "Look at everything that the console needs: each line is a finding, with what to do.",
    "backup": "Back up everything that the console keeps into one file, while it runs.",
    "restore": "Bring a backup back into a data folder, after every byte of it was checked.",
}
"""Each verb with the first line of its help: the function `verb` of the module `virton.cli.verb`."""

OLD_NAMES = {"snapshot": "capture"}
"""What verbs were called before: they go on working, and are not listed."""


class Verbs(TyperGroup):
    """Knows every verb by its name and help, and loads the one that is meant."""

    called: list[str]

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the verb that the arguments begin with, loaded, and what is left of them."""
        name, command, rest = super().resolve_command(ctx, args)
        verb = OLD_NAMES.get(str(name), name)
        if verb not in VERBS:
            return name, command, rest
        command = loaded(verb, explained="--help" in rest or not rest)
        self.called = [verb, *(one for one in rest[:1] if one in getattr(command, "commands", ()))]
        return name, command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of all in the operator's language."""
        from virton.cli.help import in_language, texts
        from virton.cli.language import environment_language

        known = texts(environment_language())
        for name, command in self.commands.items():
            command.help = command.short_help = known.get(f"verb.{name}", command.help)
        in_language(self, "virton").format_help(ctx, formatter)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a verb; tell in one line what is wrong with how it was called."""
        from virton.cli.language import choose

        extra["standalone_mode"] = False
        self.called = []
        try:
            code = super().main(*args, **extra)
        except NoArgsIsHelpError as bare:
            typer.echo(bare.message, err=True)
            sys.exit(bare.exit_code)
        except ClickException as wrong:
            sys.exit(_misused(wrong, " ".join(["virton", *self.called])))
        except typer.Abort:
            sys.exit(1)
        except OSError as failure:
            sys.exit(_refused(failure))
        finally:
            choose(None)
        sys.exit(code if isinstance(code, int) else 0)


def _misused(wrong: ClickException, verb: str) -> int:
    """Tell what is wrong; return the exit code."""
    from virton.cli.help import misused

    try:
        misused(wrong, verb)
    except typer.Exit as told:
        return int(told.exit_code)


def _refused(failure: OSError) -> int:
    """Tell which path the system refuses, and why; return the exit code."""
    if not isinstance(failure.filename, str):
        raise failure
    from virton.cli.complaint import complain_of, words_of_failure

    try:
        complain_of("cli.refused", file=failure.filename, why=words_of_failure(failure))
    except typer.Exit as told:
        return int(told.exit_code)


def loaded(name: str, *, explained: bool = True) -> Any:
    """Return a verb as the command that it is; `explained` with its help in the operator's language."""
    module = import_module(f"virton.cli.{name}")
    function = getattr(module, name)
    if isinstance(function, typer.Typer):
        command = get_command(function)
    else:
        alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
        alone.command(name, cls=getattr(module, "COMMAND", None))(function)
        command = get_command(alone)
    if not explained:
        return command
    from virton.cli.help import in_language  # which loads what draws the help

    return in_language(command, name)


app = typer.Typer(
    name="virton",
    cls=Verbs,
    help="High availability of a Proxmox VE cluster: shown, steered and explained.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"virton {__version__}")
        raise typer.Exit


@app.callback()
def virton(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version, and exit."
        ),
    ] = False,
) -> None:
    """Show, steer and explain the high availability of a Proxmox VE cluster."""


def _known_by_name(name: str, words: str, *, hidden: bool = False) -> None:
    @app.command(name, help=words, hidden=hidden)
    def verb() -> None:
        raise AssertionError(f"{name} is loaded before it is run")


for _name, _words in VERBS.items():
    _known_by_name(_name, _words)
for _old, _verb in OLD_NAMES.items():
    _known_by_name(_old, VERBS[_verb], hidden=True)
