"""Try the Debian package where systemd runs: `python packaging/try_packages.py OUT [--release deb12]`.

In a fresh root of the release, booted in namespaces of its own: install, start, log in, upgrade from a
version before with a history of a million happenings, back up, restore into a second root, remove, purge.
It needs root, and Debian's packages mmdebstrap, systemd-container and util-linux.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from of_manual import of_manual

ROOM = Path(__file__).resolve().parent
SUITES = {"deb12": "bookworm", "deb13": "trixie"}
INSIDE = "python3,ca-certificates,systemd,systemd-sysv,dbus,adduser,curl"
PASSWORD = "a password to try it with"  # noqa: S105  (of a root that is thrown away)
MANY = 1_000_000
EXPOSURE = 2.0
STOPS_WITHIN_S = 2.0
PATIENCE_S = 240
AT = "http://127.0.0.1:8080"
UNIT = "virton.service"


class Root:
    """A booted root."""

    def __init__(self, folder: Path, leader: int) -> None:
        self.folder = folder
        self._leader = leader

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in it; return what it prints."""
        inside = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
        told = ["nsenter", "-a", "-t", str(self._leader), *inside, *command]
        done = subprocess.run(told, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def log_in(self) -> None:
        """Log in at the console."""
        body = json.dumps({"username": "root@pam", "password": PASSWORD})
        told = self._asked(
            "-X", "POST", "-H", "content-type: application/json", "-d", body, at="/api/login"
        )
        assert json.loads(told)["user"] == "root@pam", told  # noqa: S101

    def history(self) -> int:
        """Return how many happenings a page of the history has."""
        return len(json.loads(self._asked(at="/api/history?limit=200"))["rows"])

    def _asked(self, *arguments: str, at: str) -> str:
        jar = ("-b", "/root/jar", "-c", "/root/jar")
        return self.run("curl", "-sS", "--fail", *jar, *arguments, f"{AT}{at}")


@contextmanager
def booted(packed: Path, folder: Path) -> Iterator[Root]:
    """Unpack a root and boot it; end it and delete it afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-xf", packed, "-C", folder, "--exclude=./dev"], check=True)
    (folder / "dev").mkdir(exist_ok=True)
    drop_in = folder / "etc/systemd/system/virton.service.d"
    drop_in.mkdir(parents=True)
    (drop_in / "try.conf").write_text(
        f'[Service]\nEnvironment="VIRTON_ADMIN_PASSWORD={PASSWORD}"\n'
    )
    boot = ["systemd-nspawn", "-q", "-D", str(folder), "--boot", "--private-network"]
    quiet = ["--register=no", "--keep-unit", "--console=pipe"]
    machine = subprocess.Popen(
        [*boot, *quiet],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Root(folder, _leader(machine.pid))
    finally:
        machine.terminate()
        machine.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _leader(pid: int, within_s: float = 240) -> int:
    """Return the process that is number one inside, once it has come up."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            asked = ["nsenter", "-a", "-t", child, "systemctl", "is-system-running"]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            if done.stdout.strip() in ("running", "degraded"):
                return int(child)
        time.sleep(0.5)
    sys.exit("the root does not boot: can this machine run systemd in a namespace?")


def root_of(release: str, out: Path) -> Path:
    """Return a fresh root of a release, packed; it is fetched once."""
    packed = out / f"root-{release}.tar"
    if not packed.exists():
        chosen = ["--variant=minbase", f"--include={INSIDE}", SUITES[release]]
        subprocess.run(["mmdebstrap", "--quiet", *chosen, str(packed)], check=True)
    return packed


def told(words: str, began: float) -> None:
    """Say what was done, and in what time."""
    print(f"  {words}: {time.monotonic() - began:.1f} s", flush=True)


def install(root: Root, package: Path) -> None:
    """Install a package, and wait until the service says that it is ready."""
    shutil.copy(package, root.folder / "root")
    began = time.monotonic()
    version = package.name.split("_")[1]
    line = "apt install ./virton-ha_VERSION~deb12_amd64.deb"
    words = of_manual(line, **{"VERSION~deb12": version, "./": "/root/"})
    root.run(*words[:2], "--yes", "--allow-downgrades", *words[2:])
    root.run("systemctl", "start", UNIT)
    told(f"{package.name} installed and ready", began)
    root.log_in()


def stopped(root: Root) -> None:
    """Stop the service while a stream is open: at once."""
    stream = f"curl -sN -b /root/jar {AT}/api/stream >/root/stream 2>&1 &"
    root.run("sh", "-c", stream)
    deadline = time.monotonic() + PATIENCE_S
    while "event: whole" not in (root.folder / "root/stream").read_text():
        assert time.monotonic() < deadline, "no stream comes"  # noqa: S101
        time.sleep(0.1)
    began = time.monotonic()
    root.run("systemctl", "stop", UNIT)
    took_s = time.monotonic() - began
    assert took_s < STOPS_WITHIN_S, took_s  # noqa: S101
    told("stopped while a stream was open", began)


def upgrade(root: Root, package: Path) -> None:
    """Upgrade with a history of a million happenings in the form of the version before."""
    stopped(root)
    data = root.folder / "var/lib/virton"
    for path in data.glob("history.*"):
        path.unlink()
    subprocess.run(
        [sys.executable, ROOM / "old_history.py", data / "history.sqlite", str(MANY)], check=True
    )
    root.run("chown", "-R", "virton:virton", "/var/lib/virton")
    install(root, package)
    time.sleep(2)
    assert root.history() == 200, "the history of before is found again"  # noqa: S101
    hardened(root)


def hardened(root: Root) -> None:
    """Hold the unit against what systemd says of it."""
    root.run("systemd-analyze", "verify", UNIT)
    line = root.run("systemd-analyze", "security", UNIT).strip().splitlines()[-1]
    exposure = float(next(word for word in line.split() if word[0].isdigit()))
    print(f"  systemd-analyze security: {exposure}")
    assert exposure <= EXPOSURE, line  # noqa: S101
    shown = root.run("systemctl", "show", UNIT, "-p", "Type,User,WatchdogUSec,NRestarts")
    assert "active (running)" in root.run(*of_manual("systemctl status virton"))  # noqa: S101
    root.run(*of_manual("systemctl reload virton"))
    root.run(*of_manual("systemctl restart virton"))
    assert "settings were read again" in root.run(*of_manual("journalctl -u virton"))  # noqa: S101
    print(f"  {' '.join(shown.split())}")


def moved(root: Root, other: Root, package: Path) -> None:
    """Back up in one root while it serves, and restore in the other."""
    began = time.monotonic()
    print(f"  {root.run('virton', 'backup', '--out', '/root/b.tar.gz', '--lang', 'en').strip()}")
    told("backed up while it serves", began)
    install(other, package)
    other.run(*of_manual("systemctl stop virton"))
    shutil.copy(root.folder / "root/b.tar.gz", other.folder / "root/backup.tar.gz")
    began = time.monotonic()
    line = "virton restore backup.tar.gz --replace"
    other.run(*of_manual(line, **{"backup.tar": "/root/backup.tar"}))
    told("restored into a second root", began)
    other.run(*of_manual("systemctl start virton"))
    other.log_in()
    time.sleep(2)
    assert other.history() == 200, "the history came along"  # noqa: S101


def gone(root: Root) -> None:
    """Remove, then purge: nothing stays."""
    root.run("dpkg", "--remove", "virton-ha")
    assert (root.folder / "var/lib/virton/cluster.sqlite").exists(), "removing keeps data"  # noqa: S101
    root.run("dpkg", "--purge", "virton-ha")
    left = [
        p for p in ("var/lib/virton", "etc/virton", "usr/lib/virton") if (root.folder / p).exists()
    ]
    assert left == [], f"purging leaves {left}"  # noqa: S101
    assert "virton" not in root.run("cut", "-d:", "-f1", "/etc/passwd").split()  # noqa: S101
    print("  removed (data kept), purged (nothing left)")


def main() -> None:
    """Try the package of a release."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("out", type=Path)
    asked.add_argument("--release", choices=SUITES, action="append")
    chosen = asked.parse_args()
    out = chosen.out.resolve()
    for release in chosen.release or SUITES:
        print(f"{release}:")
        packed = root_of(release, out)
        [before] = (out / "before").glob(f"virton-ha_*~{release}_amd64.deb")
        [package] = out.glob(f"virton-ha_*~{release}_amd64.deb")
        with booted(packed, out / "root-one") as root:
            install(root, before)
            upgrade(root, package)
            with booted(packed, out / "root-two") as other:
                moved(root, other, package)
            gone(root)


if __name__ == "__main__":
    main()
