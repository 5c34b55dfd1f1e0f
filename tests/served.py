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
    # A socket that listens already lets clients wait for the server instead of missing it.
    with socket.create_server(("127.0.0.1", 0)) as listener:
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
