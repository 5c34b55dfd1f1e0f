"""What is served over HTTPS, and how a refusal is worded on the wire."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner

from virton.cli.certificate import own_certificate
from virton.cli.listening import address_of, listen
from virton.cli.main import app
from virton.cli.service import Service
from virton.cli.serving import Encrypted
from virton.cli.starting import run

pytestmark = pytest.mark.anyio


async def _scheme(request: Request) -> Response:
    return PlainTextResponse(request.url.scheme)


async def _refuse(_: Request) -> Response:
    return Response(status_code=500, headers={"x-reason": "no such resource 'vm:1'"})


ROUTES = [Route("/", _scheme), Route("/refuse", _refuse)]


@pytest.fixture
async def addresses(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """Serve plainly and encrypted; give both addresses."""
    service = Service(Starlette(routes=ROUTES), None, ())
    with listen("127.0.0.1", 0) as plain, listen("127.0.0.1", 0) as secure:
        encrypted = Encrypted(secure, own_certificate(tmp_path))
        task = asyncio.create_task(run(service, plain, encrypted))
        try:
            yield address_of("127.0.0.1", plain), address_of("127.0.0.1", secure, "https")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(own_certificate(folder).path))


async def test_one_application_answers_on_both_addresses(
    addresses: tuple[str, str], tmp_path: Path
) -> None:
    plain, secure = addresses
    async with httpx2.AsyncClient(verify=trusting(tmp_path), trust_env=False) as http:
        assert (await http.get(plain)).text == "http"
        assert (await http.get(secure)).text == "https"


async def test_who_does_not_know_the_certificate_is_warned(addresses: tuple[str, str]) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx2.ConnectError, match="self-signed"):
            await http.get(addresses[1])


async def test_who_speaks_no_tls_disturbs_nobody(
    addresses: tuple[str, str], tmp_path: Path
) -> None:
    port = int(addresses[1].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        assert not (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/")
    writer.close()
    async with httpx2.AsyncClient(verify=trusting(tmp_path), trust_env=False) as http:
        assert (await http.get(addresses[1])).text == "https"


async def test_the_status_line_says_why_something_is_refused(addresses: tuple[str, str]) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{addresses[0]}/refuse")
    assert answer.reason_phrase == "no such resource 'vm:1'"
    assert "x-reason" not in answer.headers


async def test_without_words_of_its_own_the_status_line_has_the_usual_ones(
    addresses: tuple[str, str],
) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{addresses[0]}/nowhere")
    assert (answer.status_code, answer.reason_phrase) == (404, "Not Found")


def test_an_encrypted_port_in_use_is_told_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["--port", "0", "--https-port", port, "--data", str(tmp_path)]
        result = CliRunner().invoke(app, ["serve", *options])
    assert result.exit_code == 1
    assert "--https-port" in result.output
    assert list(tmp_path.iterdir()) == []
