"""The tables of the library: saved builds, their versions, and what finds them.

A search reads `build_search` from its newest end: a row there is about 120 bytes, so that looking
at each of 100,000 takes about 10 ms. What is asked for by name (archetype, powersets, tags, words,
author) is a term, and the rarest one leads.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
)
from sqlalchemy.orm import Mapped, mapped_column

from calc.stats import DAMAGE_TYPES, DEFENSE_TYPES, NUMBER
from server.orm import Base

CHOSEN = (
    *(f"defense.{word}" for word, _ in DEFENSE_TYPES),
    *(f"resistance.{word}" for word, _, _ in DAMAGE_TYPES),
    "health.max",
    "health.regeneration",
    "endurance.recovery",
    "endurance.net_per_second",
    "offense.recharge",
    "offense.damage",
    "offense.to_hit",
)
"""The stats that a search may set a threshold for. One more is a migration."""
assert NUMBER.keys() >= set(CHOSEN)

# Names are compared byte by byte, so that those which begin alike stand together.
TERM = String(200).with_variant(String(200, collation="C"), "postgresql")


class BuildRow(Base):
    """A saved build, as its newest version is.

    edition: rises with whatever is changed, and is its `ETag`; version: the newest one's number;
    tags: separated by blanks; favourites: how many persons have it among theirs; forked_from: the
    build that it began as, which may be gone.
    """

    __tablename__ = "builds"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(32), index=True)
    owner_name: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    visibility: Mapped[str] = mapped_column(String(8))
    tags: Mapped[str] = mapped_column(String(400))
    edition: Mapped[int]
    version: Mapped[int]
    message: Mapped[str] = mapped_column(String(500))
    archetype: Mapped[str] = mapped_column(String(160))
    primary: Mapped[str] = mapped_column(String(160))
    secondary: Mapped[str] = mapped_column(String(160))
    level: Mapped[int]
    favourites: Mapped[int]
    forked_from: Mapped[str | None] = mapped_column(String(32))
    forked_version: Mapped[int | None]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class VersionRow(Base):
    """A version, which never changes: the encoded document and totals, and where they are from.

    revision, epoch, session_id: of the session that it was saved from; restored: the version
    that it brought back.
    """

    __tablename__ = "build_versions"

    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(String(32), index=True)
    author_name: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(String(500))
    at: Mapped[int] = mapped_column(BigInteger)
    session_id: Mapped[str | None] = mapped_column(String(32))
    epoch: Mapped[str | None] = mapped_column(String(16))
    revision: Mapped[int | None] = mapped_column(BigInteger)
    restored: Mapped[int | None]
    engine: Mapped[str] = mapped_column(String(40))
    release: Mapped[str] = mapped_column(String(120))
    totals: Mapped[bytes] = mapped_column(LargeBinary)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class FavouriteRow(Base):
    """A person's favourite."""

    __tablename__ = "favourites"

    person: Mapped[str] = mapped_column(String(32), primary_key=True)
    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id"), primary_key=True, index=True)
    at: Mapped[int] = mapped_column(BigInteger)


def column_of(stat: str) -> str:
    """The column of `build_search` that holds a chosen stat."""
    return stat.replace(".", "_")


# place: rises with each new version of any build, so that the newest come last; shown: 0 to the
# author, 1 to who has the link, 2 to everybody. Stats are in ten thousandths, as exact as people
# read them.
SEARCH = Table(
    "build_search",
    Base.metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("build_id", String(32), ForeignKey("builds.id"), nullable=False),
    Column("shown", Integer, nullable=False),
    *(Column(column_of(stat), Integer, nullable=False) for stat in CHOSEN),
    Index("ix_build_search_build_id", "build_id", unique=True),
    sqlite_with_rowid=False,
)

# What a build may be asked for by: "archetype:…", "set:…", "tag:…", "word:…", "author:…".
TERMS = Table(
    "build_terms",
    Base.metadata,
    Column("place", BigInteger, nullable=False),
    Column("term", TERM, nullable=False),
    PrimaryKeyConstraint("place", "term"),
    Index("ix_build_terms_term", "term", "place"),
    sqlite_with_rowid=False,
)
