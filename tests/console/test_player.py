"""What plays plans for the console is a process of its own."""

from pathlib import Path

import pytest

from tests.console.test_plans import opened

pytestmark = pytest.mark.anyio


async def test_changes_are_looked_at_together_applied_once_and_undone(tmp_path: Path) -> None:
    seat = await opened(tmp_path)
    await seat.collect("resources", "vm:100", {"max_restart": 3})
    draft = await seat.collect("resources", "vm:121", {"state": "started", "comment": "둘째"})
    assert [(e["name"], e["by"]) for e in draft["entries"]] == [
        ("vm:100", "root@pam"),
        ("vm:121", "root@pam"),
    ]
    look = await seat.told("/api/plans/look?lang=en")
    assert [step["says"] for step in look["steps"]] == [
        "change resource vm:100: max_restart 1 → 3",
        "change resource vm:121: comment – → 둘째",
    ]
    assert (await seat.act("apply", look="old"))[0] == 409
    assert await seat.act("apply", look=look["look"], why="racks") == (200, "")
    read = seat.cluster.cluster.files.read
    assert "max_restart 3" in read("ha/resources.cfg")
    told = await seat.told()
    assert told["entries"] == []
    [record] = told["records"]
    assert (record["who"], record["why"], record["state"]) == ("root@pam", "racks", "done")
    assert await seat.act("undo", number=record["number"]) == (200, "")
    assert "max_restart" not in read("ha/resources.cfg")
    await seat.root.http.aclose()
