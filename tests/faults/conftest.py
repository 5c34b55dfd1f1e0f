from collections.abc import AsyncIterator

import pytest

from tests.faults.desk import PASSWORD, Desk, Site, at_desk
from virton.embedded import start


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    return Site(start(folder, PASSWORD), folder)


@pytest.fixture
async def desk(site: Site) -> AsyncIterator[Desk]:
    async with at_desk(site) as desk:
        yield desk
