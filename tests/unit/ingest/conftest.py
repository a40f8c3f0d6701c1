"""A landing in a temporary folder, and what became of it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_assets.home import Home
from python_assets.ingest import FileCount, ingest_feed, quarantine_sql, relation_sql
from python_assets.memory import lent

APRIL = date(2026, 4, 1)


class Landing:
    """Delivers files and asks what raw/ then holds."""

    def __init__(self, root: Path):
        self.home = Home(root)

    def put(self, feed: str, name: str, content: str | bytes, period: str = "2026-04") -> Path:
        path = self.home.landing / feed / f"period={period}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def map(self, name: str, text: str) -> None:
        """Puts a mapping into the home."""
        self.home.mappings.mkdir(exist_ok=True)
        (self.home.mappings / name).write_text(text, "utf-8")

    def ingest(self, feed: str, through: date = APRIL) -> list[FileCount]:
        return ingest_feed(self.home, feed, through)

    def query(self, sql: str) -> list[tuple]:
        with lent() as connection:
            return connection.execute(sql).fetchall()

    def rows(self, table: str, columns: str = "*") -> list[tuple]:
        return self.query(f"select {columns} from ({relation_sql(self.home, table)}) order by _period, _file, _row")

    def quarantine(self, columns: str = "line, column_name, value, reason") -> list[tuple]:
        return self.query(f"select {columns} from ({quarantine_sql(self.home)}) order by period, file, line")

    def problem_lines(self) -> list[int]:
        return [line for (line,) in self.quarantine("line")]


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


@pytest.fixture(scope="session")
def judge() -> Iterator[Callable[[str, str], Any]]:
    """(kind, text) to its value as text, or to the reason why it is none."""
    from python_assets.ingest.feeds import Column, Table
    from python_assets.ingest.values import checked_sql, literal, prepare

    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Australia/Sydney'")
        prepare(connection)

        def of(kind: str, text: str, **column: Any) -> Any:
            table = Table("t", "t", (Column("v", kind, **column),))
            # Two rows, so that nothing is folded as a constant and each row stands for itself.
            source = f"(select * from (values ({literal(text)}), (null)) as rows(v) where random() >= 0)"
            sql = f"select cast(v as varchar), _fault->>'reason' from ({checked_sql(table, source)})"
            value, reason = connection.execute(sql).fetchall()[0]
            return ("fault", reason) if reason else value

        yield of
