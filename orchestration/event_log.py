"""Dagster's event log in SQLite, with connections that are kept.

Dagster opens, commits to disk and closes a database several times per event: 45 ms each on a
busy disk, where 1.5 ms do. A refresh writes an event for every model and check, more than once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

# One database per run: a web server that shows many runs must not keep all of them open.
KEPT_DATABASES = 8


class KeptSqliteEventLog(SqliteEventLogStorage):
    """As Dagster's own storage, in the same files; named in `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> KeptSqliteEventLog:
        """Made by Dagster from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard), connect_args={"timeout": 60}
            )
            # A crash of the machine may cost the last events, never the database.
            sa.event.listen(
                engine, "connect", lambda con, _: con.execute("pragma synchronous = normal")
            )
            self._engines[shard] = engine
            while len(self._engines) > KEPT_DATABASES:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]
