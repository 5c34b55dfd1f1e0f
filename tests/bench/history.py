"""The history at size: `python -m tests.bench history`, or `... history.py 10000000` by itself.

Filters, a past moment, the last changes, and what a happening takes on the disk; and a scrape of the
metrics at 2,000 resources.
"""

import contextlib
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
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
from virton.keeping.tables import clusters, details, kinds, subjects
from virton.story.happenings import Kind

SIZES = (100_000, 1_000_000)
NODES, RESOURCES, TEXTS = 32, 2000, 20_000
YEAR_MS = 365 * 86_400_000
ASKED = 60
_AT_ONCE = 200_000
_MOMENTS = 4
"""One state of a row is kept for so many happenings."""


def filled(folder: Path, size: int) -> Engine:
    """Return a history with so many happenings, spread over a year.

    The database makes the rows by itself, part by part, so that ten million do not pass through
    Python; what is random is a fixed number, mixed (Knuth), so that every fill is the same.
    """
    engine = open_database(f"sqlite:///{folder}/history.sqlite")
    with engine.begin() as connection:
        connection.execute(insert(clusters), [{"identity": "c1"}])
        connection.execute(insert(kinds), [{"name": str(kind)} for kind in Kind])
        connection.execute(insert(subjects), [{"cluster_id": 1, "name": n} for n in _names()])
        connection.execute(insert(details), [{"body": _body(n)} for n in range(TEXTS)])
    engine.dispose()
    with contextlib.closing(sqlite3.connect(folder / "history.sqlite")) as filling:
        # what is only measured need not be safe on the disk while it is filled
        filling.execute("PRAGMA synchronous = OFF")
        filling.execute("PRAGMA cache_size = -524288")
        indices = filling.execute(_INDICES).fetchall()
        for name, _ in indices:
            filling.execute(f"DROP INDEX {name}")
        for rows, count in ((_HAPPENINGS, size), (_STATES, size // _MOMENTS)):
            for begun in range(0, count, _AT_ONCE):
                _fill(filling, rows, begun, min(count, begun + _AT_ONCE), count)
        # an index that is made at the end takes a tenth of the time
        for _, made in indices:
            filling.execute(made)
        filling.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return engine


_INDICES = """
SELECT name, sql FROM sqlite_master
WHERE type = 'index' AND tbl_name IN ('happening', 'state') AND sql IS NOT NULL
"""


def _fill(filling: sqlite3.Connection, rows: str, begun: int, ended: int, size: int) -> None:
    """Add rows in a transaction of their own: one for all of them would never end."""
    values = {"begun": begun, "ended": ended, "size": size, "year": YEAR_MS, "kinds": len(Kind)}
    values |= {"whom": NODES + RESOURCES, "texts": TEXTS}
    with filling:
        filling.execute(rows, values)


_NUMBERS = """
WITH RECURSIVE n(i) AS (SELECT :begun UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :ended)
"""
_HAPPENINGS = f"""
INSERT INTO happening (cluster_id, kind_id, subject_id, detail_id, from_ms, to_ms, told)
{_NUMBERS} SELECT 1, 1 + (i * 2654435761 >> 7) % :kinds, 1 + (i * 2246822519 >> 9) % :whom,
    1 + (i * 3266489917 >> 5) % :texts, :year * i / :size, :year * i / :size, 1 FROM n
"""  # noqa: S608
_STATES = f"""
INSERT OR IGNORE INTO state (subject_id, at_ms, detail_id)
{_NUMBERS} SELECT :whom + 2 + i % :whom, CASE WHEN i < :whom THEN 0 ELSE :year * i / :size END,
    1 + (i * 3266489917 >> 5) % :texts FROM n
"""  # noqa: S608


def _names() -> list[str]:
    whom = [f"pve{n}" for n in range(NODES)] + [f"vm:{n}" for n in range(RESOURCES)]
    return whom + [f"{'nodes' if n < NODES else 'resources'}/{one}" for n, one in enumerate(whom)]


def _body(number: int) -> str:
    return json.dumps({"facts": {"node": f"pve{number % NODES}", "before": f"pve{number}"}})


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
