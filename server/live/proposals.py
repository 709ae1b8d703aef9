"""Proposals: edits that somebody who may not edit would make, for an editor to decide on.

P1  A proposal must be possible when it is made; later it may be so no more, and is told so, and
    who changed what since it was made.
P2  An editor takes it as one edit under its id, once, however many press; or declines it. Its
    author may withdraw it.
    What is declined or withdrawn is not made: like an edit, it is refused in the log first.
P3  Open proposals are few, are kept in SQL, and newcomers are told of them.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Literal, cast

import msgspec
from msgspec import UNSET, Struct
from sqlalchemy import func, select, update

from calc.operations import Operation
from calc.totals import Total
from server.client_messages import Edit, Propose
from server.engine import Engine
from server.logic import rights
from server.logic import session as sessions
from server.logic.meanwhile import named_of_proposal
from server.logic.session import Commit, Committed, State
from server.members.access import AccessError, member_role, now_ms
from server.orm import ChangeRow, Database, ProposalRow, SessionRow
from server.protocol import ProposalState
from server.recording.archive import LOST
from server.server_messages import Change, Proposal, Refused

logger = logging.getLogger(__name__)

OPEN = 20  # proposals of a session at once

Decided = Literal["accepted", "declined", "withdrawn"]

_encode = msgspec.json.encode
_change = msgspec.json.Decoder(Change)
_operations = msgspec.json.Decoder(tuple[Operation, ...])
_totals = msgspec.json.Decoder(dict[str, Total])


class Taking(Struct, frozen=True):
    """A proposal that an editor takes, as it stands in line. proposed_by: its author; made_on: the
    revision that they saw."""

    id: str
    base: int
    operations: tuple[Operation, ...]
    proposed_by: str
    made_on: int


class Declining(Struct, frozen=True):
    """The same proposal, as it stands in line to be made by nobody."""

    taking: Taking

    @property
    def id(self) -> str:
        return self.taking.id


def tried(
    state: State, person: str, propose: Propose, engine: Engine
) -> dict[str, Total] | Refused:
    """The totals difference of a new proposal, or why it cannot be."""
    if not rights.may_propose(state.access, person):
        return Refused("not_allowed", "As a viewer you may not propose.", id=propose.id)
    made = sessions.after_edit(
        state, person, propose.id, state.revision, propose.operations, engine, now_ms(), dry=True
    )
    return made if isinstance(made, Refused) else made.change.totals


def on(state: State, proposal: Proposal, engine: Engine, past: Iterable[Committed]) -> Proposal:
    """An open proposal with what it would come to on this build, or why it cannot be.

    past: see `take`.
    """
    operations = proposal.operations
    try:
        made = sessions.after_edit(
            state, proposal.by, proposal.id, state.revision, operations, engine, now_ms(), dry=True
        )
        if isinstance(made, Refused):  # told to everybody in the same words
            proposed = Edit(proposal.id, proposal.base, operations)
            made = named_of_proposal(made, proposed, "", state, tuple(past), engine.catalogue)
    except Exception:  # a bug in the rules or the maths costs this proposal, not who comes
        logger.exception("session %s: a proposal could not be tried", state.session)
        made = Refused("internal", "Something is wrong on the server.", id=proposal.id)
    if isinstance(made, Refused):
        return msgspec.structs.replace(proposal, totals={}, problem=made.message)
    return msgspec.structs.replace(proposal, totals=made.change.totals)


def take(
    state: State, person: str, taking: Taking, engine: Engine, past: Iterable[Committed]
) -> Commit | Refused:
    """The edit that an accepted proposal is.

    past: the newest changes, rising to the state's revision without a gap.
    """
    hindered = rights.hindrance(state.access, person, taking.id)
    if hindered is not None:
        return hindered
    made = sessions.after_edit(
        state, person, taking.id, taking.base, taking.operations, engine, now_ms()
    )
    if isinstance(made, Refused):
        proposed = Edit(taking.id, taking.made_on, taking.operations)
        return named_of_proposal(made, proposed, person, state, tuple(past), engine.catalogue)
    change = msgspec.structs.replace(made.change, proposed_by=taking.proposed_by)
    return msgspec.structs.replace(made, change=change)


def taken(past: Sequence[Committed], proposal: str, proposed_by: str) -> Committed | None:
    """The change by which a proposal was taken already, by whomever."""
    for each in reversed(past):
        if each.edit == proposal and each.proposed_by == proposed_by:
            return each
    return None


async def keep(
    database: Database,
    session: str,
    person: str,
    propose: Propose,
    revision: int,
    totals: dict[str, Total],
) -> tuple[Proposal, bool]:
    """The proposal, and whether it is new: sent twice, it is made once.

    Raises AccessError, for who may not propose (any more), and DatabaseAwayError.
    """
    async with database.writing() as sql:
        # Locked: who is removed meanwhile proposes nothing afterwards.
        await sql.get(SessionRow, session, with_for_update=True)
        if await member_role(sql, session, person) == "viewer":
            raise AccessError("not_allowed", "As a viewer you may not propose.")
        row = await sql.get(ProposalRow, (session, propose.id))
        if row is not None:
            return _same(row, person, propose), False
        count = select(func.count()).select_from(ProposalRow)
        here = (ProposalRow.session_id == session, ProposalRow.state == "open")
        if (await sql.scalar(count.where(*here)) or 0) >= OPEN:
            raise AccessError("too_many_proposals", f"{OPEN} proposals wait for a decision.")
        row = ProposalRow(
            session_id=session,
            id=propose.id,
            person=person,
            title=propose.title,
            operations=_encode(propose.operations),
            totals=_encode(totals),
            state="open",
            base=revision,
            at=now_ms(),
        )
        sql.add(row)
    return _proposal(row), True


async def known(database: Database, session: str, person: str, propose: Propose) -> Proposal | None:
    """The proposal as it stands, when it was sent before. Raises AccessError for another one
    under its id."""
    async with database.reading() as sql:
        row = await sql.get(ProposalRow, (session, propose.id))
        return None if row is None else _same(row, person, propose)


def _same(row: ProposalRow, person: str, propose: Propose) -> Proposal:
    if row.person != person or row.operations != _encode(propose.operations):
        raise AccessError("id_reused", "This id was used for another proposal.")
    return _proposal(row)


async def read(database: Database, session: str, proposal: str) -> Proposal:
    """Raises AccessError when there is none."""
    async with database.reading() as sql:
        row = await sql.get(ProposalRow, (session, proposal))
    if row is None:
        raise AccessError("no_proposal", "There is no such proposal.")
    return _proposal(row)


async def made(database: Database, session: str, proposal: Proposal) -> tuple[str, int] | None:
    """Who took an open proposal, and the revision of its change, if somebody did, and it is
    recorded: they may not have come to say so."""
    rows = select(ChangeRow.person, ChangeRow.revision, ChangeRow.frame).where(
        ChangeRow.session_id == session,
        ChangeRow.revision > proposal.base,
        ChangeRow.edit == proposal.id,
        ChangeRow.digest != LOST,
    )
    async with database.reading() as sql:
        found = (await sql.execute(rows.order_by(ChangeRow.revision.desc()))).all()
    for row in found:
        if row.person and _change.decode(row.frame).proposed_by == proposal.by:
            return row.person, row.revision
    return None


async def open_in(database: Database, session: str) -> tuple[Proposal, ...]:
    """What waits for a decision, oldest first."""
    async with database.reading() as sql:
        rows = await sql.scalars(
            select(ProposalRow)
            .where(ProposalRow.session_id == session, ProposalRow.state == "open")
            .order_by(ProposalRow.at, ProposalRow.id)
        )
        return tuple(map(_proposal, rows))


async def settle(
    database: Database,
    session: str,
    person: str,
    proposal: str,
    state: Decided,
    revision: int | None,
) -> Proposal | None:
    """Decide an open proposal; None when it was decided already. revision: of its change.

    Raises AccessError for who is no member any more, unless the edit is made already.
    """
    async with database.writing() as sql:
        await sql.get(SessionRow, session, with_for_update=True)
        if state != "accepted":
            await member_role(sql, session, person)
        changed = await sql.execute(
            update(ProposalRow)
            .where(
                ProposalRow.session_id == session,
                ProposalRow.id == proposal,
                ProposalRow.state == "open",
            )
            .values(state=state, decided_by=person, revision=revision)
        )
        row = await sql.get_one(ProposalRow, (session, proposal), populate_existing=True)
    return _proposal(row) if cast(int, changed.rowcount) else None  # type: ignore[attr-defined]


def _proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        by=row.person,
        title=row.title,
        operations=_operations.decode(row.operations),
        totals=_totals.decode(row.totals),
        state=cast(ProposalState, row.state),
        base=row.base,
        at=row.at,
        decided_by=UNSET if row.decided_by is None else row.decided_by,
        revision=UNSET if row.revision is None else row.revision,
    )
