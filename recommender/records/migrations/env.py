"""Alembic runs this file; the connection, and the transaction around it, are the caller's."""

from alembic import context

from recommender.records.database.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
