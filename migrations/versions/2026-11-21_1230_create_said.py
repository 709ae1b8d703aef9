"""What people of a session say to each other."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "said",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_said_session_id_sessions"
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name="pk_said"),
    )
    op.create_index(
        "ix_said_message_id", "said", ["session_id", "person", "message_id"], unique=True
    )


def downgrade() -> None:
    op.drop_table("said")
