"""Dagster's own event log in SQLite, with its connections kept open.

A close records several hundred events. Dagster's storage makes an engine and a connection for each of them, two or
three times over, which took longer than the close itself. Everything in `dagster/` can be deleted, so its writes need
not wait for the disk either. Held to one release of Dagster by the lock file, and by the tests that close months.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

# One shard is the index over all runs, the others are a run each; more than a few are never in use at once.
_OPEN_SHARDS = 4


class EventLog(SqliteEventLogStorage):
    """The default event log, but an engine per shard instead of one per event."""

    def __init__(self, base_dir: str, inst_data: Any = None):
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        # Tables, and columns of assets: asked for with every event, and what the database has it keeps.
        self._known: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventLog":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _do_not_wait_for_the_disk)
            self._initdb(engine)
            self._engines[shard] = engine
            while len(self._engines) > _OPEN_SHARDS:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._known and super().has_table(table_name):
            self._known.add(table_name)
        return table_name in self._known

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._known and super()._has_asset_key_col_on_connection(conn, column_name):
            self._known.add(column_name)
        return column_name in self._known

    def dispose(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


def _do_not_wait_for_the_disk(connection: Any, _: Any) -> None:
    connection.execute("pragma synchronous = off")
