"""The tables of a history, the same on PostgreSQL and SQLite.

Rows are only ever added, and `sequence` is their order. The cells of a row are a JSON object of
texts by column, because the names of columns are data: whatever they are, no statement is made of
them. The other columns are there to find the rows of one run.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0001"
VERSION_TABLE = "recommender_version"

metadata = MetaData()

_number = BigInteger().with_variant(Integer, "sqlite")  # where only this one counts by itself


def _ledger(name: str, *further: Column[int] | UniqueConstraint) -> Table:
    return Table(
        name,
        metadata,
        Column("sequence", _number, primary_key=True, autoincrement=True),
        Column("run", String(100), nullable=False, index=True),
        Column("number", BigInteger, nullable=False, index=True),  # the running number in `run`
        Column("label", String(64), nullable=False, index=True),  # its hash
        Column("params", String(64), nullable=False, index=True),  # their hash
        Column("cells", Text, nullable=False),
        *further,
        sqlite_autoincrement=True,
    )


results = _ledger("recommender_results")

proposals = _ledger(
    "recommender_proposals",
    # 0 in every proposal made here; merged files may hold the proposal of one run more than once.
    Column("occurrence", Integer, nullable=False),
    UniqueConstraint("run", "occurrence", name="recommender_one_proposal_of_a_run"),
)

headers = Table(
    "recommender_headers",
    metadata,
    Column("sequence", _number, primary_key=True, autoincrement=True),
    Column("ledger", String(20), nullable=False),
    Column("columns", Text, nullable=False),  # a JSON list of names; the last row counts
    sqlite_autoincrement=True,
)
