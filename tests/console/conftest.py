from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.played_here import played_here
from tests.console.visit import Visit, visiting
from tests.quick_hashes import quick_hashes

__all__ = ["played_here", "quick_hashes"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Visit]:
    async with visiting(tmp_path) as visit:
        yield visit
