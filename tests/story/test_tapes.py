"""The tapes of a real cluster: what was observed there is what its journals tell."""

import json
from pathlib import Path

import pytest

from tests.conformance.tape import Tape, read_tape
from tests.conformance.tape_story import story_difference

TAPES = Path(__file__).parents[3] / "shared" / "tapes"
NAMES = sorted(path.name for path in TAPES.glob("*.jsonl"))


def tape(name: str) -> Tape:
    return read_tape(TAPES / name)


@pytest.mark.skipif(not NAMES, reason="needs the recorded tapes beside the project (../shared)")
@pytest.mark.parametrize("name", NAMES)
def test_what_is_observed_is_what_was_told(name: str) -> None:
    assert story_difference(tape(name)) is None


@pytest.mark.skipif(not NAMES, reason="needs the recorded tapes beside the project (../shared)")
@pytest.mark.parametrize(
    ("said", "altered"),
    [
        ('"pve3": "fence"', '"pve3": "unknown"'),
        ('"state": "recovery"', '"state": "started"'),
        ('"node": "pve2", "state": "started"', '"node": "pve1", "state": "started"'),
    ],
)
def test_a_tape_whose_answers_were_altered_is_found_out(
    said: str, altered: str, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (TAPES / "d.jsonl").read_text().splitlines()]
    texts = [json.dumps(row, sort_keys=True) for row in rows]
    assert any(said in one for one in texts)
    changed = [one.replace(said, altered) if '"get"' in one else one for one in texts]
    (tmp_path / "d.jsonl").write_text("\n".join(changed))
    assert story_difference(read_tape(tmp_path / "d.jsonl")) is not None
