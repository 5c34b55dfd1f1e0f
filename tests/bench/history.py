"""The history at size: `python -m tests.bench history`, or `... history.py 10000000` by itself.

Filters, a past moment, the last changes, and what a happening takes on the disk; and a scrape of the
metrics at 2,000 resources.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, insert

from virton.console.metrics import Fares, Since, exposition
from virton.console.page.model import Cluster, Node, PageModel, Part, Parts, Quorum, Resource
from virton.keeping.database import open_database, size_of
from virton.keeping.history import Filter, History
from virton.keeping.moments import Moments
from virton.keeping.tables import clusters, details, happenings, kinds, states, subjects
from virton.story.happenings import Kind

SIZES = (100_000, 1_000_000)
NODES, RESOURCES, TEXTS = 32, 2000, 20_000
YEAR_MS = 365 * 86_400_000
ASKED = 60
_AT_ONCE = 50_000
_MOMENTS = 4
"""One state of a row is kept for so many happenings."""


def filled(folder: Path, size: int) -> Engine:
    """Return a history with so many happenings, spread over a year."""
    engine = open_database(f"sqlite:///{folder}/history.sqlite")
    chance = random.Random(size)  # noqa: S311
    with engine.begin() as connection:
        connection.execute(insert(clusters), [{"identity": "c1"}])
        connection.execute(insert(kinds), [{"name": str(kind)} for kind in Kind])
        connection.execute(insert(subjects), [{"cluster_id": 1, "name": n} for n in _names()])
        connection.execute(insert(details), [{"body": _body(n)} for n in range(TEXTS)])
        for rows in _happenings(chance, size):
            connection.execute(insert(happenings), rows)
        rows_of = range(NODES + RESOURCES + 1, 2 * NODES + 2 * RESOURCES + 1)
        places = {
            (chance.choice(rows_of), chance.randrange(YEAR_MS)) for _ in range(size // _MOMENTS)
        }
        first = [(number, 0) for number in rows_of]
        every = sorted({*places, *first})
        for at in range(0, len(every), _AT_ONCE):
            some = every[at : at + _AT_ONCE]
            connection.execute(insert(states), [_state(n, ms) for n, ms in some])
    return engine


def _names() -> list[str]:
    whom = [f"pve{n}" for n in range(NODES)] + [f"vm:{n}" for n in range(RESOURCES)]
    return whom + [f"{'nodes' if n < NODES else 'resources'}/{one}" for n, one in enumerate(whom)]


def _body(number: int) -> str:
    return json.dumps({"facts": {"node": f"pve{number % NODES}", "before": f"pve{number}"}})


def _state(number: int, at_ms: int) -> dict[str, int]:
    return {"subject_id": number, "at_ms": at_ms, "detail_id": 1 + (number + at_ms) % TEXTS}


def _happenings(chance: random.Random, size: int) -> Iterator[list[dict[str, int | bool]]]:
    for begun in range(0, size, _AT_ONCE):
        yield [
            {
                "cluster_id": 1,
                "kind_id": chance.randrange(len(Kind)) + 1,
                "subject_id": chance.randrange(NODES + RESOURCES) + 1,
                "detail_id": chance.randrange(TEXTS) + 1,
                "from_ms": (at := YEAR_MS * number // size),
                "to_ms": at,
                "told": True,
            }
            for number in range(begun, min(size, begun + _AT_ONCE))
        ]


def filters() -> list[Filter]:
    """Return what operators ask for: by node, by resource, by kind, by text, by time, all mixed."""
    chance = random.Random(7)  # noqa: S311
    found = [Filter(), Filter(text="pve"), Filter(text="vm:1"), Filter(text="nobody")]
    while len(found) < ASKED:
        some = [str(kind) for kind in chance.sample(list(Kind), chance.choice((1, 3, 14)))]
        whom = f"vm:{chance.randrange(RESOURCES)}"
        since = chance.randrange(YEAR_MS)
        found += [
            Filter(kinds=frozenset(some)),
            Filter(whom=frozenset({whom})),
            Filter(kinds=frozenset(some), whom=frozenset({whom})),
            Filter(kinds=frozenset(some), text=whom[:5]),
            Filter(since_ms=since, until_ms=since + 86_400_000),
            Filter(kinds=frozenset(some), until_ms=since),
            Filter(text="pve", until_ms=since),
        ]
    return found


def p95_ms(deeds: list[Callable[[], object]]) -> float:
    """Return how long the slowest but one in twenty takes, in processor time: machines are shared."""
    times = []
    for deed in deeds:
        begun = time.process_time()
        deed()
        times.append((time.process_time() - begun) * 1000)
    return quantiles(times, n=20)[-1]


def measured(size: int) -> list[str]:
    """Return a line of the table for a history of a size."""
    with tempfile.TemporaryDirectory() as folder:
        engine = filled(Path(folder), size)
        history, moments = History(engine, "c1"), Moments(engine, "c1")
        chance = random.Random(3)  # noqa: S311
        asked = [lambda one=one: history.find(one) for one in filters()]
        times = [chance.randrange(YEAR_MS) for _ in range(20)]
        past = [lambda at=at: moments.at(at) for at in times]
        last = [history.latest for _ in range(20)]
        line = [f"{size:,}", f"{p95_ms(asked):.0f}", f"{p95_ms(past):.0f}", f"{p95_ms(last):.0f}"]
        line += [f"{size_of(engine) / 2**20:,.0f}"]
        engine.dispose()
        return line


def scrape_ms() -> float:
    """Return how long a scrape takes at 2,000 resources."""
    part = Part(at=0.0, age_s=1.0, ok=True, error=None, slow_s=None, address=None)
    page = PageModel.model_construct(
        now=0.0,
        cluster=Cluster.model_construct(votes=NODES),
        parts=Parts(status=part, resources=part, rules=part, nodes=part),
        quorum=Quorum(ok=True, node="pve0"),
        fencing=None,
        rules=(),
        nodes=tuple(
            Node.model_construct(name=f"pve{n}", online=True, ha_state="online")
            for n in range(NODES)
        ),
        resources=tuple(
            Resource.model_construct(sid=f"vm:{n}", state="started", node=f"pve{n % NODES}")
            for n in range(RESOURCES)
        ),
    )
    since = Since()
    return p95_ms([lambda: exposition(page, Fares(), since)] * 20)


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Measure and print."""
    table = Table(title="The history, p95 in ms of processor time")
    for head in ("happenings", "a filter's first page", "a past moment", "last changes", "MiB"):
        table.add_column(head, justify="right")
    for size in sizes:
        table.add_row(*measured(size))
    console = Console(width=100)
    console.print(table)
    console.print(f"A scrape at {RESOURCES:,} resources: {scrape_ms():.0f} ms (p95)")


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or SIZES)
