"""Connections to a database: its transactions and locks, its tables, and what its errors say."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from recommender.errors import HistoryError, UsageError
from recommender.history_url import EXAMPLES, passwords, redacted, scrubbed
from recommender.records import disk
from recommender.records.database.schema import REVISION, VERSION_TABLE, headers
from recommender.records.protocol import Probe

_SECONDS_TO_WRITE = 60.0  # more than anybody holds the write lock
_SECONDS_OF_SILENCE = 1.0
_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_DRIVERS = ("postgresql+psycopg", "postgresql", "sqlite", "sqlite+pysqlite")

# A PostgreSQL lock is two numbers: which of ours, and the schema that the tables are in.
_WRITING, _PROPOSING = 0x7265636F, 0x72656370
_LOCK = text("SELECT pg_advisory_xact_lock(:lock, hashtext(current_schema()))")
_HOLDER = text(
    "SELECT a.application_name, a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :lock AND "
    "l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid"
)
_LOCK_NOT_AVAILABLE = "55P03"
# A connection that fails has no code, only a text.
_NO_PLACE_FREE = ("too many clients", "too many connections", "connection slots")


class Database:
    """A database by its URL; the file of an SQLite one is meant from `folder` on.

    Every call makes a connection of its own, and a process that dies lets go of its locks with it.

    Raises:
        UsageError: the URL is none that can be used.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.name = redacted(url)
        self._secrets = passwords(url)
        try:
            parsed = make_url(url)
        except (SQLAlchemyError, ValueError):
            parsed = None
        if parsed is None or parsed.drivername not in _DRIVERS:
            raise UsageError(f"{self.name}: this is not the URL of a history; write {EXAMPLES}")
        self.file: Path | None = None
        if parsed.get_backend_name() == "sqlite":
            if parsed.host or parsed.database in (None, "", ":memory:"):
                raise UsageError(
                    f"{self.name}: this names no file; write sqlite:///history/runs.db, which is "
                    "meant from the project folder on, or sqlite:////absolute/path/runs.db"
                )
            self.file = Path(os.path.realpath(folder / str(parsed.database)))
            parsed = URL.create("sqlite", database=str(self.file))
            arguments: dict[str, Any] = {"timeout": _SECONDS_TO_WRITE, "isolation_level": None}
        else:
            parsed = parsed.set(drivername="postgresql+psycopg")
            who = f"recommend, process {os.getpid()} on {os.uname().nodename}"
            arguments = {"application_name": who[:63]}
            if "connect_timeout" not in parsed.query:
                arguments["connect_timeout"] = 10
        with self._explained():
            self._engine = create_engine(
                parsed, poolclass=NullPool, hide_parameters=True, connect_args=arguments
            )
        event.listen(self._engine, "begin", _begin)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """Hold a view of the tables at one moment; None where nothing was ever written.

        Raises:
            HistoryError: the database cannot be used.
        """
        if self.file is not None and not self.file.exists():
            yield None
            return
        with self._explained():
            with self._connection(isolation_level="REPEATABLE READ") as connection:
                revision = _revision(connection)
                if revision in (None, REVISION):
                    yield connection if revision else None
                    return
            with self.writing():
                pass  # which brings the tables up to date
            with self._connection(isolation_level="REPEATABLE READ") as connection:
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Hold the write lock and a transaction, which is committed in the end.

        Raises:
            HistoryError: the lock cannot be had in time, or the database not be used.
        """
        with self._explained(), contextlib.ExitStack() as stack:
            if self.file is not None:
                lock = self.file.with_name(f".{self.file.name}.lock")
                stack.enter_context(disk.locked_in_time(lock, _SECONDS_TO_WRITE))
            connection = stack.enter_context(self._connection(immediate=True))
            if self.file is None and not _locked(connection, _WRITING, _SECONDS_TO_WRITE):
                raise HistoryError(
                    f"{self.name}: another process holds the write lock "
                    f"({self._holder(connection)}); wait for it to finish, or end it, and try again"
                )
            if (revision := _revision(connection)) != REVISION:
                self._upgrade(connection, revision)
            yield connection
            try:
                connection.commit()
            except DBAPIError as error:
                # The rows may be safe already: an answer was lost, or an old journal not removed.
                raise HistoryError(
                    f"{self.name}: failed at the last moment ({self._said(error)}), so it is not "
                    "known whether this was recorded; say it again: what is known is not written "
                    "twice"
                ) from None

    def probe(self) -> Probe:
        """Write a row and take it back, and with it whatever tables had to be made for it.

        Raises:
            HistoryError: the database cannot be written.
        """
        with self.reading() as connection:
            revision = None if connection is None else _revision(connection)
        if self.file is not None and not self.file.exists():
            return Probe(revision)
        with self.writing() as connection:
            connection.execute(insert(headers), {"ledger": "probe", "columns": "[]"})
            damage = ""
            if self.file is None:
                time = connection.scalar(select(func.now()))
            else:
                time = None
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                damage = "" if found == "ok" else str(found)
            connection.rollback()
        return Probe(revision, time, damage)

    @contextlib.contextmanager
    def proposing(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the lock under which batches are proposed; `waiting` is called if that takes long.

        Raises:
            HistoryError: the database cannot be used.
        """
        if self.file is not None:
            path = self.file.with_name(f".{self.file.name}.next.lock")
            with disk.locked(path, _SECONDS_OF_SILENCE, lambda _: waiting()):
                yield
            return
        with self._explained(), self._connection() as connection:
            if not _locked(connection, _PROPOSING, _SECONDS_OF_SILENCE):
                waiting()
                _locked(connection, _PROPOSING, 0)
            yield

    @contextlib.contextmanager
    def _connection(self, **options: Any) -> Iterator[Connection]:
        if self.file is not None:
            options.pop("isolation_level", None)
        connection = self._connect()
        try:
            yield connection.execution_options(**options)
        finally:
            connection.close()

    def _connect(self) -> Connection:
        """Connect, waiting for a place where the server has none free."""
        began = time.monotonic()
        while True:
            try:
                return self._engine.connect()
            except OperationalError as error:
                full = any(sign in str(error.orig) for sign in _NO_PLACE_FREE)
                if not full or time.monotonic() - began > _SECONDS_TO_WRITE:
                    raise
            time.sleep(random.uniform(0.05, 0.5))  # so that those who wait do not come together

    def _holder(self, connection: Connection) -> str:
        holders = connection.execute(_HOLDER, {"lock": _WRITING}).all()
        return "; ".join(f"{name or 'unknown'}, backend {pid}" for name, pid in holders) or "gone"

    def _upgrade(self, connection: Connection, revision: str | None) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        known = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
        if revision is not None and revision not in known:
            raise HistoryError(
                f"{self.name}: its tables are of revision {revision!r}, this program knows "
                f"{', '.join(known)}; a newer recommender made them: install that one"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of the driver into a `HistoryError` without a password."""
        try:
            yield
        except SQLAlchemyError as error:
            raise HistoryError(
                f"{self.name}: the database cannot be used: {self._said(error)}; nothing was "
                "recorded: see to that and try again"
            ) from None

    def _said(self, error: SQLAlchemyError) -> str:
        """Return what the driver said, without a password."""
        cause = getattr(error, "orig", None) or error
        secrets = [*self._secrets, os.environ.get("PGPASSWORD", "")]
        return scrubbed(" ".join(str(cause).split()), [secret for secret in secrets if secret])


def _begin(connection: Connection) -> None:
    # sqlite3 itself would begin only before the first row is written, after what that row rests on
    # was read.
    if connection.dialect.name == "sqlite":
        if connection.get_execution_options().get("immediate"):
            connection.exec_driver_sql("PRAGMA synchronous = EXTRA")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")


def _revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def _locked(connection: Connection, lock: int, seconds: float) -> bool:
    """Take a lock until the end of the transaction; false if that took longer than `seconds`."""
    timeout = f"{seconds * 1000:.0f}ms"  # 0: as long as it takes
    connection.execute(text("SELECT set_config('lock_timeout', :it, true)"), {"it": timeout})
    try:
        connection.execute(_LOCK, {"lock": lock})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        connection.rollback()
        return False
    return True
