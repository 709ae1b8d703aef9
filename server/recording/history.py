"""A session's history: what Redis's log and SQL together know of it, in one line.

H1  A revision names a place in the history: revisions rise by one across epochs, and an epoch's
    lost end is not part of it. Only a Redis that went back can give a revision another meaning:
    then the epoch is a new one.
H2  What is committed is in the history at once, recorded or not.
H3  The build at a revision is the newest one that is kept before it, and the changes since.
H4  A revision above the newest is denied only when it cannot be one that Redis lost, and that is
    just being made again.
H5  What a database that is brought back from a backup lacks, and Redis has no more, is gone: it is
    left out, and no build is known from there to the next that is kept.
"""

import asyncio
import math
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
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
from server.orm import ChangeRow, CheckpointRow, Database, EpochRow
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

    totals: those before the first of them; none, where they are not known.
    """

    epoch: str
    newest: int
    changes: tuple[Change, ...]
    totals: dict[str, Total]


class _Line(Struct, frozen=True):
    """What makes up the history, newest first. began: as Redis has it, if it has.

    awaited: the newest revision that may be in it again soon, because Redis went back.
    recorded: the newest up to which SQL has all that there is.
    """

    began: Began | None
    spans: tuple[Span, ...]
    awaited: float
    recorded: int

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
        found = await self._found(session, line, max(0, top - 1 - count), top - 1)
        if not found and top > 1:
            async with self._database.reading() as sql:
                top = await _newest_below(sql, session, line.spans, top) + 1
            found = await self._found(session, line, max(0, top - 1 - count), top - 1)
        newest = max(found, default=0)
        first = newest + 1
        while first - 1 in found:
            first -= 1
        frames = [found[revision] for revision in range(first, newest + 1)]
        totals = await self._totals_at(session, line, first - 1) if frames else {}
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
            spans = tuple(spans_to(epochs, newest.epoch, newest.recorded))
            return _Line(None, spans, 0, newest.recorded)
        if any(each.epoch == began.epoch for each in epochs):
            spans = tuple(spans_to(epochs, began.epoch, began.revision))
            behind = began.epoch != newest.epoch or began.revision < newest.recorded
        else:
            own = Span(began.epoch, began.left_at, began.revision)
            spans = (own, *spans_to(epochs, began.previous, began.left_at))
            behind = False
        had = 0 if began.redone else max(each.recorded for each in epochs)
        return _Line(began, spans, math.inf if behind else had, _recorded_of(epochs, spans))

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

    async def _totals_at(self, session: str, line: _Line, revision: int) -> dict[str, Total]:
        try:
            return (await self._at(session, line, revision)).totals
        except AccessError:
            return {}

    async def _frames(self, session: str, line: _Line, after: int, upto: int) -> list[bytes]:
        """The changes above one revision, up to another, rising."""
        found = await self._found(session, line, after, upto)
        if len(found) < upto - after:
            raise AccessError("no_revision", f"Revision {upto} is not known any more.")
        return [found[revision] for revision in range(after + 1, upto + 1)]

    async def _found(self, session: str, line: _Line, after: int, upto: int) -> dict[int, bytes]:
        """The same, by their revisions, without those that are gone."""
        if upto <= after:
            return {}
        async with self._database.reading() as sql:
            found = await _recorded(sql, session, line.spans, after, upto)
        newest = max(found, default=after)
        if newest < upto and line.began is not None:
            lacking = upto - newest
            logged = await self._log.before(session, line.began.epoch, upto + 1, lacking)
            found |= {each.revision: each.frame for each in logged if each.revision > newest}
        if any(each not in found for each in range(max(after, line.recorded) + 1, upto + 1)):
            # Redis went back, or is in another epoch, since we looked.
            raise UnreachableError("the history is just being put in order")
        return found


async def _recorded(
    sql: AsyncSession, session: str, spans: Sequence[Span], after: int, upto: int
) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for span in reversed(_until(spans, upto)):
        if span.upto <= after:
            continue
        part = msgspec.structs.replace(span, after=max(span.after, after))
        rows = await sql.execute(
            select(ChangeRow.revision, ChangeRow.frame)
            .where(*within(session, part))
            .order_by(ChangeRow.revision)
        )
        found |= {row.revision: row.frame for row in rows}
    return found


async def _newest_below(
    sql: AsyncSession, session: str, spans: Sequence[Span], revision: int
) -> int:
    """Of the changes that SQL has below a revision; 0: there is none."""
    for span in _until(spans, revision - 1):
        newest = select(func.max(ChangeRow.revision)).where(*within(session, span))
        if (found := await sql.scalar(newest)) is not None:
            return found
    return 0


def _recorded_of(epochs: Sequence[EpochRow], spans: Sequence[Span]) -> int:
    """Up to where SQL has a history."""
    recorded = {each.epoch: each.recorded for each in epochs}
    return max(min(span.upto, recorded.get(span.epoch, 0)) for span in spans)


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
