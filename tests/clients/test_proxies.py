"""nginx, Caddy and HAProxy from Debian before the console, as the manual says: over HTTPS, below a path of its own."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.conftest import PASSWORD, PATIENCE_S, ROOT, VIRTON

NAME = "portal.example"
NGINX = """
daemon off; pid {home}/nginx.pid; error_log stderr; events {{}}
http {{
    access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
    server {{
        listen 127.0.0.1:{port} ssl; server_name portal.example;
        ssl_certificate {home}/outside.pem; ssl_certificate_key {home}/outside.key;
        {block}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https disable_redirects
    skip_install_trust
}}
{block}
"""
HAPROXY = """
global
    log stderr format raw local0 err
defaults
    mode http
    timeout connect 5s
    timeout client 1h
{block}
"""


def nginx(home: Path, port: int, block: str) -> list[str]:
    (home / "nginx.conf").write_text(NGINX.format(home=home, port=port, block=block))
    return ["/usr/sbin/nginx", "-c", str(home / "nginx.conf"), "-p", str(home)]


def caddy(home: Path, port: int, block: str) -> list[str]:
    own = f"{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {home}/outside.pem {home}/outside.key\n"
    told = CADDY.format(block=block.replace(f"{NAME} {{\n", own))
    (home / "Caddyfile").write_text(told)
    return ["caddy", "run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]


def haproxy(home: Path, port: int, block: str) -> list[str]:
    both = (home / "outside.pem").read_text() + (home / "outside.key").read_text()
    (home / "both.pem").write_text(both)
    told = block.replace(":443", f"127.0.0.1:{port}").replace(
        "/etc/haproxy/portal.pem", f"{home}/both.pem"
    )
    (home / "haproxy.cfg").write_text(HAPROXY.format(block=told))
    return ["/usr/sbin/haproxy", "-db", "-f", str(home / "haproxy.cfg")]


PROXIES: dict[str, Callable[[Path, int, str], list[str]]] = {
    "nginx": nginx,
    "caddy": caddy,
    "haproxy": haproxy,
}
"""By the name of its block in the manual: how it is called with that block."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody outside knows: the address, and the proxy's certificate."""

    url: str
    home: Path

    def ask(self, path: str, *arguments: str) -> str:
        """Ask as who believes the proxy's certificate and no other; return head and body."""
        port = self.url.rpartition(":")[2]
        resolve = ["--resolve", f"{NAME}:{port}:127.0.0.1"]
        believed = ["--cacert", str(self.home / "outside.pem"), "--http1.1"]
        command = ["curl", "-sS", "-i", *resolve, *believed, *arguments, self.url + path]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S).stdout

    @property
    def jar(self) -> str:
        """Return where the cookies are kept."""
        return str(self.home / "jar")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def block_of(proxy: str) -> str:
    """Return what the manual has its readers write for a proxy."""
    text = (ROOT / "docs/en/8-3-proxy.md").read_text()
    [block] = re.findall(rf"^```{proxy}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Serve a console with the settings of the manual; give its port, and a certificate for outside."""
    home, port = tmp_path_factory.mktemp("console"), free_port()
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}"]
    files = ["-keyout", str(home / "outside.key"), "-out", str(home / "outside.pem")]
    names = ["-addext", f"subjectAltName=DNS:{NAME}", "-days", "2"]
    subprocess.run([*made, *files, *names], check=True, capture_output=True)
    text = (ROOT / "docs/en/8-3-proxy.md").read_text()
    [settings] = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (home / "virton.toml").write_text(f"{settings}port = {port}\n")
    serve = [VIRTON, "serve", "--config", str(home / "virton.toml"), "--data", str(home / "data")]
    told = {"PATH": "/usr/bin:/bin", "HOME": str(home), "VIRTON_ADMIN_PASSWORD": PASSWORD}
    with subprocess.Popen(serve, env=told, stdout=subprocess.DEVNULL) as served:
        try:
            yield port, home
        finally:
            served.terminate()


@pytest.fixture(scope="module", params=PROXIES)
def outside(
    request: pytest.FixtureRequest,
    console: tuple[int, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Outside]:
    """Put a proxy before the console, and wait until both answer."""
    inner, kept = console
    home, port = tmp_path_factory.mktemp(request.param), free_port()
    for name in ("outside.pem", "outside.key"):
        (home / name).write_text((kept / name).read_text())
    block = block_of(request.param).replace("127.0.0.1:8080", f"127.0.0.1:{inner}")
    command = PROXIES[request.param](home, port, block)
    told = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    with subprocess.Popen(command, env=told, stderr=(home / "log").open("w")) as proxy:
        try:
            it = Outside(f"https://{NAME}:{port}", home)
            deadline = time.monotonic() + PATIENCE_S
            while "200" not in it.ask("/ha/healthz").partition("\n")[0]:
                assert time.monotonic() < deadline, (home / "log").read_text()
                assert proxy.poll() is None, (home / "log").read_text()
                time.sleep(0.2)
            log_in(it)
            yield it
        finally:
            proxy.terminate()


def log_in(outside: Outside) -> str:
    body = json.dumps({"username": "root@pam", "password": PASSWORD})
    sent = ("-H", "content-type: application/json", "-d", body, "-c", outside.jar)
    return outside.ask("/ha/api/login", *sent)


def test_the_page_and_all_that_it_loads_come_from_below_the_path(outside: Outside) -> None:
    page = outside.ask("/ha/")
    assert 'data-base="/ha"' in page
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    for path in [*loaded, "/ha/manual/ko/index.html"]:
        assert path.startswith("/ha/")
        assert "200" in outside.ask(path).partition("\n")[0], path


def test_a_login_over_https_gets_a_secure_cookie_and_hsts(outside: Outside) -> None:
    told = log_in(outside)
    assert "200" in told.partition("\n")[0]
    assert re.search(r"set-cookie: virton_session=[^\n]*Secure", told, re.IGNORECASE)
    assert "strict-transport-security: max-age=31536000" in told.lower()
    assert '"user":"root@pam"' in outside.ask("/ha/api/session", "-b", outside.jar)


def test_the_stream_is_passed_on_as_it_comes(outside: Outside) -> None:
    begun = outside.ask("/ha/api/stream", "-N", "-b", outside.jar, "--max-time", "3")
    assert "event: whole" in begun


def test_whom_the_proxy_names_is_who_is_seen(outside: Outside) -> None:
    forged = (
        "-b",
        outside.jar,
        "-H",
        "X-Forwarded-For: 192.0.2.9",
        "-H",
        "X-Forwarded-Proto: http",
    )
    told = outside.ask("/ha/api/sessions", *forged)
    assert '"address":"127.0.0.1"' in told
    assert "192.0.2.9" not in told
    assert "strict-transport-security" in told.lower()


WRONG: dict[str, tuple[str, str]] = {
    "outside": ("", ""),
    "outside.no_proto": ("proxy_set_header X-Forwarded-Proto $scheme;", ""),
    "outside.no_for": ("proxy_set_header X-Forwarded-For $remote_addr;", ""),
    "outside.host": ("Host $host;", "Host odd.example;"),
    "outside.gateway": ("127.0.0.1:", "127.0.0.2:"),
    "outside.path": ("location /ha/", "location /elsewhere/"),
    "outside.buffered": ("proxy_buffering off;", "proxy_ignore_headers X-Accel-Buffering;"),
}
"""What is wrong in the manual's block for nginx, by what doctor says of it."""


@pytest.mark.parametrize("finding", WRONG)
def test_doctor_tells_what_is_wrong_with_nginx(
    console: tuple[int, Path], tmp_path: Path, finding: str
) -> None:
    inner, kept = console
    port, (right, wrong) = free_port(), WRONG[finding]
    for name in ("outside.pem", "outside.key"):
        (tmp_path / name).write_text((kept / name).read_text())
    block = block_of("nginx").replace("127.0.0.1:8080", f"127.0.0.1:{inner}")
    command = nginx(tmp_path, port, block.replace(right, wrong) if right else block)
    told = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    with subprocess.Popen(command, env=told, stderr=subprocess.DEVNULL) as proxy:
        try:
            wait_for(inner)
            wait_for(port)
            ask = [VIRTON, "doctor", "--data", str(tmp_path / "d"), "--json"]
            ask += ["--outside", f"https://127.0.0.1:{port}/ha"]
            done = subprocess.run(ask, env=told, capture_output=True, text=True, timeout=60)
        finally:
            proxy.terminate()
    found = [one["finding"] for one in json.loads(done.stdout)]
    assert [one for one in found if one.startswith("outside")] == ["outside.certificate", finding]


def wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return
