"""What SQL knows of a session, for when Redis lost it or went back to an older state.

A log that starts again does so in a new epoch: from what Redis has, else from SQL. What SQL
holds beyond that is handed to the workers, who decide it again on top.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.engine import Engine
from server.log.answers import change_of, stored_of
from server.log.log import Log
from server.log.logged import Entries, Memory, Stored
from server.logic.rights import Access
from server.logic.session import Committed, State, entry, follow
from server.members.access import access_of, new_id, session_row
from server.members.checkpoints import keep_build
from server.orm import ChangeRow, CheckpointRow, Database, EpochRow, insert_new
from server.protocol import Position
from server.recording.removal import look_for_again
from server.recording.rows import BATCH
from server.server_messages import Change

FAR = 8  # epochs to go through for a session's build; then it is kept where the next begins
LOST = "lost"  # in place of an edit's digest: it was lost, and may not be made again


class Span(msgspec.Struct, frozen=True):
    """A part of a session's history: an epoch's revisions above `after`, up to `upto`."""

    epoch: str
    after: int
    upto: int


class Start(msgspec.Struct, frozen=True):
    """Where an epoch began: at the revision `left_at` of the one before ("": there is none)."""

    epoch: str
    previous: str
    left_at: int


class Archive:
    """Opens sessions again in a new epoch. edit_ids: how many edit ids are brought back.

    What only a newer release can read raises ForeignError.
    """

    def __init__(self, database: Database, log: Log, engine: Engine, edit_ids: int) -> None:
        self._database = database
        self._log = log
        self._engine = engine
        self._edit_ids = edit_ids

    async def reopen(self, session: str, found: str = "") -> bool:
        """Give Redis what SQL has of a session; False when there is no such session.

        found: the epoch of what Redis has and is of no use. Two who do it at once agree: who
        comes second changes nothing. Raises DatabaseAwayError.
        """
        row = await session_row(self._database, session)
        if row is None:
            return False
        if row.away is not None:  # before it is there: whoever dies on the way
            await look_for_again(self._database, [session])
        async with self._database.reading() as sql:
            epochs = await epochs_of(sql, session)
            history = spans_to(epochs, epochs[-1].epoch, epochs[-1].recorded)
            state, far = await _newest(sql, session, history)
            edits = await _edits(sql, session, history, self._edit_ids)
        access = await access_of(self._database, session)
        stored = Stored(
            new_id(6), state.revision, state.edit, state.build, state.totals, state.findings
        )
        computed = self._engine.result(state.build)
        ours = (computed.totals, computed.findings) == (state.totals, state.findings)
        # Else by the engine of another release: the wanted one takes over by a change of its own,
        # never because of who opened the session.
        engine = self._engine.name if ours else ""
        forgotten = edits[-1][1] - 1 if len(edits) == self._edit_ids else 0
        memory = Memory(history[0].epoch, forgotten, edits)
        if await self._log.open(session, stored, engine, access, found, memory):
            # Whose right changed meanwhile was told to a log that was not there.
            await self._log.put_access(session, await access_of(self._database, session))
            start = Start(stored.epoch, memory.previous, stored.revision)
            async with self._database.writing() as sql:
                await know_epoch(sql, session, start)
                if far:
                    kept = msgspec.json.encode(stored)
                    await keep_build(sql, session, start.epoch, start.left_at, kept)
        return True

    async def again(self, session: str, found: str) -> None:
        """Let a session whose log went back go on in a new epoch, from what Redis has.

        found: the epoch that went back; when the session is in another one already, nothing
        happens. Raises DatabaseAwayError, and UnreachableError.
        """
        while True:
            entries = await self._log.entries(session)
            if entries is None or entries.epoch != found:
                return
            async with self._database.reading() as sql:
                shared = await _shared(sql, session, entries)
            access = await access_of(self._database, session)
            start = Start(new_id(6), shared.epoch, shared.revision)
            if await self._log.again(session, found, start.epoch, shared, access):
                async with self._database.writing() as sql:
                    await know_epoch(sql, session, start)
                return

    async def before(self, session: str, revision: int, count: int) -> list[Committed]:
        """The newest changes before a revision, rising. Raises DatabaseAwayError."""
        found: list[Committed] = []
        async with self._database.reading() as sql:
            epochs = await epochs_of(sql, session)
            for span in _with_changes(spans_to(epochs, epochs[-1].epoch, epochs[-1].recorded)):
                upto = min(span.upto, revision - 1)
                rows = await sql.execute(
                    select(ChangeRow.frame, ChangeRow.inverse)
                    .where(*within(session, msgspec.structs.replace(span, upto=upto)))
                    .order_by(ChangeRow.revision.desc())
                    .limit(count - len(found))
                )
                found += [entry(change_of(row.frame), row.frame, row.inverse) for row in rows]
        return found[::-1]

    async def lost(self, session: str) -> tuple[Committed, ...]:
        """What SQL has and the session's log has not, in order: to be decided again.

        Raises DatabaseAwayError, and UnreachableError.
        """
        began = await self._log.began(session)
        if began is None:
            return ()
        own = Span(began.epoch, began.left_at, began.revision)
        async with self._database.reading() as sql:
            epochs = await epochs_of(sql, session)
            before = spans_to(epochs, began.previous, began.left_at)
            history = {span.epoch: span for span in (own, *before)}
            rows: list[Any] = []
            for epoch in epochs:
                kept = history.get(epoch.epoch)
                after = (epoch.left_at or 0) if kept is None else kept.upto
                if epoch.epoch == began.epoch or epoch.recorded <= after:
                    continue
                found = await sql.execute(
                    select(ChangeRow.person, ChangeRow.edit, ChangeRow.frame, ChangeRow.inverse)
                    .where(
                        ChangeRow.session_id == session,
                        ChangeRow.epoch == epoch.epoch,
                        ChangeRow.revision > after,
                        ChangeRow.digest != LOST,
                    )
                    .order_by(ChangeRow.revision)
                )
                rows += found
            # The log may have forgotten by now that it has them.
            made = await _made(sql, session, history, [row.edit for row in rows])
        return tuple(
            entry(change_of(row.frame), row.frame, row.inverse)
            for row in rows
            if (row.person, row.edit) not in made
        )

    async def give_up(self, session: str, edits: Mapping[str, Sequence[str]]) -> None:
        """Edits that were lost were refused when they were decided again: they stay lost.

        edits: of each person, their ids. Raises DatabaseAwayError.
        """
        async with self._database.writing() as sql:
            for person, ids in sorted(edits.items()):
                for some in _batches(ids):
                    await sql.execute(
                        update(ChangeRow)
                        .where(
                            ChangeRow.session_id == session,
                            ChangeRow.person == person,
                            ChangeRow.edit.in_(some),
                        )
                        .values(digest=LOST)
                    )


async def recorded_position(sql: AsyncSession, session: str) -> Position | None:
    """The newest that SQL has of a session; None when it does not know it.

    Where an epoch began, the epoch is proof enough, and the edit is "".
    """
    epoch = await sql.scalar(
        select(EpochRow)
        .where(EpochRow.session_id == session)
        .order_by(EpochRow.ordinal.desc())
        .limit(1)
    )
    if epoch is None:
        return None
    change = await sql.get(ChangeRow, (session, epoch.epoch, epoch.recorded))
    if change is None:
        return Position(epoch.epoch, epoch.recorded)
    return Position(epoch.epoch, epoch.recorded, change.edit, change.at)


async def know_epoch(sql: AsyncSession, session: str, start: Start) -> None:
    """Write down the start of an epoch, as the newest of the session."""
    newest = select(func.max(EpochRow.ordinal)).where(EpochRow.session_id == session)
    row = {
        "session_id": session,
        "epoch": start.epoch,
        "ordinal": (await sql.scalar(newest) or 0) + 1,
        "previous": start.previous or None,
        "left_at": start.left_at,
        "recorded": start.left_at,
    }
    await sql.execute(insert_new(sql, EpochRow, [row]))


async def epochs_of(sql: AsyncSession, session: str) -> Sequence[EpochRow]:
    """All starts of a session's log, in their order."""
    rows = await sql.scalars(
        select(EpochRow).where(EpochRow.session_id == session).order_by(EpochRow.ordinal)
    )
    return rows.all()


def spans_to(epochs: Sequence[EpochRow], newest: str, upto: int) -> Sequence[Span]:
    """What led to a position, newest first; not the ends that were lost."""
    by_name = {row.epoch: row for row in epochs}
    epoch = by_name.get(newest)
    history = []
    while epoch is not None:
        after = epoch.left_at or 0
        history.append(Span(epoch.epoch, after, upto))
        epoch, upto = by_name.get(epoch.previous or ""), after
    return history


async def _shared(sql: AsyncSession, session: str, entries: Entries) -> Position:
    """The newest position that SQL has of the history that a log holds."""
    logged = {change.revision: (change.edit, change.at) for _, change in entries.changes}
    began = logged.get(entries.left_at, ("", 0))
    if await sql.get(EpochRow, (session, entries.epoch)) is None:
        # Nothing of this epoch is in SQL.
        return Position(entries.previous, entries.left_at, *began)
    rows = await sql.execute(
        select(ChangeRow.revision, ChangeRow.edit, ChangeRow.at)
        .where(
            ChangeRow.session_id == session,
            ChangeRow.epoch == entries.epoch,
            ChangeRow.revision >= min(logged, default=0),
            ChangeRow.revision <= entries.revision,
        )
        .order_by(ChangeRow.revision)
    )
    shared = Position(entries.epoch, entries.left_at, *began)
    for revision, edit, at in rows:
        if logged.get(revision) != (edit, at):
            break  # what was in flight may come to the same revision again, on top of other edits
        shared = Position(entries.epoch, revision, edit, at)
    return shared


async def _newest(sql: AsyncSession, session: str, history: Sequence[Span]) -> tuple[State, bool]:
    """The newest checkpoint and the changes after it; whether it was far to go for that."""
    changes: list[Change] = []
    for gone, span in enumerate(history):
        checkpoint = await sql.scalar(
            select(CheckpointRow)
            .where(
                CheckpointRow.session_id == session,
                CheckpointRow.epoch == span.epoch,
                CheckpointRow.revision <= span.upto,
            )
            .order_by(CheckpointRow.revision.desc())
            .limit(1)
        )
        after = span.after if checkpoint is None else checkpoint.revision
        if after < span.upto:
            frames = await sql.scalars(
                select(ChangeRow.frame)
                .where(*within(session, msgspec.structs.replace(span, after=after)))
                .order_by(ChangeRow.revision)
            )
            changes = [*map(change_of, frames), *changes]
        if checkpoint is not None:
            state = state_of(session, stored_of(checkpoint.stored))
            for change in changes:
                state = follow(state, change)
            return state, gone > FAR
    raise AssertionError(f"session {session} has no first build")


async def _edits(
    sql: AsyncSession, session: str, history: Sequence[Span], limit: int
) -> tuple[tuple[str, int, str], ...]:
    """The newest edit ids, newest first."""
    edits: list[tuple[str, int, str]] = []
    for span in _with_changes(history):
        rows = await sql.execute(
            select(ChangeRow.person, ChangeRow.edit, ChangeRow.revision, ChangeRow.digest)
            .where(*within(session, span))
            .order_by(ChangeRow.revision.desc())
            .limit(limit - len(edits))
        )
        edits += [(f"{row.person or ''} {row.edit}", row.revision, row.digest) for row in rows]
    return tuple(edits)


async def _made(
    sql: AsyncSession, session: str, history: Mapping[str, Span], edits: Sequence[str]
) -> set[tuple[str | None, str]]:
    """Of edits with these ids, those that the history itself has: by whom, and which."""
    made: set[tuple[str | None, str]] = set()
    for some in _batches(edits):
        rows = await sql.execute(
            select(ChangeRow.person, ChangeRow.edit, ChangeRow.epoch, ChangeRow.revision).where(
                ChangeRow.session_id == session, ChangeRow.edit.in_(some)
            )
        )
        made |= {
            (row.person, row.edit)
            for row in rows
            if (span := history.get(row.epoch)) is not None
            and span.after < row.revision <= span.upto
        }
    return made


def _batches(edits: Sequence[str]) -> Iterator[Sequence[str]]:
    """No more at once than a statement takes."""
    return (edits[first : first + BATCH] for first in range(0, len(edits), BATCH))


def _with_changes(history: Sequence[Span]) -> list[Span]:
    """Most begin because nobody was there for a while, and end so, without any."""
    return [span for span in history if span.after < span.upto]


def within(session: str, span: Span) -> tuple[ColumnElement[bool], ...]:
    """The changes of a span."""
    return (
        ChangeRow.session_id == session,
        ChangeRow.epoch == span.epoch,
        ChangeRow.revision > span.after,
        ChangeRow.revision <= span.upto,
    )


def state_of(session: str, stored: Stored) -> State:
    """What was stored, as a state without its access."""
    return State(
        session=session,
        epoch=stored.epoch,
        revision=stored.revision,
        edit=stored.edit,
        engine="",
        build=stored.build,
        totals=stored.totals,
        findings=stored.findings,
        access=Access(0, {}),
        at=stored.at,
    )
