"""A session's history: what Redis's log and SQL together know of it, in one line.

H1  A revision names a place in the history: revisions rise by one across epochs, and an epoch's
    lost end is not part of it. Only a Redis that went back can give a revision another meaning:
    then the epoch is a new one.
H2  What is committed is in the history at once, recorded or not.
H3  The build at a revision is the newest one that is kept before it, and the changes since.
H4  A revision above the newest is denied only when it cannot be one that Redis lost, and that is
    just being made again.
"""

import asyncio
import math
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calc import patch
from calc.build import Build
from calc.patch import Json
from calc.rules import Finding
from calc.totals import Total
from server.log.answers import change_of, readable, stored_of
from server.log.log import Log
from server.log.logged import Began, Stored
from server.members.access import AccessError
from server.orm import ChangeRow, CheckpointRow, Database
from server.recording.archive import Span, epochs_of, spans_to, within
from server.redis.calls import UnreachableError
from server.server_messages import Change

SLICE = 32  # changes that are worked through at once, before others have their turn


class Moment(Struct, frozen=True):
    """A session at a revision. edit: the id of the edit that led there; "" at the start."""

    revision: int
    edit: str
    build: Build
    totals: dict[str, Total]
    findings: tuple[Finding, ...]


class Stretch(Struct, frozen=True):
    """Changes without a gap, rising. epoch, newest: where the session stands.

    totals: those before the first of them.
    """

    epoch: str
    newest: int
    changes: tuple[Change, ...]
    totals: dict[str, Total]


class _Line(Struct, frozen=True):
    """What makes up the history, newest first. began: as Redis has it, if it has.

    awaited: the newest revision that may be in it again soon, because Redis went back.
    """

    began: Began | None
    spans: tuple[Span, ...]
    awaited: float

    @property
    def newest(self) -> int:
        return self.spans[0].upto


class _Step(Struct, frozen=True):
    """Of a change, what it did to the session."""

    revision: int
    edit: str
    patch: dict[str, Json]
    totals: dict[str, Total]
    findings: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET


_step = msgspec.json.Decoder(_Step).decode
_build = partial(msgspec.convert, type=Build)


class History:
    """Reads sessions' histories. Raises AccessError (`no_revision`), DatabaseAwayError,
    UnreachableError, and ForeignError for what only a newer release can read."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log

    async def before(self, session: str, revision: int | None, count: int) -> Stretch:
        """The newest changes before a revision (None: the newest of all)."""
        line = await self._line(session)
        top = line.newest + 1 if revision is None else min(revision, line.newest + 1)
        first = max(1, top - count)
        frames = await self._frames(session, line, first - 1, top - 1)
        totals = (await self._at(session, line, first - 1)).totals if frames else {}
        changes = []
        for index, frame in enumerate(frames):
            changes.append(change_of(frame))
            if index % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        return Stretch(line.spans[0].epoch, line.newest, tuple(changes), totals)

    async def at(self, session: str, revision: int | None) -> Moment:
        """The session as it was at a revision (None: the newest)."""
        line = await self._line(session)
        return await self._at(session, line, line.newest if revision is None else revision)

    async def _line(self, session: str) -> _Line:
        began = await self._log.began(session)
        async with self._database.reading() as sql:
            epochs = await epochs_of(sql, session)
        newest = epochs[-1]
        if began is None:
            return _Line(None, tuple(spans_to(epochs, newest.epoch, newest.recorded)), 0)
        if any(each.epoch == began.epoch for each in epochs):
            spans = tuple(spans_to(epochs, began.epoch, began.revision))
            behind = began.epoch != newest.epoch or began.revision < newest.recorded
        else:
            own = Span(began.epoch, began.left_at, began.revision)
            spans = (own, *spans_to(epochs, began.previous, began.left_at))
            behind = False
        had = 0 if began.redone else max(each.recorded for each in epochs)
        return _Line(began, spans, math.inf if behind else had)

    async def _at(self, session: str, line: _Line, revision: int) -> Moment:
        spans = _until(line.spans, revision)
        if not spans and revision == line.spans[-1].after:
            # Before the first change.
            spans = (msgspec.structs.replace(line.spans[-1], upto=revision),)
        if line.newest < revision <= line.awaited:
            raise UnreachableError("what Redis lost is just being made again")
        if not spans or revision > line.newest:
            raise AccessError("no_revision", f"The session has no revision {revision}.")
        stored = await self._kept_before(session, spans)
        frames = await self._frames(session, line, stored.revision, revision)
        document, totals = patch.document(stored.build), dict(stored.totals)
        edit, findings = stored.edit, stored.findings
        for index, frame in enumerate(frames):
            step = readable(_step, frame)
            document = _merged(document, step.patch)
            totals |= step.totals
            edit = step.edit
            findings = findings if step.findings is msgspec.UNSET else step.findings
            if index % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        build = readable(_build, document)
        return Moment(revision, edit, build, totals, findings)

    async def _kept_before(self, session: str, spans: Sequence[Span]) -> Stored:
        """The newest build that SQL keeps of these spans."""
        async with self._database.reading() as sql:
            for span in spans:
                kept = await sql.scalar(
                    select(CheckpointRow.stored)
                    .where(
                        CheckpointRow.session_id == session,
                        CheckpointRow.epoch == span.epoch,
                        CheckpointRow.revision >= span.after,
                        CheckpointRow.revision <= span.upto,
                    )
                    .order_by(CheckpointRow.revision.desc())
                    .limit(1)
                )
                if kept is not None:
                    return stored_of(kept)
        raise AssertionError(f"session {session} has no first build")

    async def _frames(self, session: str, line: _Line, after: int, upto: int) -> list[bytes]:
        """The changes above one revision, up to another, rising."""
        if upto <= after:
            return []
        async with self._database.reading() as sql:
            found = await _recorded(sql, session, line.spans, after, upto)
        if len(found) < upto - after and line.began is not None:
            lacking = upto - after - len(found)
            logged = await self._log.before(session, line.began.epoch, upto + 1, lacking)
            found += [(each.revision, each.frame) for each in logged]
        if [revision for revision, _ in found] != list(range(after + 1, upto + 1)):
            # Redis went back, or is in another epoch, since we looked.
            raise UnreachableError("the history is just being put in order")
        return [frame for _, frame in found]


async def _recorded(
    sql: AsyncSession, session: str, spans: Sequence[Span], after: int, upto: int
) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    for span in reversed(_until(spans, upto)):
        if span.upto <= after:
            continue
        part = msgspec.structs.replace(span, after=max(span.after, after))
        rows = await sql.execute(
            select(ChangeRow.revision, ChangeRow.frame)
            .where(*within(session, part))
            .order_by(ChangeRow.revision)
        )
        found += [(row.revision, row.frame) for row in rows]
    return found


def _until(spans: Sequence[Span], revision: int) -> tuple[Span, ...]:
    """What of a history leads to a revision."""
    return tuple(
        msgspec.structs.replace(span, upto=min(span.upto, revision))
        for span in spans
        if span.after < revision
    )


def _merged(document: dict[str, Json], change: dict[str, Json]) -> dict[str, Json]:
    merged = patch.merge(document, change)
    assert isinstance(merged, dict)
    return merged
