"""What a verb of the command line loads: nothing that it does not need, so that it starts at once."""

import subprocess
import sys
from pathlib import Path

import pytest

SCENARIO = Path(__file__).parents[1] / "simulation/scenarios/no-node-for-a-balanced-start.json"

_RUN = """
import contextlib, io, sys
from virton.cli.main import VERBS, app

HEAVY = (
    "asyncio http ssl email httpx2 pydantic starlette uvicorn sqlalchemy alembic cryptography "
    "jinja2 prometheus_client aiosmtplib argon2 rich.markdown pygments"
).split()
SERVING = ("virton.console", "virton.embedded", "virton.notify", "virton.story.")
WORDS = ("virton.story.commands",)  # which are a few names

def run(*typed):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        app(list(typed))
    loaded = [name for name in HEAVY if name in sys.modules]
    loaded += [name for name in sys.modules if name.startswith(SERVING) and name not in WORDS]
    assert not loaded, (typed, loaded)

"""

_PLAYED = """
FILE = sys.argv[1]
run("simulate", FILE)
run("explain", FILE, "--resource", "vm:101")
run("forecast", FILE)
run("tolerance", FILE)
run("why", "vm:101", FILE)
run("audit", "verify", "--data", "/nonexistent")
assert len(sys.modules) < 420

made = [
    kind
    for name, module in sorted(sys.modules.items())
    if name.startswith(("virton.ha", "virton.simulation"))
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == name
]
dear = [k.__qualname__ for k in made if getattr(k, "__dataclass_params__", None) and k.__dataclass_params__.frozen]
assert len(made) > 200
assert not dear, f"made when they are imported, not with @frozen: {dear}"
"""


_HELPED = """
HEAVY += ["rich.console", "rich.text", "rich.markup", "typer.rich_utils"]
MODEL = ("virton.forecast", "virton.simulation", "virton.ha.placement", "virton.ha.manager", "virton.ha.events")
BELOW = [("resources", "change"), ("rules", "add"), ("resources", "list"), ("audit", "verify")]
for verb in [(), *((one,) for one in VERBS), *BELOW]:
    run(*verb, "--help")
    model = [name for name in sys.modules if name.startswith(MODEL)]
    assert not model, (verb, model)
"""


@pytest.mark.parametrize("played", [_PLAYED, _HELPED], ids=["verbs", "help"])
def test_a_verb_loads_neither_the_server_nor_an_http_client_nor_makes_what_it_does_not_use(
    played: str,
) -> None:
    command = [sys.executable, "-c", _RUN + played, str(SCENARIO)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
