"""Alembic's entry: it only uses the connection that `migrations.run` hands to it."""

from alembic import context

from server import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
