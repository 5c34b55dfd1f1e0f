"""The commands of the README, as they stand there but for the port."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import PASSWORD, PATIENCE_S, ROOT, Served

README_PORT = "127.0.0.1:8006"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(readme: str, program: str) -> str:
    """Return the one code block of a README in which a program meets the cluster's API."""
    text = (ROOT / readme).read_text()
    blocks = [code for _, code in BLOCK.findall(text) if README_PORT in code and program in code]
    assert len(blocks) == 1, f"{readme} shows {program} {len(blocks)} times"
    return blocks[0]


def output_of(cluster: Served, *command: str) -> str:
    environment = {**cluster.environment, "VIRTON_ADMIN_PASSWORD": PASSWORD}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_curl_asks_for_the_status_as_the_readme_says(readme: str, cluster: Served) -> None:
    commands = block(readme, "curl").replace(README_PORT, f"127.0.0.1:{cluster.port}")
    told = output_of(cluster, "bash", "-euc", commands)
    assert '"id":"quorum"' in told
    assert '"id":"service:vm:100"' in told


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_proxmoxer_lists_the_resources_as_the_readme_says(
    readme: str, cluster: Served, tmp_path: Path
) -> None:
    program = tmp_path / "readme.py"
    code = block(readme, "proxmoxer").replace(README_PORT, f"127.0.0.1:{cluster.port}")
    program.write_text(code)
    assert "vm:100 started" in output_of(cluster, sys.executable, str(program))
