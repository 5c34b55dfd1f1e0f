from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.visit import Visit, visiting


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Visit]:
    async with visiting(tmp_path) as visit:
        yield visit
