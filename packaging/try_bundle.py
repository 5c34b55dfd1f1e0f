"""Try the one-file bundle without a network: `python packaging/try_bundle.py OUT`."""

import subprocess
import sys
import tempfile
from pathlib import Path


def main(out: Path) -> None:
    """Run it in a namespace without any network, from a home that is empty."""
    [bundle] = out.glob("virton-*-linux-x86_64.run")
    with tempfile.TemporaryDirectory() as home:
        alone = ["unshare", "--net", "env", "-i", "PATH=/usr/bin:/bin", f"HOME={home}", "LANG=en"]
        done = subprocess.run(
            [*alone, bundle, "--version"], capture_output=True, text=True, check=True
        )
        print(f"  {bundle.name}: {done.stdout.strip()}")
        looked = [*alone, str(bundle), "doctor", "--data", home]
        print(subprocess.run(looked, capture_output=True, text=True, check=True).stdout)
        damaged = Path(home) / "damaged.run"
        damaged.write_bytes(bundle.read_bytes()[:-1] + b"?")
        again = [*alone, f"VIRTON_HOME={home}/other", "sh", str(damaged), "--version"]
        refused = subprocess.run(again, capture_output=True, text=True, check=False)
        assert refused.returncode == 1 and "damaged" in refused.stderr, refused  # noqa: PT018, S101
        print("  a damaged one is refused")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
