"""Put through the same deeds, the embedded cluster says what a real one said, word by word, in order.

What the daemons' rounds happen to see depends on their phases: those of a tape are not known, so
one is given for each that fits.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.taped import replay, rows_of, words_of
from virton.simulation.paced import Daemon

TAPES = Path(__file__).resolve().parents[3] / "shared" / "tapes"
FITTING: Mapping[str, Mapping[Daemon, int]] = {
    # the node that judges the locks becomes master
    "b": {("pve2", "crm"): 8},
    # the LRM's round falls between that of the CRM and the next deed
    "h": {
        ("pve1", "crm"): 7,
        ("pve1", "lrm"): 5,
        ("pve2", "crm"): 8,
        ("pve2", "lrm"): 5,
        ("pve3", "crm"): 8,
        ("pve3", "lrm"): 4,
    },
}


def _tapes() -> list[Any]:
    files = sorted(TAPES.glob("*.jsonl"))
    if not files:
        absent = pytest.mark.skip(reason=f"no tapes at {TAPES}")
        return [pytest.param(None, marks=absent, id="absent")]
    return [pytest.param(file, id=file.stem) for file in files]


@pytest.mark.parametrize("tape", _tapes())
def test_the_status_says_what_it_said_on_the_tape(tape: Path) -> None:
    rows = rows_of(tape)
    assert replay(rows, FITTING.get(tape.stem)) == words_of(rows)
