"""The small numbers that stand for words in the history."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, Table, insert, select

from virton.keeping.tables import clusters, details, kinds, subjects

_AT_ONCE = 400
T = TypeVar("T")


def text_of(body: Mapping[str, Any]) -> str:
    """Return a body as one text, alike for alike ones."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_parts(words: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield so many at a time as one question to the database may name."""
    for at in range(0, len(words), _AT_ONCE):
        yield words[at : at + _AT_ONCE]


def of_cluster(cluster: str, table: Table, *columns: Any) -> Select[Any]:
    """Return what asks for columns (none: all) of a table's rows of one cluster, by its identity."""
    joined = table.join(clusters, clusters.c.id == table.c.cluster_id)
    query = select(*(columns or (table,))).select_from(joined)
    return query.where(clusters.c.identity == cluster)


class Names:
    """Finds the number of a word, and gives one to a new word; within one transaction."""

    def __init__(self, connection: Connection, cluster: str) -> None:
        self._connection = connection
        self._numbers: dict[tuple[str, str], int] = {}
        self.cluster_id = self._of(clusters, clusters.c.identity, [cluster])[cluster]

    def subjects(self, names: Iterable[str]) -> dict[str, int]:
        """Return the numbers of nodes, resources and rules."""
        return self._of(subjects, subjects.c.name, names, cluster_id=self.cluster_id)

    def kinds(self, names: Iterable[str]) -> dict[str, int]:
        """Return the numbers of kinds."""
        return self._of(kinds, kinds.c.name, names)

    def details(self, bodies: Iterable[str]) -> dict[str, int]:
        """Return the numbers of texts."""
        return self._of(details, details.c.body, bodies)

    def _of(
        self, table: Table, column: Column[str], words: Iterable[str], **fixed: int
    ) -> dict[str, int]:
        wanted = sorted(set(words))
        found = self._known(table, column, wanted, fixed)
        new = [{column.name: word, **fixed} for word in wanted if word not in found]
        if new:
            self._connection.execute(insert(table), new)
            found |= self._known(table, column, [row[column.name] for row in new], fixed)  # type: ignore[misc]
        return found

    def _known(
        self, table: Table, column: Column[str], words: list[str], fixed: dict[str, int]
    ) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in in_parts(words):
            query = select(column, table.c.id).where(column.in_(some))
            for name, value in fixed.items():
                query = query.where(table.c[name] == value)
            found |= {str(word): int(number) for word, number in self._connection.execute(query)}
        return found
