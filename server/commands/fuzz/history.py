"""What SQL has of a session after a run: its history, and what was proposed."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import select

from calc.build import Build
from server.log.logged import Stored
from server.logic.session import State
from server.orm import ChangeRow, CheckpointRow, Database, EpochRow, ProposalRow
from server.protocol import ProposalState
from server.server_messages import Change

_change = msgspec.json.Decoder(Change).decode
_stored = msgspec.json.Decoder(Stored).decode


class Settled(Struct, frozen=True):
    """What became of a proposal. revision: of its change."""

    by: str
    state: ProposalState
    revision: int | None


class History(Struct, frozen=True):
    """What led to the newest state: the first build, then each change with its epoch."""

    first: Build
    changes: tuple[tuple[str, Change], ...]


async def history_of(database: Database, state: State) -> History:
    """What SQL has of a session, once all is recorded, of what led to this state."""
    session = state.session
    async with database.reading() as sql:
        epochs = {
            row.epoch: row
            for row in await sql.scalars(
                select(EpochRow).where(EpochRow.session_id == session).order_by(EpochRow.ordinal)
            )
        }
        stored = await sql.scalar(
            select(CheckpointRow.stored)
            .where(CheckpointRow.session_id == session)
            .order_by(CheckpointRow.revision)
            .limit(1)
        )
        changes: list[tuple[str, Change]] = []
        epoch = epochs.get(state.epoch)
        upto = state.revision
        while epoch is not None:
            after = epoch.left_at or 0
            frames = await _frames(database, session, epoch.epoch, after, upto)
            changes = [*((epoch.epoch, _change(frame)) for frame in frames), *changes]
            epoch, upto = epochs.get(epoch.previous or ""), after
    assert stored is not None
    return History(_stored(stored).build, tuple(changes))


async def _frames(
    database: Database, session: str, epoch: str, after: int, upto: int
) -> Sequence[bytes]:
    async with database.reading() as sql:
        return (
            await sql.scalars(
                select(ChangeRow.frame)
                .where(
                    ChangeRow.session_id == session,
                    ChangeRow.epoch == epoch,
                    ChangeRow.revision > after,
                    ChangeRow.revision <= upto,
                )
                .order_by(ChangeRow.revision)
            )
        ).all()


async def proposals_of(database: Database, session: str) -> dict[str, Settled]:
    """All that was ever proposed, by its id."""
    async with database.reading() as sql:
        rows = await sql.scalars(select(ProposalRow).where(ProposalRow.session_id == session))
        return {
            row.id: msgspec.convert(
                {"by": row.person, "state": row.state, "revision": row.revision}, Settled
            )
            for row in rows
        }
