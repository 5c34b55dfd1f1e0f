"""nginx from Debian before the console, as the manual says: over HTTPS, below a path of its own."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.conftest import PASSWORD, PATIENCE_S, ROOT, VIRTON

BLOCK = re.compile(r"^```nginx\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NGINX = """
daemon off; pid {home}/nginx.pid; error_log stderr; events {{}}
http {{
    access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
    server {{
        listen 127.0.0.1:{port} ssl; server_name ha.example;
        ssl_certificate {home}/nginx.pem; ssl_certificate_key {home}/nginx.key;
        {location}
    }}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve a console behind nginx; give the outside address, and the proxy's certificate."""
    home = tmp_path_factory.mktemp("nginx")
    console, port = free_port(), free_port()
    [text] = BLOCK.findall((ROOT / "docs/en/8-3-proxy.md").read_text())
    location = text.replace("127.0.0.1:8080", f"127.0.0.1:{console}")
    (home / "nginx.conf").write_text(NGINX.format(home=home, port=port, location=location))
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ha.example"]
    files = ["-keyout", str(home / "nginx.key"), "-out", str(home / "nginx.pem")]
    names = ["-addext", "subjectAltName=DNS:ha.example", "-days", "2"]
    subprocess.run([*made, *files, *names], check=True, capture_output=True)
    settings = f'trusted_proxies = ["127.0.0.1"]\nhosts = ["ha.example"]\npath_prefix = "/ha"\nport = {console}\n'
    (home / "virton.toml").write_text(settings)
    serve = [VIRTON, "serve", "--config", str(home / "virton.toml"), "--data", str(home / "data")]
    told = {"PATH": "/usr/bin:/bin", "HOME": str(home), "VIRTON_ADMIN_PASSWORD": PASSWORD}
    proxy = ["/usr/sbin/nginx", "-c", str(home / "nginx.conf"), "-p", str(home)]
    with (
        subprocess.Popen(serve, env=told, stdout=subprocess.DEVNULL) as served,
        subprocess.Popen(proxy) as nginx,
    ):
        try:
            url = f"https://ha.example:{port}"
            wait_for(url, home)
            yield url, home
        finally:
            nginx.terminate()
            served.terminate()


def curl(url: str, home: Path, *arguments: str) -> str:
    """Ask as somebody outside does, who believes the proxy's certificate and no other."""
    port = url.rpartition(":")[2].partition("/")[0]
    resolve = ["--resolve", f"ha.example:{port}:127.0.0.1", "--cacert", str(home / "nginx.pem")]
    command = ["curl", "-sS", "-i", *resolve, *arguments, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S).stdout


def wait_for(url: str, home: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while "200 OK" not in curl(f"{url}/ha/healthz", home):
        assert time.monotonic() < deadline, "the console does not come up"
        time.sleep(0.2)


def test_the_page_and_all_that_it_loads_come_from_below_the_path(outside: tuple[str, Path]) -> None:
    url, home = outside
    page = curl(f"{url}/ha/", home)
    assert 'data-base="/ha"' in page
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    for path in loaded:
        assert path.startswith("/ha/")
        assert "200 OK" in curl(f"{url}{path}", home).splitlines()[0], path
    assert "200 OK" in curl(f"{url}/ha/manual/ko/index.html", home)


def test_a_login_over_https_gets_a_secure_cookie_and_hsts(outside: tuple[str, Path]) -> None:
    url, home = outside
    body = json.dumps({"username": "root@pam", "password": PASSWORD})
    sent = ("-H", "content-type: application/json", "-d", body, "-c", str(home / "jar"))
    told = curl(f"{url}/ha/api/login", home, *sent)
    assert "200 OK" in told
    assert re.search(r"set-cookie: virton_session=[^\n]*Secure", told, re.IGNORECASE)
    assert "strict-transport-security: max-age=31536000" in told.lower()
    session = curl(f"{url}/ha/api/session", home, "-b", str(home / "jar"))
    assert '"user":"root@pam"' in session


def test_the_stream_is_passed_on_as_it_comes(outside: tuple[str, Path]) -> None:
    url, home = outside
    begun = curl(f"{url}/ha/api/stream", home, "-N", "-b", str(home / "jar"), "--max-time", "5")
    assert "event: whole" in begun


def test_whom_the_proxy_names_is_who_is_seen(outside: tuple[str, Path]) -> None:
    url, home = outside
    forged = ("-b", str(home / "jar"), "-H", "X-Forwarded-For: 192.0.2.9")
    told = curl(f"{url}/ha/api/sessions", home, *forged)
    assert '"address":"127.0.0.1"' in told
    assert "192.0.2.9" not in told
