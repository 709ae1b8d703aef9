"""What outlives a session, in SQL: tables and the way to them.

Columns for what is queried; the rest is the encoded Struct. Times are milliseconds since 1970.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
    false,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from server.breaker import Breaker
from server.telemetry.measures import UNMEASURED, Measures

CONNECT_S = 10.0
# SQLSTATE: the statement, or what it was given, is wrong. All else is PostgreSQL's: it is gone, has
# no room, is read-only, takes our login no more, took too long, or others were at the same rows.
WRONG = ("0A", "21", "22", "23", "42")
NOT_ALLOWED = "42501"  # for what its operator has not granted us
READ_ONLY = "25006"


class DatabaseAwayError(Exception):
    """SQL did not answer in time, or refuses what is asked."""

    @property
    def sentence(self) -> str:
        """For an operator: neither the statement, nor what a URL holds."""
        cause = self.__cause__
        said = "" if cause is None else said_by(cause)
        return f"The database does not answer: {said or 'it takes too long'}."


class ReadOnlyError(DatabaseAwayError):
    """SQL answers, and lets nobody write."""

    @property
    def sentence(self) -> str:
        return "The database is read-only."


def said_by(error: BaseException) -> str:
    """In one line, without the statement and a full stop."""
    said = error.orig if isinstance(error, StatementError) else error
    return " ".join(str(said).split()).rstrip(".")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class SessionRow(Base):
    """A session. access: the version of who may do what; ended_at: it never opens again; locked:
    nobody edits; editors_go_back: see `rights.may_go_back`; away: it was removed from Redis in
    this epoch, and is to be looked for there only once it has a newer one."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    engine: Mapped[str] = mapped_column(String(40))
    release: Mapped[str] = mapped_column(String(120))
    access: Mapped[int]
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    editors_go_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    away: Mapped[str | None] = mapped_column(String(16))


class EpochRow(Base):
    """One start of a session's log. recorded: the newest revision of it that is in SQL.

    ordinal: 0, 1, … in the session; previous: the epoch before; left_at: the revision at which
    that one was left and this one began.
    """

    __tablename__ = "epochs"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16), primary_key=True)
    ordinal: Mapped[int]
    previous: Mapped[str | None] = mapped_column(String(16))
    left_at: Mapped[int | None] = mapped_column(BigInteger)
    recorded: Mapped[int] = mapped_column(BigInteger)


class CheckpointRow(Base):
    """A session's build, totals and findings at a revision (an encoded `logged.Stored`)."""

    __tablename__ = "checkpoints"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stored: Mapped[bytes] = mapped_column(LargeBinary)


class ChangeRow(Base):
    """A change of the log: the frame as it went on the wire, and its inverse."""

    __tablename__ = "changes"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person: Mapped[str | None] = mapped_column(String(32))
    edit: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(16))
    at: Mapped[int] = mapped_column(BigInteger)
    frame: Mapped[bytes] = mapped_column(LargeBinary)
    inverse: Mapped[bytes] = mapped_column(LargeBinary)


class InvitationRow(Base):
    """A link. Its secret is kept as a hash only; used: by how many persons."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_secret_hash", "secret_hash", unique=True),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    uses: Mapped[int | None]
    used: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class MemberRow(Base):
    """A person's role in a session, and the invitation that they came by."""

    __tablename__ = "members"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
    name: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(16))
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("invitations.id"))
    joined_at: Mapped[int] = mapped_column(BigInteger)


class SaidRow(Base):
    """What a person said. number: 1, 2, … in the session; message_id: the author's own, if any."""

    __tablename__ = "said"
    __table_args__ = (
        Index("ix_said_message_id", "session_id", "person", "message_id", unique=True),
        Index("ix_said_person", "person"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(String(500))
    at: Mapped[int] = mapped_column(BigInteger)


class ProposalRow(Base):
    """A proposal. operations, totals: encoded; base: the revision that it was made on; revision:
    of the change that came of it."""

    __tablename__ = "proposals"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(80))
    operations: Mapped[bytes] = mapped_column(LargeBinary)
    totals: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    base: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(32))
    revision: Mapped[int | None] = mapped_column(BigInteger)


class Database:
    """SQLite or PostgreSQL by URL; a unit of work is `reading()` or `writing()`."""

    def __init__(self, url: str, measures: Measures = UNMEASURED) -> None:
        self.engine = connect(url)
        self._url = url
        self._failed = measures.sql_failed
        self._breaker = Breaker(self._answers)
        # SQLite locks when a transaction first writes, too late for one that read before: a
        # writer says so when it begins.
        self._writing = self.engine.execution_options(cohort_writes=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Raises DatabaseAwayError."""
        async with (
            self._reaching(),
            AsyncSession(self.engine, expire_on_commit=False) as session,
        ):
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Commits at the end, unless an exception leaves it. Raises DatabaseAwayError."""
        async with (
            self._reaching(),
            AsyncSession(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    async def ping(self) -> None:
        """Whether it answers, and could be written to. Raises DatabaseAwayError."""
        postgres = self.engine.dialect.name == "postgresql"
        async with self.reading() as session:
            asked = text("SHOW transaction_read_only" if postgres else "SELECT 1")
            read_only = await session.scalar(asked) == "on"
        if read_only:
            await self.engine.dispose()  # as `_leave_read_only`
            raise ReadOnlyError

    async def close(self) -> None:
        await self._breaker.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        with may_be_away(self._failed):
            async with self._breaker.working():
                yield

    async def _answers(self) -> bool:
        # By a connection of its own: those of the pool may all be at work.
        apart = connect(self._url, poolclass=NullPool)
        try:
            with may_be_away():
                async with apart.connect() as connection:
                    await connection.execute(text("SELECT 1"))
        except DatabaseAwayError:
            return False
        return True


@contextmanager
def may_be_away(failed: Callable[[], object] = UNMEASURED.sql_failed) -> Iterator[None]:
    """For what may take its time. Raises DatabaseAwayError."""
    try:
        yield
    except (DBAPIError, OSError, TimeoutError) as error:
        if isinstance(error, DBAPIError) and _is_wrong(error):
            raise
        failed()
        read_only = isinstance(error, DBAPIError) and _state(error.orig) == READ_ONLY
        raise (ReadOnlyError if read_only else DatabaseAwayError)(str(error)) from error


def _is_wrong(error: DBAPIError) -> bool:
    """Whether the statement, or what it was given, would be refused by any database."""
    # The class does not tell of PostgreSQL: most of what it says is none for its driver.
    if state := _state(error.orig):
        return state.startswith(WRONG) and state != NOT_ALLOWED
    return isinstance(error, IntegrityError | DataError | ProgrammingError)


def _state(error: BaseException | None) -> str | None:
    """As PostgreSQL gives it."""
    return getattr(error, "sqlstate", None)


def insert_new(sql: AsyncSession, table: type[Base], rows: list[dict[str, Any]]) -> Any:
    """Insert what is not there yet: somebody else may have been first."""
    dialect = sqlite if sql.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table).values(rows).on_conflict_do_nothing()


def insert_each(sql: AsyncSession, table: type[Base]) -> Any:
    """As `insert_new`, of rows that are given when it is executed: it is compiled once."""
    dialect = sqlite if sql.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(cast(Table, table.__table__)).on_conflict_do_nothing()


class _SQLite(sqlite3.Connection):
    """A connection that gives its lock back when it is closed.

    SQLite goes on with a closed connection as long as there is a cursor that was not read to its
    end, its transaction included: so a call that is cancelled between a query and the reading of
    its rows would leave everybody locked out until the garbage collector comes by.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


def connect(url: str, **options: Any) -> AsyncEngine:
    """What goes wrong names the statement, and never what it was given: it may end up in a log.

    options: as of SQLAlchemy's.
    """
    if not url.startswith("sqlite"):
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"timeout": CONNECT_S},
            **options,
        )
        event.listen(engine.sync_engine, "handle_error", _leave_read_only)
        return engine
    engine = create_async_engine(
        url, hide_parameters=True, connect_args={"factory": _SQLite}, **options
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _leave_read_only(context: ExceptionContext) -> None:
    """Connect anew, all: others may be at the same server, which is no longer the one to write to;
    it answers their pings."""
    if _state(context.original_exception) == READ_ONLY:
        context.is_disconnect = True


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin` does
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cohort_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
