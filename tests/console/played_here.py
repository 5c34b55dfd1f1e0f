"""Plans and drills played in the process of the test, wherever that they are is not the subject."""

import json

import pytest

from virton.console import player
from virton.plans import service


@pytest.fixture
def played_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service answer here: a process takes longer to begin than most answers do."""

    async def played(question: str) -> str:
        return json.dumps(service.answer(json.loads(question)))

    monkeypatch.setattr(player, "played", played)
