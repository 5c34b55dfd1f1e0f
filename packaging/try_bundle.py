"""Try the one-file bundle without a network, and the wheel as pipx installs it: `python packaging/try_bundle.py OUT`.

It needs Debian's package pipx.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from of_manual import of_manual

PLAIN = ["env", "-i", "PATH=/usr/bin:/bin", "LANG=en"]


def serves(command: list[str], home: str, at: Path) -> None:
    """Serve until the console is announced, then end it."""
    whole = [*PLAIN, f"HOME={home}", *command, "--port", "0", "--data", f"{home}/data"]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, text=True, cwd=at) as console:
        assert console.stdout is not None  # noqa: S101
        assert any("http://" in line for line in console.stdout), "the console comes up"  # noqa: S101
        console.terminate()


def bundle(out: Path) -> None:
    """Run the file in a namespace without any network, from a home that is empty."""
    [file] = out.glob("virton-*-linux-x86_64.run")
    with tempfile.TemporaryDirectory() as home:
        alone = ["unshare", "--net", *PLAIN, f"HOME={home}"]
        done = subprocess.run(
            [*alone, file, "--version"], capture_output=True, text=True, check=True
        )
        print(f"  {file.name}: {done.stdout.strip()}")
        looked = [*alone, str(file), "doctor", "--data", home]
        print(subprocess.run(looked, capture_output=True, text=True, check=True).stdout)
        version = file.name.split("-")[1]
        serves(of_manual("./virton-VERSION-linux-x86_64.run serve", VERSION=version), home, out)
        damaged = Path(home) / "damaged.run"
        damaged.write_bytes(file.read_bytes()[:-1] + b"?")
        again = [*alone, f"VIRTON_HOME={home}/other", "sh", str(damaged), "--version"]
        refused = subprocess.run(again, capture_output=True, text=True, check=False)
        assert refused.returncode == 1 and "damaged" in refused.stderr, refused  # noqa: PT018, S101
        print("  it serves; a damaged one is refused")


def wheel(out: Path) -> None:
    """Install the wheel as an operator does, into a home that is empty."""
    [file] = out.glob("virton_ha-*.whl")
    version = file.name.split("-")[1]
    line = of_manual("pipx install ./virton_ha-VERSION-py3-none-any.whl", VERSION=version)
    with tempfile.TemporaryDirectory() as home:
        where = [f"PIPX_HOME={home}/pipx", f"PIPX_BIN_DIR={home}/bin"]
        subprocess.run(["env", *where, *line], check=True, cwd=out, capture_output=True)
        told = subprocess.run([f"{home}/bin/virton", "--version"], capture_output=True, text=True)
        assert told.stdout == f"virton {version}\n", told  # noqa: S101
        serves([f"{home}/bin/virton", *of_manual("virton serve")[1:]], home, out)
        print(f"  {file.name}: installed by pipx, serves")


def main(out: Path) -> None:
    """Try both."""
    bundle(out)
    wheel(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
