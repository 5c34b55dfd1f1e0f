"""Before any test: the page is built as its sources are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

os.environ["LANG"] = "en_US.UTF-8"  # in which verbs answer, whoever runs the tests

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "web"))
import build_page as page  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Build the page where it is missing or older than its sources; once, not in each worker."""
    if hasattr(config, "workerinput") or page.is_fresh():
        return
    subprocess.run([sys.executable, str(ROOT / "web" / "build_page.py")], check=True)
