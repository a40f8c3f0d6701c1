"""The landing that stories are written into: rows by file, as first delivered and as corrected."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from support.opinion.landing import File

Key = tuple[str, str, str]  # feed, delivery, file
Cells = dict[str, str]


@dataclass
class Landing:
    """Rows by file. `journal` has them in the order in which they were told; `changed` is by the row's identity."""

    rows: dict[Key, list[Cells]] = field(default_factory=lambda: defaultdict(list))
    journal: list[tuple[Key, Cells]] = field(default_factory=list)
    changed: dict[int, Cells] = field(default_factory=dict)
    added: dict[Key, list[Cells]] = field(default_factory=lambda: defaultdict(list))

    def add(self, feed: str, period: str, file: str, **row: Any) -> None:
        key = (feed, period, file)
        self.rows[key].append(as_text(row))
        self.journal.append((key, self.rows[key][-1]))

    def table(self, period: str, table: str, **row: Any) -> None:
        self.add("control_plane", period, f"{table}.csv", **row)

    def correct(self, row: Cells, **values: Any) -> None:
        """Other values in a row of a file that may have been delivered already."""
        self.changed[id(row)] = row | as_text(values)

    def amend(self, key: Key, **row: Any) -> None:
        """A row more in a file that may have been delivered already."""
        self.added[key].append(as_text(row))

    def files(self, through: str | None = None, corrected: bool = False) -> list[File]:
        """Files delivered up to a month, as they were at first or as corrected."""
        return [
            File(key[0], key[1], key[2], tuple(self._as_corrected(key) if corrected else rows))
            for key, rows in sorted(self.rows.items())
            if rows and (through is None or key[1] <= through)
        ]

    def _as_corrected(self, key: Key) -> list[Cells]:
        return [*(self.changed.get(id(row), row) for row in self.rows[key]), *self.added.get(key, ())]


def as_text(row: dict[str, Any]) -> Cells:
    return {name: "" if value is None else str(value) for name, value in row.items()}
