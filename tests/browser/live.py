"""The real console on the embedded cluster, served on loopback, its time stepped by the test."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

import uvicorn
from starlette.types import ASGIApp

from virton.console.app import BesideCluster, create_app
from virton.console.settings import ConsoleSettings
from virton.console.watch.poller import Poller
from virton.embedded import RunningCluster, start
from virton.proxmox import ProxmoxClient

PASSWORD = "a password for tests"
Result = TypeVar("Result")


class Console:
    """A console on loopback, in a thread of its own, that looks at its cluster when it is told to."""

    def __init__(self, app: ASGIApp, poller: Poller) -> None:
        self._poller = poller
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")
        config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self._socket.listen()  # Who comes before the server runs waits for it, and is not refused.
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        # which ends what the server's libraries leave behind in the loop, before it is closed
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)

    def look(self) -> None:
        """Let the console look at its cluster."""
        self._in_the_loop(lambda: None)

    def _in_the_loop(self, act: Callable[[], Result]) -> Result:
        async def act_and_look() -> Result:
            result = act()
            await self._poller.poll_once()
            if self._poller.chronicle is not None:
                await self._poller.chronicle.write_down()
            return result

        return asyncio.run_coroutine_threadsafe(act_and_look(), self._loop).result(timeout=30)


def _settings(folder: Path, token: str) -> ConsoleSettings:
    history = f"sqlite:///{folder}/history.sqlite"
    return ConsoleSettings(folder, token, history=history, interval_s=3600)


class Live(Console):
    """The console of an embedded cluster whose time the test lets pass."""

    def __init__(self, folder: Path) -> None:
        self.cluster: RunningCluster = start(folder, PASSWORD)
        client = ProxmoxClient.in_process(self.cluster.app)
        app = create_app(client, _settings(folder, self.cluster.console_token))
        super().__init__(BesideCluster(app, self.cluster.app), app.state.console.poller)

    def step(self, seconds: int) -> None:
        """Let simulated time pass, then let the console look at the cluster."""
        self._in_the_loop(lambda: self.cluster.world.step(seconds))

    def cut(self, node: str) -> None:
        """Unplug a node's network."""
        self._in_the_loop(lambda: self.cluster.world.set_network(node, False))

    def change_tries(self, sid: str, count: int) -> None:
        """Let a resource's start be tried so many times, as somebody at another console does."""

        def change() -> None:
            files = self.cluster.cluster.files
            text = files.read("ha/resources.cfg") or ""
            files.write("ha/resources.cfg", _with_tries(text, sid, count))

        self._in_the_loop(change)

    def configure(self, name: str, text: str) -> None:
        """Write a configuration file, as somebody at another console does."""
        self._in_the_loop(lambda: self.cluster.cluster.files.write(name, text))

    def power_on(self, node: str) -> None:
        """Give a node power, and with it the network."""
        self._in_the_loop(lambda: self.cluster.world.set_power(node, True))


class InFront(Console):
    """A console whose cluster is another console's, which it knows by its address alone."""

    def __init__(self, folder: Path, behind: Live) -> None:
        client = ProxmoxClient([behind.address])
        app = create_app(client, _settings(folder, behind.cluster.console_token))
        super().__init__(app, app.state.console.poller)


def _with_tries(text: str, sid: str, count: int) -> str:
    head = sid.replace(":", ": ", 1)
    lines = [line for line in text.splitlines() if "max_restart" not in line]
    at = lines.index(head)
    return "\n".join([*lines[: at + 1], f"\tmax_restart {count}", *lines[at + 1 :]]) + "\n"
