"""Build what an operator installs: `python packaging/build.py OUT` (wheel, Debian packages, bundle, lists)."""

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import bundle as one_file
import supply

ROOM = Path(__file__).resolve().parent
ROOT = ROOM.parent
sys.path.insert(0, str(ROOT / "docs"))
import build_manual  # noqa: E402  (which stands beside the manual)

EPOCH = "1767225600"
"""The time that everything in a package is said to be of, so that the same source gives the same bytes."""
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


@dataclass(frozen=True, slots=True)
class Release:
    """A release of Debian, and the Python that it has."""

    name: str
    python: tuple[int, int]


RELEASES = (Release("deb12", (3, 11)), Release("deb13", (3, 13)))


def run(*command: str | Path, **environment: str) -> None:
    """Run a command; stop where it fails."""
    told = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, **environment}
    subprocess.run([str(word) for word in command], check=True, env=told)


def pip(*arguments: str | Path) -> None:
    """Run pip, quietly."""
    run(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def wheel(out: Path) -> Path:
    """Build the wheel, with the page and the manual in it."""
    pip("wheel", "--no-deps", "--wheel-dir", out, ROOT)
    return next(out.glob("virton_ha-*.whl"))


def site(folder: Path, built: Path, python: tuple[int, int]) -> None:
    """Lay out the console and all that it needs for one Python, from pinned hashes."""
    version, tag = ".".join(map(str, python)), f"cp{python[0]}{python[1]}"
    wanted = [word for name in PLATFORMS for word in ("--platform", name)]
    common = ["install", "--target", folder, "--no-deps", "--no-compile", "--only-binary=:all:"]
    aim = ["--python-version", version, "--implementation", "cp", "--abi", tag, "--abi", "abi3"]
    needs = ["--abi", "none", "--require-hashes", "-r", ROOT / "requirements" / "run.txt"]
    pip(*common, *wanted, *aim, *needs)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    pip(*common, built)
    shutil.rmtree(folder / "bin", ignore_errors=True)


def settle(folder: Path) -> None:
    """Give every file the same time and plain rights, whoever builds."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink():
            continue
        runs = path.is_dir() or os.access(path, os.X_OK)
        path.chmod(0o755 if runs else 0o644)
        os.utime(path, (int(EPOCH), int(EPOCH)))


def deb(out: Path, laid: Path, version: str, release: Release, work: Path) -> Path:
    """Build the package of one release of Debian."""
    tree = work / f"deb-{release.name}-{version}"
    usr = tree / "usr"
    shutil.copytree(laid, usr / "lib" / "virton" / "site")
    _put(ROOM / "virton", usr / "bin" / "virton")
    _put(ROOM / "systemd" / "virton.service", usr / "lib" / "systemd" / "system" / "virton.service")
    _put(ROOM / "virton.toml", tree / "etc" / "virton" / "virton.toml")
    documents = usr / "share" / "doc" / "virton-ha"
    _put(ROOM / "debian" / "copyright", documents / "copyright")
    for name in ("licences.txt", "sbom.json"):
        if (out / name).exists():
            _put(out / name, documents / name)
    log = gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0)
    (documents / "changelog.gz").write_bytes(log)
    _completion(usr / "share" / "bash-completion" / "completions" / "virton")
    _control(tree / "DEBIAN", version, release, sum(_size(path) for path in tree.rglob("*")))
    settle(tree)
    package = out / f"virton-ha_{version}~{release.name}_amd64.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, package)
    return package


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _completion(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text((ROOM / "completion.bash").read_text())


def _control(folder: Path, version: str, release: Release, size: int) -> None:
    folder.mkdir()
    low, high = release.python, (release.python[0], release.python[1] + 1)
    text = (
        (ROOM / "debian" / "control.in")
        .read_text()
        .format(
            version=f"{version}~{release.name}",
            size=size // 1024,
            low=".".join(map(str, low)),
            high=".".join(map(str, high)),
        )
    )
    (folder / "control").write_text(text)
    (folder / "conffiles").write_text("/etc/virton/virton.toml\n")
    for name in ("postinst", "prerm", "postrm"):
        _put(ROOM / "debian" / name, folder / name)


def bundle(out: Path, laid: dict[Release, Path], version: str, work: Path) -> Path:
    """Build one file that runs wherever there is a Python of a known release: for no network at all."""
    tree = work / "bundle"
    for release, folder in laid.items():
        shutil.copytree(folder, tree / f"cp{release.python[0]}{release.python[1]}")
    settle(tree)
    target = out / f"virton-{version}-linux-x86_64.run"
    one_file.write(tree, target, int(EPOCH))
    return target


def main() -> None:
    """Build what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("out", type=Path)
    asked.add_argument("--only", choices=("wheel", "deb", "bundle"))
    asked.add_argument("--release", choices=[release.name for release in RELEASES])
    asked.add_argument("--version", help="call the Debian package so (to try an upgrade)")
    chosen = asked.parse_args()
    if lacking := build_manual.lacking_pictures():
        sys.exit(f"the manual lacks photographs (make photographs): {', '.join(lacking)}")
    out = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    version = (
        chosen.version or tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    )
    built = wheel(out)
    made = [built]
    laid: dict[Release, Path] = {}
    for release in RELEASES:
        if chosen.only != "wheel" and chosen.release in (None, release.name):
            laid[release] = work / f"site-{release.name}"
            site(laid[release], built, release.python)
    for folder in [*laid.values()][:1]:
        supply.write(folder, out)
    if chosen.only in (None, "deb"):
        made += [deb(out, folder, version, release, work) for release, folder in laid.items()]
    if chosen.only in (None, "bundle"):
        made.append(bundle(out, laid, version, work))
    shutil.rmtree(work)
    for path in made:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{digest}  {path.name}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
