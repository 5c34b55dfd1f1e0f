from collections.abc import AsyncIterator

import pytest

from tests.faults.desk import PASSWORD, Desk, Site, at_desk
from tests.quick_hashes import quick_hashes
from virton.embedded import start

__all__ = ["quick_hashes"]


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
