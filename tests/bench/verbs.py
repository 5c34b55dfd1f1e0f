"""What a verb of the command line costs: CPU time from its start to its end, beside a bare Python's."""

import os
import resource
import subprocess
import sys
from pathlib import Path

from virton.cli.main import VERBS

SCENARIO = Path(__file__).parents[1] / "simulation/scenarios/no-node-for-a-balanced-start.json"
RUN = ("-c", "from virton.cli.main import app; app()")
TIMES = 5
"""The least of so many runs is taken: others on the machine only ever add."""


def main() -> None:
    """Print CPU milliseconds of each verb's help, and of short plays, and how often a bare Python's."""
    bare = cpu_ms("-c", "pass")
    print(f"verbs: CPU of a bare Python {bare:.0f} ms; of a verb's help, and of short plays:")
    called = [("--version",), ("--help",), *((verb, "--help") for verb in VERBS)]
    called += [("simulate", str(SCENARIO)), ("explain", str(SCENARIO), "--resource", "vm:101")]
    called += [("why", "vm:101", str(SCENARIO)), ("forecast", str(SCENARIO))]
    for arguments in called:
        took = cpu_ms(*RUN, *arguments)
        words = " ".join(word for word in arguments if word != str(SCENARIO))
        print(f"  {words:<26} {took:5.0f} ms  {took / bare:5.1f} x")


def cpu_ms(*arguments: str) -> float:
    """Return the least CPU time that Python takes with these arguments, compiled before."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return min(_once(command, environment) for _ in range(TIMES + 1))


def _once(command: list[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3
