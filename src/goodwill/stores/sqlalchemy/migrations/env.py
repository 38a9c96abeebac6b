"""What Alembic runs around the revisions: with a connection, or with a dialect alone to write SQL."""

from __future__ import annotations

from alembic import context

from goodwill.stores.sqlalchemy.tables import metadata

attributes = context.config.attributes
connection = attributes.get("connection")
context.configure(
    connection=connection,
    dialect_name=attributes.get("dialect"),
    target_metadata=metadata(attributes["prefix"], attributes["schema"]),
    version_table=f"{attributes['prefix']}version",
    version_table_schema=attributes["schema"],
    literal_binds=connection is None,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
