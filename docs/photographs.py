"""Take the photographs that the manual shows, where they are not of this page: `python docs/photographs.py`.

The browser tests take them (`make photographs` takes all): only the sights that are shown are reached here.
"""

import os
import subprocess
import sys
from pathlib import Path

import build_manual as manual

SIGHTS = ("tests/browser/test_scenes.py", "tests/browser/test_photographs.py")
PAGE = manual.ROOT / "src" / "virton" / "console" / "static" / "manifest.json"


def main() -> None:
    """Take what is lacking or older than the page; fail where one cannot be had."""
    if lacking := stale():
        sights = sorted({name.rpartition("-")[0] for name in lacking})
        wanted = " or ".join(f"[{sight}-" for sight in sights)
        print(f"Taking {len(sights)} photographs of the page for the manual.", flush=True)
        told = {**os.environ, "VIRTON_PHOTOGRAPHS": "1"}
        pytest = [sys.executable, "-m", "pytest", "-q", "-n", "auto", *SIGHTS, "-k", wanted]
        subprocess.run(pytest, cwd=manual.ROOT, env=told, check=True)  # noqa: S603  (of our own)
    if lacking := stale():
        sys.exit(f"the manual lacks photographs: {', '.join(lacking)}")


def stale() -> list[str]:
    """Return the names of the photographs that are not there, or older than the built page."""
    built_at = PAGE.stat().st_mtime
    found = {name: manual.PICTURES / f"{name}.png" for name in map(_stem, manual.pictures())}
    return [n for n, path in found.items() if not path.exists() or path.stat().st_mtime < built_at]


def _stem(name: str) -> str:
    return Path(name).stem


if __name__ == "__main__":
    main()
