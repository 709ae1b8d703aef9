"""The library: saved builds, their versions, favourites, and what finds them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What of the totals is searched, in ten thousandths.
STATS = (
    "defense_smashing",
    "defense_lethal",
    "defense_fire",
    "defense_cold",
    "defense_energy",
    "defense_negative",
    "defense_toxic",
    "defense_psionic",
    "defense_melee",
    "defense_ranged",
    "defense_aoe",
    "resistance_smashing",
    "resistance_lethal",
    "resistance_fire",
    "resistance_cold",
    "resistance_energy",
    "resistance_negative",
    "resistance_toxic",
    "resistance_psionic",
    "health_max",
    "health_regeneration",
    "endurance_recovery",
    "endurance_net_per_second",
    "offense_recharge",
    "offense_damage",
    "offense_to_hit",
)


def upgrade() -> None:
    op.create_table(
        "builds",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("owner_name", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("visibility", sa.String(length=8), nullable=False),
        sa.Column("tags", sa.String(length=400), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("archetype", sa.String(length=160), nullable=False),
        sa.Column("primary", sa.String(length=160), nullable=False),
        sa.Column("secondary", sa.String(length=160), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("favourites", sa.Integer(), nullable=False),
        sa.Column("forked_from", sa.String(length=32), nullable=True),
        sa.Column("forked_version", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_builds"),
    )
    op.create_index("ix_builds_owner", "builds", ["owner"])
    op.create_table(
        "build_versions",
        sa.Column("build_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("author_name", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("epoch", sa.String(length=16), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("restored", sa.Integer(), nullable=True),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("release", sa.String(length=120), nullable=False),
        sa.Column("totals", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["build_id"], ["builds.id"], name="fk_build_versions_build_id_builds"
        ),
        sa.PrimaryKeyConstraint("build_id", "number", name="pk_build_versions"),
    )
    op.create_table(
        "favourites",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("build_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name="fk_favourites_build_id_builds"),
        sa.PrimaryKeyConstraint("person", "build_id", name="pk_favourites"),
    )
    op.create_index("ix_favourites_build_id", "favourites", ["build_id"])
    op.create_table(
        "build_search",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("build_id", sa.String(length=32), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        *(sa.Column(stat, sa.Integer(), nullable=False) for stat in STATS),
        sa.ForeignKeyConstraint(
            ["build_id"], ["builds.id"], name="fk_build_search_build_id_builds"
        ),
        sa.PrimaryKeyConstraint("place", name="pk_build_search"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_build_search_build_id", "build_search", ["build_id"], unique=True)
    term = sa.String(length=200)
    op.create_table(
        "build_terms",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "term",
            term.with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("place", "term", name="pk_build_terms"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_build_terms_term", "build_terms", ["term", "place"])


def downgrade() -> None:
    for table in ("build_terms", "build_search", "favourites", "build_versions", "builds"):
        op.drop_table(table)
