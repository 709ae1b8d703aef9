"""A session brought back from SQL, when Redis does not have it."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.access import access_of, new_id, session_row
from server.engine import Engine
from server.log import Log, Memory, Stored
from server.orm import ChangeRow, CheckpointRow, Database, EpochRow
from server.protocol import Change
from server.session import Access, Committed, State, entry, follow

_change = msgspec.json.Decoder(Change)
_stored = msgspec.json.Decoder(Stored)


class Span(msgspec.Struct, frozen=True):
    """A part of a session's history: an epoch's revisions above `after`, up to `upto`."""

    epoch: str
    after: int
    upto: int


class Archive:
    """Opens sessions again in a new epoch. edit_ids: how many edit ids are brought back."""

    def __init__(self, database: Database, log: Log, engine: Engine, edit_ids: int) -> None:
        self._database = database
        self._log = log
        self._engine = engine
        self._edit_ids = edit_ids

    async def reopen(self, session: str) -> bool:
        """Give Redis what SQL has of a session; False when there is no such session.

        Two who do it at once agree: who comes second changes nothing.
        """
        if await session_row(self._database, session) is None:
            return False
        async with self._database.reading() as sql:
            history = await _history(sql, session)
            state = await _newest(sql, session, history)
            edits = await _edits(sql, session, history, self._edit_ids)
        access = await access_of(self._database, session)
        result = self._engine.result(state.build)
        stored = Stored(
            new_id(6), state.revision, state.edit, state.build, result.totals, result.findings
        )
        forgotten = edits[-1][1] - 1 if len(edits) == self._edit_ids else 0
        memory = Memory(history[0].epoch, forgotten, edits)
        await self._log.open(session, stored, self._engine.name, access, memory=memory)
        return True

    async def before(self, session: str, revision: int, count: int) -> list[Committed]:
        """The newest changes before a revision, rising. Raises DatabaseAwayError."""
        found: list[Committed] = []
        async with self._database.reading() as sql:
            for span in await _history(sql, session):
                upto = min(span.upto, revision - 1)
                rows = await sql.execute(
                    select(ChangeRow.frame, ChangeRow.inverse)
                    .where(*_within(session, msgspec.structs.replace(span, upto=upto)))
                    .order_by(ChangeRow.revision.desc())
                    .limit(count - len(found))
                )
                found += [entry(_change.decode(row.frame), row.frame, row.inverse) for row in rows]
        return found[::-1]


async def _history(sql: AsyncSession, session: str) -> Sequence[Span]:
    """What led to the newest recorded change, newest first; not the ends that were lost."""
    rows = await sql.scalars(
        select(EpochRow).where(EpochRow.session_id == session).order_by(EpochRow.ordinal)
    )
    epochs = {row.epoch: row for row in rows}
    epoch: EpochRow | None = list(epochs.values())[-1]
    upto = epoch.recorded if epoch else 0
    history = []
    while epoch is not None:
        after = epoch.left_at or 0
        history.append(Span(epoch.epoch, after, upto))
        epoch, upto = epochs.get(epoch.previous or ""), after
    return history


async def _newest(sql: AsyncSession, session: str, history: Sequence[Span]) -> State:
    """The newest checkpoint and the changes after it."""
    changes: list[Change] = []
    for span in history:
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
        frames = await sql.scalars(
            select(ChangeRow.frame)
            .where(*_within(session, msgspec.structs.replace(span, after=after)))
            .order_by(ChangeRow.revision)
        )
        changes = [*map(_change.decode, frames), *changes]
        if checkpoint is not None:
            state = _state(session, _stored.decode(checkpoint.stored))
            for change in changes:
                state = follow(state, change)
            return state
    raise AssertionError(f"session {session} has no first build")


async def _edits(
    sql: AsyncSession, session: str, history: Sequence[Span], limit: int
) -> tuple[tuple[str, int, str], ...]:
    """The newest edit ids, newest first."""
    edits: list[tuple[str, int, str]] = []
    for span in history:
        rows = await sql.execute(
            select(ChangeRow.person, ChangeRow.edit, ChangeRow.revision, ChangeRow.digest)
            .where(*_within(session, span))
            .order_by(ChangeRow.revision.desc())
            .limit(limit - len(edits))
        )
        edits += [(f"{row.person or ''} {row.edit}", row.revision, row.digest) for row in rows]
    return tuple(edits)


def _within(session: str, span: Span) -> tuple[ColumnElement[bool], ...]:
    return (
        ChangeRow.session_id == session,
        ChangeRow.epoch == span.epoch,
        ChangeRow.revision > span.after,
        ChangeRow.revision <= span.upto,
    )


def _state(session: str, stored: Stored) -> State:
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
    )
