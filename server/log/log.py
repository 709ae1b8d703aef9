"""A session's truth in Redis: its log of changes, its stored build, its access.

What the scripts do and where things are: `scripts.py`. A failed or timed-out call raises
`UnreachableError`, a write for which Redis has no room `FullError`. A commit whose outcome is
unknown may be asked for again with the same edit id.
"""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from server.client_messages import Making
from server.log import answers, scripts
from server.log.logged import (
    ALONE,
    Done,
    Elsewhere,
    Known,
    Loss,
    Memory,
    Place,
    Stored,
)
from server.log.reader import Reader
from server.logic.rights import Access
from server.logic.session import Commit, State, digest
from server.protocol import Position
from server.server_messages import Refused
from server.telemetry.measures import UNMEASURED, Measures

LINE_MS = 1000  # how long a worker keeps its place in line
REFUSED_MS = 600_000  # an edit may be on its way no longer: a worker may wake up with it
LOSSES_MS = 24 * 3600 * 1000  # so long are those told who come back

_encode = msgspec.json.encode


def _first(commit: Commit) -> str:
    """Whose edit it was first: under their name it may have been refused."""
    return commit.change.proposed_by or commit.person


class Log(Reader):
    """Every session's log. `keeps`: revisions that stay in it; `edit_ids`: ids remembered."""

    def __init__(
        self, redis: Redis, keeps: int, edit_ids: int, measures: Measures = UNMEASURED
    ) -> None:
        super().__init__(redis, measures)
        self._keeps = keeps
        self._edit_ids = edit_ids
        self._open = redis.register_script(scripts.OPEN)
        self._again = redis.register_script(scripts.AGAIN)
        self._remembered = redis.register_script(scripts.REMEMBERED)
        self._give_up = redis.register_script(scripts.GIVE_UP)
        self._redone = redis.register_script(scripts.REDONE)
        self._commit = redis.register_script(scripts.COMMIT)
        self._refuse = redis.register_script(scripts.REFUSE)
        self._store = redis.register_script(scripts.STORE)
        self._put_access = redis.register_script(scripts.ACCESS)

    async def open(
        self,
        session: str,
        stored: Stored,
        engine: str,
        access: Access,
        found: str = "",
        memory: Memory | None = None,
    ) -> bool:
        """Start a log, only if there is none (or, with `found`, only in place of that epoch).

        memory: what is known of the epochs before. False: another was first.
        """
        memory = memory or Memory("", 0, ())
        return bool(
            await self._run(
                self._open,
                session,
                ("head", "log", "build", "access", "ids", "digests", "hints", "losses"),
                stored.epoch,
                stored.revision,
                stored.edit,
                engine,
                access.version,
                _encode(stored),
                _encode(access),
                found,
                memory.previous,
                memory.forgotten,
                *(part for each in memory.edits for part in each),
            )
        )

    async def again(
        self, session: str, found: str, epoch: str, shared: Position, access: Access
    ) -> bool:
        """Let what the log holds go on in another epoch, if it is still in the epoch `found`.

        shared: the newest position that SQL has of the same history; False when the log does not
        hold it any more.
        """
        names = ("head", "access", "hints", "log")
        left = (shared.epoch, shared.revision)
        args = (found, epoch, *left, access.version, _encode(access), shared.edit, shared.at)
        return bool(await self._run(self._again, session, names, *args))

    async def remembered(
        self, state: State, authors: Sequence[str]
    ) -> list[Known | Elsewhere | None] | None:
        """What became of each of these edits ("<person> <edit id>"); None: it is not known.

        Instead of the list None: the log is not one that led to `state`.
        """
        if not authors:
            return []
        names = ("head", "log", "ids", "digests")
        position = (state.epoch, state.revision, state.edit, state.at)
        revisions = await self._run(self._remembered, state.session, names, *position, *authors)
        if revisions is None:
            return None
        return [
            None
            if revision is None
            else Elsewhere("lost")
            if revision == b"-1"
            else Known(int(revision), same=True)
            for revision in revisions
        ]

    async def give_up(self, state: State, loss: Loss, base: int) -> Known | Elsewhere:
        """Remember that a lost edit may not be made again, and let every worker tell its author.

        base: of the edit. Known: another worker made it; Elsewhere: it is "lost", or "too_old" to
        tell, or `state` is not the newest.
        """
        names = ("head", "ids", "digests", "losses", "hints", "log")
        position = (state.epoch, state.revision, state.edit, state.access.version)
        args = (loss.author, *position, _encode(loss), LOSSES_MS, base, state.at)
        answer = await self._run(self._give_up, state.session, names, *args)
        return answers.known(answer, "") if answer[0] == b"known" else Elsewhere(answer[0].decode())

    async def redone(self, session: str, epoch: str) -> None:
        """All that was lost with the epochs before this one is decided again."""
        await self._run(self._redone, session, ("head",), epoch)

    async def commit(
        self, commit: Commit, frame: bytes, place: Place = ALONE
    ) -> Done | Known | Refused | Elsewhere:
        """Append an edit's change, if the session is still what it was decided on.

        Refused: another worker has refused this edit already.

        frame: the change as it goes on the wire.
        """
        return (await self.commit_row([(commit, frame)], place))[0]

    async def commit_row(
        self, row: Sequence[tuple[Commit, bytes]], place: Place = ALONE
    ) -> list[Done | Known | Refused | Elsewhere]:
        """Append the changes of edits of which each was decided on what the one before led to.

        What became of each, as `commit` tells it, up to the first that was not made now: what
        follows that one was not looked at.
        """
        before = row[0][0].before
        authors = [f"{commit.person} {commit.change.edit}" for commit, _ in row]
        answer = await self._run(
            self._commit,
            before.session,
            (
                *("head", "log", "ids", "digests", "hints", "line"),
                *(f"refusal:{_first(commit)} {commit.change.edit}" for commit, _ in row),
            ),
            before.epoch,
            before.revision,
            before.edit,
            before.access.version,
            before.engine,
            before.at,
            self._edit_ids,
            place.worker,
            int(place.urgent),
            int(place.stays),
            LINE_MS,
            *(
                part
                for author, (commit, frame) in zip(authors, row, strict=True)
                for part in (
                    author,
                    commit.digest,
                    commit.base,
                    commit.change.edit,
                    frame,
                    _encode(commit.inverse),
                    commit.after.engine,
                )
            ),
        )
        return [
            answers.outcome(each, commit.digest)
            for each, (commit, _) in zip(answer, row, strict=False)
        ]

    async def refuse(
        self, state: State, person: str, edit: Making, refusal: Refused
    ) -> Refused | Known | Elsewhere:
        """Refuse an edit as it was decided on `state`, if that is the newest and it was not made.

        Whoever holds the same edit elsewhere cannot commit it from then on, for as long as it may
        be on its way. The answer is the first refusal, where there was one.
        """
        author = f"{person} {edit.id}"
        answer = await self._run(
            self._refuse,
            state.session,
            ("head", "ids", "digests", f"refusal:{author}", "log"),
            author,
            edit.base,
            state.epoch,
            state.revision,
            state.edit,
            state.access.version,
            state.engine,
            _encode(refusal),
            REFUSED_MS,
            state.at,
        )
        match answer[0]:
            case b"refused":
                return answers.refused(answer[1])
            case b"known":
                return answers.known(answer, digest(edit))
            case other:
                return Elsewhere(other.decode())

    async def store(self, state: State) -> bool:
        """Store the build, if it is newer than the stored one, and trim the log behind it."""
        stored = Stored(
            state.epoch,
            state.revision,
            state.edit,
            state.build,
            state.totals,
            state.findings,
            state.at,
        )
        return bool(
            await self._run(
                self._store,
                state.session,
                ("head", "log", "build"),
                state.epoch,
                state.revision,
                _encode(stored),
                self._keeps,
                state.edit,
                state.at,
            )
        )

    async def put_access(self, session: str, access: Access) -> bool:
        """Give the session a newer access; an older one changes nothing."""
        return bool(
            await self._run(
                self._put_access,
                session,
                ("head", "access", "hints"),
                access.version,
                _encode(access),
            )
        )
