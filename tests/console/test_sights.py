"""For how long what the console has read answers questions."""

from typing import Any

import pytest

from tests.console.visit import SteppedClock
from virton.console.watch.sights import ANSWERS_S, HOLDS_S, Sights

pytestmark = pytest.mark.anyio


async def test_the_consoles_sight_answers_while_it_is_read_anew_but_not_for_long() -> None:
    clock, drawn, read = SteppedClock(), ["as it was"], [0]

    async def capture() -> dict[str, Any]:
        read[0] += 1
        return {"read": read[0]}

    sights = Sights(clock, lambda: drawn[0], capture)

    async def own() -> int:
        return int((await sights.own())["read"])

    assert [await own(), await own(), sights.is_wanted_anew] == [1, 1, False]
    clock.now += HOLDS_S + 1
    assert [await own(), sights.is_wanted_anew] == [1, True]
    await sights.own_now()
    assert [await own(), sights.is_wanted_anew] == [2, False]
    drawn[0] = "as it is"
    assert await own() == 3
    clock.now += ANSWERS_S + 1
    assert await own() == 4
