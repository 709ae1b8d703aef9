"""Guests who may not come any more."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "banned_guests",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("banned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_banned_guests"),
    )


def downgrade() -> None:
    op.drop_table("banned_guests")
