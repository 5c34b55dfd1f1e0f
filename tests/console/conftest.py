from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.visit import Visit, visiting
from tests.quick_hashes import quick_hashes

__all__ = ["quick_hashes"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Visit]:
    async with visiting(tmp_path) as visit:
        yield visit
