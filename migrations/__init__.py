"""The database's versions (Alembic), and the two commands that Cohort needs of it."""
