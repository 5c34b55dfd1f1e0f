"""Try the container: `python packaging/try_container.py OUT`, after `make packages`.

It is built as the Containerfile says, run as the manual says, asked for its health, logged in at, stopped while
a stream is open, and started again on the same data. The image that it is built on is made here of Debian's own
packages, so that no registry is asked. It needs root, and Debian's packages podman, runc, netavark, iptables and
mmdebstrap; all that it makes is deleted afterwards.
"""

import http.cookiejar
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from of_manual import of_manual

ROOM = Path(__file__).resolve().parent
BASE = "docker.io/library/debian:13-slim"
NAME = IMAGE = VOLUME = "virton"
PASSWORD = "a password to try it with"  # noqa: S105  (of a container that is thrown away)
PATIENCE_S = 240
STOPS_WITHIN_S = 2.0
WORDS = "kept over a restart"


class Engine:
    """podman, with a store of its own."""

    def __init__(self, folder: Path) -> None:
        store = ["--root", str(folder / "store"), "--runroot", str(folder / "run")]
        plain = ["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]
        self._podman = ["podman", *store, *plain]

    def __call__(self, *words: str, check: bool = True) -> str:
        """Run one of podman's commands; return what it prints."""
        command = [*self._podman, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            sys.exit(f"podman {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """Give an engine; take away whatever it holds in the end."""
    lacking = [name for name in ("podman", "runc", "mmdebstrap") if shutil.which(name) is None]
    if lacking:
        sys.exit(f"to try the container, Debian's packages are needed: {', '.join(lacking)}")
    shutil.rmtree(folder, ignore_errors=True)
    podman = Engine(folder)
    try:
        yield podman
    finally:
        podman("rm", "--force", "--time", "5", NAME, check=False)
        podman("volume", "rm", "--force", VOLUME, check=False)
        podman("rmi", "--all", "--force", check=False)
        shutil.rmtree(folder, ignore_errors=True)


class Visitor:
    """A browser, as far as it is needed."""

    def __init__(self, port: int) -> None:
        self._at = f"http://127.0.0.1:{port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def ask(self, path: str, body: Any = None) -> Any:
        """Return an answer's JSON; with a body, of a POST."""
        data = None if body is None else json.dumps(body).encode()
        head = {"content-type": "application/json"}
        asked = urllib.request.Request(self._at + path, data, head)  # noqa: S310  (of http alone)
        with self._opener.open(asked, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def stream(self) -> Any:
        """Return an open stream, of which the first event has come."""
        answer = self._opener.open(f"{self._at}/api/stream", timeout=10)
        assert answer.readline().startswith(b"event: "), "a stream begins"  # noqa: S101
        return answer

    def wait(self) -> None:
        """Wait until the console is there."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._opener.open(f"{self._at}/healthz", timeout=5).close()
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    sys.exit("the console in the container does not come up")
                time.sleep(0.2)
            else:
                return


def told(words: str, began: float) -> None:
    """Say what was done, and in what time."""
    print(f"  {words}: {time.monotonic() - began:.1f} s", flush=True)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def build(podman: Engine, out: Path) -> None:
    """Build the image, on a base made of Debian's packages."""
    base = out / "base-deb13.tar"
    if not base.exists():
        began = time.monotonic()
        chosen = ["--variant=minbase", "trixie"]
        subprocess.run(["mmdebstrap", "--quiet", *chosen, str(base)], check=True)
        told(f"a base for {BASE} made", began)
    podman("import", str(base), BASE)
    began = time.monotonic()
    line = "podman build --format docker -f packaging/Containerfile -t virton dist"
    words = of_manual(line, **{"packaging/": f"{ROOM}/", " dist": f" {out}"})[2:]
    # Debian's podman in a machine that is itself contained may change roots, and no more, to build.
    podman("build", "--isolation", "chroot", "--pull-never", *words)
    size = int(podman("image", "inspect", IMAGE, "--format", "{{.Size}}")) / 1e6
    told(f"the image built, {size:.0f} MB", began)


def start(podman: Engine, port: int) -> None:
    """Run it as the manual says; the limits are such as a machine that is itself contained may set."""
    limits = ["--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:1024"]
    known = ["--env", f"VIRTON_ADMIN_PASSWORD={PASSWORD}"]
    line = "podman run -d --name virton -p 8080:8080 -v virton:/var/lib/virton virton"
    words = of_manual(line, **{"8080:8080": f"127.0.0.1:{port}:8080"})[2:]
    podman("run", *limits, *known, *words)


def changed(podman: Engine) -> None:
    """Change the cluster, as an operator does inside."""
    known = ["--env", f"VIRTON_PASSWORD={PASSWORD}", NAME, "virton"]
    change = ["resources", "change", "vm:100", "--comment", WORDS, "--yes", "--user", "root@pam"]
    podman("exec", *known, *change)


def stop(podman: Engine, visitor: Visitor) -> None:
    """Stop it while a stream is open: at once, and of itself."""
    pid = int(podman("inspect", NAME, "--format", "{{.State.Pid}}"))
    with visitor.stream():
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)  # as the engine does, without the time that the engine takes
        while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < began + PATIENCE_S:
            time.sleep(0.02)
        took_s = time.monotonic() - began
    code = podman("wait", NAME)
    assert (code, took_s < STOPS_WITHIN_S) == ("0", True), (code, took_s)  # noqa: S101
    print(f"  stopped by SIGTERM while a stream was open, exit code {code}: {took_s:.1f} s")


def main(out: Path) -> None:
    """Try the container."""
    with engine(out / "containers") as podman:
        build(podman, out)
        port, began = free_port(), time.monotonic()
        visitor = Visitor(port)
        start(podman, port)
        visitor.wait()
        told("run, and answers", began)
        podman("healthcheck", "run", NAME)
        assert "root@pam" in podman(*of_manual("podman logs virton")[1:])  # noqa: S101
        who = podman("exec", NAME, "id", "-un")
        session = visitor.ask("/api/login", {"username": "root@pam", "password": PASSWORD})
        print(f"  healthy; runs as {who}; {session['user']} is logged in")
        changed(podman)
        stop(podman, visitor)
        began = time.monotonic()
        podman("start", NAME)
        visitor.wait()
        assert visitor.ask("/api/session")["user"] == "root@pam", "the session goes on"  # noqa: S101
        kept = podman("exec", NAME, "virton", "--version")
        told(f"started again ({kept}), the session goes on", began)
        assert WORDS in json.dumps(visitor.ask("/api/snapshot")), "the change is kept"  # noqa: S101
        print("  what was changed is kept")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
