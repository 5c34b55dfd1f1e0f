"""An app behind a real socket on this machine, served by a thread of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn


@contextmanager
def served(
    app: Any, certificate: tuple[Path, Path] | None = None, *, dates: bool = True
) -> Iterator[str]:
    """Serve an app on a free port of the loopback, over HTTPS with a certificate; yield its address.

    With `dates` the server says what time it is; else that is for the app.
    """
    with listening() as listener:
        pem, key = certificate or (None, None)
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_level="error",
            access_log=False,
            date_header=dates,
            ssl_certfile=pem,
            ssl_keyfile=key,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def listening(port: int = 0) -> socket.socket:
    """Return a socket that listens on the loopback: clients wait for the server instead of missing it.

    With the protocol named, asyncio sends each answer's rest at once: else it waits 40 ms for the other side's
    delayed acknowledgement of the beginning.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener
