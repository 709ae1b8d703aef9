"""Alembic's entry: it only uses the connection that `migrations.run` hands to it."""

from alembic import context

from server import account_tables, library_tables  # noqa: F401  (their tables are among Base's)
from server.orm import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
