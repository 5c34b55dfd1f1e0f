"""A client of an app in this process: a call is made and answered where the test stands, without a thread."""

import asyncio
import atexit
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from virton.embedded.access.access import Caller
from virton.embedded.access.names import ROOT
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Request, dispatch
from virton.embedded.endpoints.everything import REGISTRY

_LOOP = asyncio.new_event_loop()
"""One event loop for all that is asked: a client between two calls leaves nothing in it."""
atexit.register(_LOOP.close)


def answered(cluster: EmbeddedCluster, path: str) -> Any:
    """Return what root is answered, without the way over HTTP: for who asks in each second."""
    answer = dispatch(REGISTRY, cluster, Caller(ROOT), Request("GET", path))
    assert answer.status == 200, answer.message
    return answer.data


class AppClient(httpx2.Client):
    """Asks an app as a browser asks a server, keeping its cookies."""

    def __init__(
        self, app: Any, base_url: str, client: tuple[str, int] = ("testclient", 50_000)
    ) -> None:
        """Begin with no cookies; the app sees calls that come from `client`."""
        super().__init__(
            base_url=base_url, transport=_Transport(app, client), follow_redirects=True
        )


class _Transport(httpx2.BaseTransport):
    def __init__(self, app: Any, client: tuple[str, int]) -> None:
        self._asgi = httpx2.ASGITransport(app, client=client)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answering = self._answered(request)
        if not _inside_a_loop():
            return _LOOP.run_until_complete(answering)
        with ThreadPoolExecutor(1) as beside:
            return beside.submit(_LOOP.run_until_complete, answering).result()

    async def _answered(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._asgi.handle_async_request(request)
        content = await answer.aread()
        return httpx2.Response(answer.status_code, headers=answer.headers.raw, content=content)


def _inside_a_loop() -> bool:
    """Tell whether this thread runs an event loop already, as a browser's test does."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
