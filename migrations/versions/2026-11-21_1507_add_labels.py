"""What somebody is called where they log in elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credentials", sa.Column("label", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("credentials", "label")
