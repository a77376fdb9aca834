"""A PostgreSQL server of the tests' own, and a history in a schema of its own on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests.needs import unavailable

_numbers = count(1)
PORT = 5432  # of the socket's name; the server listens to no network


def _program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else shutil.which(name)


@contextmanager
def server() -> Iterator[str]:
    """Run a server; yield the folder of its socket."""
    initdb, control = _program("initdb"), _program("pg_ctl")
    if initdb is None or control is None:
        reason = "PostgreSQL is not installed (on Debian: apt-get install postgresql)"
        unavailable(reason)
    # Not in pytest's folder, which no other user may enter: the superuser may not run a server.
    folder = Path(tempfile.mkdtemp(prefix="recommender-postgresql-"))
    user = {}
    if os.geteuid() == 0:
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str) -> None:
        with (folder / "log").open("a") as log:
            subprocess.run(command, cwd=folder, stdout=log, stderr=log, check=True, **user)

    data = str(folder / "data")
    (folder / "log").touch()
    try:
        run(initdb, "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -p {PORT} -c listen_addresses= -c max_connections=60 -c fsync=off"
        run(control, "-D", data, "-l", str(folder / "server.log"), "-w", "-o", options, "start")
        try:
            yield str(folder)
        finally:
            run(control, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connected(socket: str) -> psycopg.Connection:
    """Connect to the server itself."""
    login = {"host": socket, "port": PORT, "user": "tests", "dbname": "postgres"}
    return psycopg.connect(**login, autocommit=True)


@contextmanager
def schema(socket: str) -> Iterator[str]:
    """Make a schema of its own; yield the URL of a history in it."""
    name = f"tests_{next(_numbers)}"
    with connected(socket) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield (
            f"postgresql+psycopg://tests@/postgres?host={socket}&port={PORT}"
            f"&options=-csearch_path%3D{name}"
        )
    finally:
        with connected(socket) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def disconnect(socket: str, names: str) -> None:
    """End the connections of the applications whose name is LIKE `names`, as an outage does."""
    with connected(socket) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE application_name LIKE %s AND pid <> pg_backend_pid()",
            (names,),
        )
