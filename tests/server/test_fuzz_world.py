"""When a run of `cohort fuzz sessions` is over, where a Redis went back and lost what was made."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from calc import build as documents
from calc.operations import SetLevel
from gamedata.catalogue import Catalogue
from migrations import run
from server.client.replica import Replica
from server.client_messages import Edit, Join
from server.commands.fuzz import world as world_module
from server.commands.fuzz.ground import Ground
from server.commands.fuzz.history import History
from server.commands.fuzz.line import LineError, Socket
from server.commands.fuzz.person import Person, Sent
from server.commands.fuzz.tasks import ForgetfulWorld
from server.engine import Engine
from server.log.log import Log
from server.log.logged import Stored
from server.logic.session import State
from server.members import access
from server.orm import Database
from server.server_messages import Accepted, Refused, Snapshot

EDIT = Edit("edit-0001", 0, (SetLevel(2),))


class Over(ForgetfulWorld):
    """One whose faults are over. It looks at the history again and again: `told_at` is the look
    at which the author of what was lost is told; 0: never."""

    looks = 0
    told_at = 0

    async def _history(self, state: State) -> History:
        self.looks += 1
        if self.looks == self.told_at:
            (author,) = self._people
            author._take(Refused("lost", "It was lost.", id=EDIT.id))
        return await super()._history(state)


async def _nobody() -> Socket:
    raise LineError(1006, "nobody is there")


@pytest.fixture(scope="module")
def ground(catalogue: Catalogue) -> Ground:
    return Ground(catalogue)


@pytest.fixture
async def over(redis: Redis, engine: Engine, ground: Ground, tmp_path: Path) -> Over:
    """A session in which nothing was made, and somebody who was told that something was."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'cohort.sqlite'}")
    await run.upgrade(database.engine)
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    session, _ = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    rights = await access.access_of(database, session)
    await database.close()
    over = Over(1, tmp_path, ground)
    over.redis, over._owner.session, over._log = redis, session, Log(redis, 10, 1000)
    await over._log.open(session, stored, engine.name, rights)
    ann = Person("ann", "owner", Join(token="t"), ground.catalogue, _nobody, over.journal, "1")
    ann.id, ann.forgetful = "g1", True
    ann._take(Snapshot("e1", 0, build, result.totals, result.findings, ()))
    ann.sent[EDIT.id] = Sent(EDIT, Accepted(EDIT.id, 1), 1)
    over._people = [ann]
    return over


async def test_a_run_is_not_over_before_people_are_told_what_was_lost(over: Over) -> None:
    over.told_at = 3
    await over._while_it_moves(over._settle())
    await over._check()
    assert over.journal.failures == []
    assert over.looks > over.told_at


async def test_who_is_never_told_is_a_failure(over: Over, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_module, "STUCK_S", 1.0)
    with pytest.raises(TimeoutError):
        await over._while_it_moves(over._settle())
    await over._tell_unsettled()
    assert over.journal.failures[-1] == "ann: edit-0001 was accepted as 1 and is nowhere"


async def test_an_overlay_that_is_sent_away_is_waited_for_no_longer(over: Over) -> None:
    join = Join(token="t", views=("totals",))
    overlay = Person("overlay", "viewer", join, over.catalogue, _nobody, over.journal, "1")
    looks = 0

    class Without(Replica):
        """What who is sent away at the third look has."""

        def __getattribute__(self, name: str) -> object:
            nonlocal looks
            if name == "totals":
                looks += 1
                overlay.gone = looks == 3
            return super().__getattribute__(name)

    overlay.replica = Without()
    over._people.append(overlay)
    await over._shown()
    assert looks == 3
