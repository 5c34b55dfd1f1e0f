"""A served embedded cluster for clients that are not ours, which run in an environment of their own.

`make test-clients` runs these tests; `VIRTON` names the program to serve with.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VIRTON = os.environ.get("VIRTON", str(ROOT / ".venv/bin/virton"))
PASSWORD = "a password for tests"
PATIENCE_S = 60
ANNOUNCED = re.compile(r"HTTPS +https://\S+:(\d+)\nCertificate +(.+)\nSHA-256 +(\S+)\n")


@dataclass(frozen=True, slots=True)
class Served:
    """Where a cluster is served over HTTPS, and with which certificate."""

    home: Path
    port: int
    certificate: Path
    fingerprint: str

    @property
    def url(self) -> str:
        """Return the address."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment for a client: it trusts this certificate and no other."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "REQUESTS_CA_BUNDLE": str(self.certificate),
            "PROXMOX_HOST": "127.0.0.1",
            "PROXMOX_PORT": str(self.port),
            "PROXMOX_USER": "root@pam",
            "PROXMOX_PASSWORD": PASSWORD,
            "PROXMOX_VALIDATE_CERTS": "true",
        }


@contextmanager
def served(home: Path) -> Iterator[Served]:
    """Serve the embedded cluster of a user whose home it is, until the block ends."""
    command = [VIRTON, "serve", "--port", "0", "--https-port", "0"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONUNBUFFERED": "1",
        "LANG": "en_US.UTF-8",
        "VIRTON_ADMIN_PASSWORD": PASSWORD,
    }
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield _announced(home, process)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def _announced(home: Path, process: subprocess.Popen[str]) -> Served:
    """Return what the program prints once it listens; the fingerprint comes last."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        found = ANNOUNCED.search(printed)
        if found:
            return Served(home, int(found[1]), Path(found[2]), found[3])
    pytest.fail(f"virton serve ended with {process.wait()}: {printed}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve one fresh embedded cluster to all tests; each tidies up after itself."""
    with served(tmp_path_factory.mktemp("home")) as it:
        yield it


@dataclass(frozen=True, slots=True)
class Ansible:
    """Runs modules of community.proxmox on this machine against a served cluster."""

    cluster: Served
    folder: Path

    def play(self, *tasks: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run tasks in one playbook, and return each one's result, whether it failed or not."""
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "ignore_errors": True,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": tasks,
        }
        playbook = self.folder / "playbook.json"
        playbook.write_text(json.dumps([play]))
        told = json.loads(self.run("ansible-playbook", "-i", "localhost,", str(playbook)))
        return [task["hosts"]["localhost"] for task in told["plays"][0]["tasks"]]

    def run(self, *command: str) -> str:
        """Run one of Ansible's commands and return what it prints."""
        environment = {
            **self.cluster.environment,
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        }
        done = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def ansible(cluster: Served, tmp_path: Path) -> Ansible:
    """Return Ansible, aimed at the cluster."""
    return Ansible(cluster, tmp_path)
