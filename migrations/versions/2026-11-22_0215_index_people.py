"""Find what somebody said, saved and did, when their account is deleted."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_said_person", "said", ["person"])
    op.create_index("ix_build_versions_author", "build_versions", ["author"])
    op.create_index("ix_audit_by", "audit", ["by"])


def downgrade() -> None:
    op.drop_index("ix_audit_by", table_name="audit")
    op.drop_index("ix_build_versions_author", table_name="build_versions")
    op.drop_index("ix_said_person", table_name="said")
