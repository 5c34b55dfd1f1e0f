"""A verb of the command line loads what it needs and nothing of the console's, so that it starts at once."""

import inspect
import json
import subprocess
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

from virton.cli.main import VERBS, app

HEAVY = {"pydantic", "starlette", "httpx2", "uvicorn", "sqlalchemy", "alembic", "jinja2", "asyncio"}
MODULES = """
import json, sys
from virton.cli.main import app
try:
    app(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def modules_of(*arguments: str) -> list[str]:
    """Return the modules that are loaded when a verb has done its work."""
    command = [sys.executable, "-c", MODULES, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    modules = json.loads(done.stderr.splitlines()[-1])
    assert isinstance(modules, list)
    return modules


def heavy(modules: list[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules} & HEAVY


def test_the_help_of_all_loads_no_verb() -> None:
    modules = modules_of("--help")
    assert heavy(modules) == set()
    mine = {m.removeprefix("virton.cli.") for m in modules if m.startswith("virton.cli.")}
    assert mine == {"main", "help", "help_page", "language", "complaint", "terminal"}


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_all_says_of_a_verb_what_its_own_help_says(verb: str) -> None:
    function = getattr(import_module(f"virton.cli.{verb}"), verb)
    words = getattr(function, "info", function)  # a verb with verbs of its own
    told = getattr(words, "help", None) or inspect.getdoc(words) or ""
    assert VERBS[verb] == " ".join(told.split("\n\n")[0].split())
    wide = {"COLUMNS": "200", "LANG": "en"}
    assert VERBS[verb][:60] in CliRunner().invoke(app, [verb, "--help"], env=wide).output
    assert verb in CliRunner().invoke(app, ["--help"], env=wide).output
