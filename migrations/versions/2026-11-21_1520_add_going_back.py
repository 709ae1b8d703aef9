"""Whether editors may go back, and in which epoch a session was put away from Redis."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sessions",
        sa.Column("editors_go_back", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("sessions", sa.Column("away", sa.String(length=16), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "away")
    op.drop_column("sessions", "editors_go_back")
