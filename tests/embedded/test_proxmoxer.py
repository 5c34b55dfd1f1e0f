"""proxmoxer, unchanged, against a live server on the loopback."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import proxmoxer
import pytest
import uvicorn

from tests.embedded.second_factor import Authenticator
from tests.embedded.still_world import PASSWORD
from tests.served import listening
from virton.embedded.app import create_app
from virton.embedded.cluster import EmbeddedCluster

pytestmark = [
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes certificates"),
    pytest.mark.filterwarnings("ignore:Unverified HTTPS request"),
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=localhost", "-keyout", str(path), "-out", str(path) + ".crt"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def port(
    cluster: EmbeddedCluster, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    # A hundred authorities would be loaded for each connection, of which none is asked.
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    config = uvicorn.Config(
        create_app(cluster),
        ssl_certfile=certificate,
        ssl_keyfile=certificate,
        log_level="error",
        timeout_graceful_shutdown=1,  # a client that keeps its connection holds up nothing
    )
    server = uvicorn.Server(config)
    with listening() as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def connect(port: int, **credentials: str) -> proxmoxer.ProxmoxAPI:
    return proxmoxer.ProxmoxAPI("127.0.0.1", port=port, verify_ssl=False, **credentials)


def test_proxmoxer_reads_and_changes_what_is_under_ha(port: int) -> None:
    api = connect(port, user="root@pam", password=PASSWORD)
    assert api.version.get()["release"] == "9.1"
    api.cluster.ha.resources.post(sid="vm:101", max_restart=2, comment="by proxmoxer")
    assert api.cluster.ha.resources("vm:101").get()["max_restart"] == 2
    api.cluster.ha.rules.post(
        rule="home", type="node-affinity", resources="vm:101", nodes="alfa:2,bravo", strict=1
    )
    assert api.cluster.ha.rules("home").get()["strict"] == 1
    answer = api.cluster.ha.resources("vm:101").migrate.post(node="alfa")
    assert answer == {"sid": "vm:101", "requested-node": "alfa"}
    api.cluster.ha.resources("vm:101").delete(purge=1)
    assert api.cluster.ha.rules.get() == []


def test_proxmoxer_follows_a_task(port: int) -> None:
    api = connect(port, user="root@pam", password=PASSWORD)
    upid = api.nodes("bravo").qemu(101).status.start.post()
    status = api.nodes("bravo").tasks(upid).status.get()
    assert status["exitstatus"] == "OK"


def test_proxmoxer_acts_with_a_token(port: int, cluster: EmbeddedCluster) -> None:
    api = connect(port, user="root@pam", password=PASSWORD)
    token = api.access.users("root@pam").token("poller").post(privsep=0)
    by_token = connect(port, user="root@pam", token_name="poller", token_value=token["value"])
    assert len(by_token.nodes.get()) == 3


def test_proxmoxer_is_told_what_is_wrong(port: int) -> None:
    api = connect(port, user="root@pam", password=PASSWORD)
    with pytest.raises(proxmoxer.ResourceException) as caught:
        api.cluster.ha.resources.post(sid="vm:101", max_restart=-1)
    assert caught.value.status_code == 400
    assert caught.value.errors.keys() == {"max_restart"}


def test_proxmoxer_with_a_wrong_password_stays_outside(port: int) -> None:
    with pytest.raises(proxmoxer.AuthenticationError):
        connect(port, user="root@pam", password="guess")


def test_proxmoxer_brings_the_code_of_a_second_factor(port: int, cluster: EmbeddedCluster) -> None:
    api = connect(port, user="root@pam", password=PASSWORD)
    phone = Authenticator()
    shown = phone.code(cluster.access.now)
    api.access.tfa("root@pam").post(type="totp", description="a", totp=phone.uri, value=shown)
    with_code = connect(port, user="root@pam", password=PASSWORD, otp=shown)
    assert with_code.version.get()["release"] == "9.1"
    with pytest.raises(proxmoxer.AuthenticationError):
        connect(port, user="root@pam", password=PASSWORD, otp=shown)
