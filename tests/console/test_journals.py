"""Journals are read where they may be, whatever is refused elsewhere."""

from typing import Any

import pytest

from tests.console.visit import SteppedClock
from tests.proxmox.playback import TOKEN, Playback
from virton.console.lender import Lender
from virton.console.watch import journals
from virton.console.watch.journals import Journals
from virton.proxmox import ApiError, ApiFailure, ProxmoxClient
from virton.proxmox.errors import ErrorCode
from virton.proxmox.journal import Pages

pytestmark = pytest.mark.anyio


async def test_a_journal_that_may_be_read_is_read_whatever_the_last_node_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def read(_api: Any, node: str, **_: Any) -> Pages:
        asked.append(node)
        if node in refusing:
            raise ApiFailure(ApiError(403, "Permission check failed", code=ErrorCode.FORBIDDEN))
        return Pages((), None)

    monkeypatch.setattr(journals, "read_journal", read)
    clock = SteppedClock()
    client = ProxmoxClient.in_process(Playback())
    reader = Journals(client, Lender(TOKEN), clock)
    refusing = {"phum02"}
    for _ in range(3):
        await reader.news(["phum01", "phum02"], "9.2.4", 0.0)
        await clock.step(5)
    assert asked == ["phum01", "phum02", "phum01", "phum01"]
    refusing, asked[:] = set(), []
    await clock.step(585)
    for _ in range(2):
        await reader.news(["phum01", "phum02"], "9.2.4", 0.0)
        await clock.step(5)
    assert asked == ["phum01", "phum02"] * 2
    await client.aclose()
