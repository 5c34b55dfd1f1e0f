"""Look at a cluster as the page does: for the verbs that print what the page shows."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from virton.console.clock import Clock, SystemClock
from virton.console.lender import Lender
from virton.console.page.assemble import Assembly
from virton.console.page.model import PageModel
from virton.console.page.sight import sees_all_guests
from virton.console.settings import ConsoleSettings
from virton.console.watch.reader import Reader
from virton.proxmox import ApiFailure, ClusterApi


def looker(api: ClusterApi, clock: Clock | None = None) -> Callable[[], Awaitable[PageModel]]:
    """Return what looks at a cluster as the page does; raises ApiFailure where it sees nothing."""
    clock = clock or SystemClock()
    reader = Reader(
        api.client, Lender.of(api.credentials), ConsoleSettings(Path()), clock, lambda: None
    )
    assembly, hidden = Assembly(), list[bool]()

    async def look() -> PageModel:
        await reader.read_anew()
        part = reader.readings.status
        if part.at is None and part.error is not None:
            raise ApiFailure(part.error)
        if not hidden:
            with suppress(ApiFailure):  # it is asked for again with the next look
                hidden.append(not sees_all_guests(await api.permissions()))
        page = assembly.page_model(reader.readings, clock.time())
        return page.model_copy(update={"guests_hidden": any(hidden)})

    return look


async def looked_once(api: ClusterApi) -> PageModel:
    """Return the cluster as one look shows it."""
    return await looker(api)()
