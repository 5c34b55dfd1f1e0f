"""Serve a console on a fresh embedded cluster, and have both APIs fuzzed; exit with 1 on any fault."""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.fuzz import documents

ROOT = Path(__file__).parents[2]
PASSWORD = "a password for fuzzing"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "600"))
USER = {"username": "root@pam", "password": PASSWORD}


@dataclass(frozen=True)
class Target:
    """An API, and the headers with which it is asked by somebody who may do everything."""

    name: str
    document: dict[str, Any]
    headers: dict[str, str]


def targets(address: str) -> list[Target]:
    """Log in at both doors."""
    with httpx2.Client(base_url=address, trust_env=False) as http:
        session = http.post("/api/login", json=USER)
        cookie = f"virton_session={session.cookies['virton_session']}"
        ticket = http.post("/api2/json/access/ticket", data=USER).json()["data"]
    console = {"Cookie": cookie, "X-CSRF-Token": session.json()["csrf"]}
    cluster = {
        "Cookie": f"PVEAuthCookie={ticket['ticket']}",
        "CSRFPreventionToken": ticket["CSRFPreventionToken"],
    }
    return [
        Target("console", documents.console(), console),
        Target("embedded", documents.embedded(), cluster),
    ]


def fuzz(target: Target, address: str, folder: Path, seconds: int) -> int:
    """Fuzz one API; return schemathesis' own verdict."""
    path = folder / f"{target.name}.json"
    path.write_text(json.dumps(target.document))
    command = [
        str(ROOT / ".venv-fuzz/bin/st"),
        *("run", str(path), "--url", address, "--checks", "answered_in_words"),
        *("--max-time", str(seconds), "--request-timeout", "30", "--workers", "1"),
        *(
            "--continue-on-failure",
            "--suppress-health-check",
            "all",
            "--phases",
            "coverage,fuzzing",
        ),
        *("--warnings", "off"),
    ]
    for name, value in target.headers.items():
        command += ["--header", f"{name}: {value}"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(ROOT / "tests/fuzz/hooks.py")}
    return subprocess.run(command, env=environment, cwd=folder, check=False).returncode


def served(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Serve a console; return the process and its address."""
    start = "from virton.cli.main import app; app()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "serve", "--port", "0", "--data", str(folder)],
        env=os.environ | {"VIRTON_ADMIN_PASSWORD": PASSWORD, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr").open("w"),
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return process, found[0]
    raise SystemExit("the console did not start: " + (folder / "stderr").read_text())


def main() -> None:
    """Fuzz both APIs, half of the time each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, address = served(folder)
        try:
            verdicts = {
                target.name: fuzz(target, address, folder, SECONDS // 2)
                for target in targets(address)
            }
            alive = process.poll() is None
        finally:
            process.terminate()
            process.wait(20)
        log = (folder / "stderr").read_text()
    print(log[-20_000:])
    tracebacks = log.count("Traceback (most recent call last)")
    print(f"{verdicts}, tracebacks: {tracebacks}, alive at the end: {alive}")
    sys.exit(1 if tracebacks or not alive or any(verdicts.values()) else 0)


if __name__ == "__main__":
    main()
