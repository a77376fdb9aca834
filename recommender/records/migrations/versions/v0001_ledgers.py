"""The two ledgers and their headers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    occurrence = sa.Column("occurrence", sa.Integer, nullable=False)
    unique = sa.UniqueConstraint("run", "occurrence", name="recommender_one_proposal_of_a_run")
    for name, further in (
        ("recommender_results", ()),
        ("recommender_proposals", (occurrence, unique)),
    ):
        op.create_table(
            name,
            sa.Column("sequence", _number, primary_key=True, autoincrement=True),
            sa.Column("run", sa.String(100), nullable=False),
            sa.Column("number", sa.BigInteger, nullable=False),
            sa.Column("label", sa.String(64), nullable=False),
            sa.Column("params", sa.String(64), nullable=False),
            sa.Column("cells", sa.Text, nullable=False),
            *further,
            sqlite_autoincrement=True,
        )
        for column in ("run", "number", "label", "params"):
            op.create_index(f"ix_{name}_{column}", name, [column])
    op.create_table(
        "recommender_headers",
        sa.Column("sequence", _number, primary_key=True, autoincrement=True),
        sa.Column("ledger", sa.String(20), nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
