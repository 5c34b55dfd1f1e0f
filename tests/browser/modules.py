"""A module of the page by itself, for tests that ask it questions."""

import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
sys.path.insert(0, str(WEB))
from build_page import commands  # noqa: E402


def module(path: str) -> str:
    """Return a script that holds a module of the page, and all that it imports, as `asked`."""
    node, _npm = commands()
    esbuild = WEB / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=iife", "--global-name=asked"]
    done = subprocess.run(
        [*node, str(esbuild), str(WEB / path), *options], capture_output=True, text=True, check=True
    )
    return done.stdout
