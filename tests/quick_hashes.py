"""Passwords hashed with the least effort, wherever an embedded cluster is started."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from virton.embedded.access import credentials


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hash with the least effort: how hard a hash is to make is not what is tested."""
    patch = pytest.MonkeyPatch()
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(credentials, "_HASHER", hasher)
    yield
    patch.undo()
