"""Previews and explanations: on the newest build, and nothing is kept of them."""

import asyncio
from typing import Any, cast

import msgspec
import pytest

from calc import build as documents
from calc.operations import AddPool, Applied, SetArchetype, SetLevel, SwitchPower, TakePower
from server.client_messages import Explain, Inspect, Preview
from server.engine import Engine
from server.live import patience as patience_module
from server.live import questions
from server.live.follower import Follower
from server.live.patience import Patience
from server.live.questions import Questions
from server.logic.rights import Access, Membership
from server.logic.session import State
from server.protocol import Role
from server.redis.calls import UnreachableError
from server.server_messages import Explained, Inspected, Previewed, Refused
from server.sockets.connection import Connection

ANN = "g1"


def a_state(engine: Engine, role: Role = "suggester") -> State:
    scrapper = engine.apply(documents.empty("Nova"), SetArchetype("Class_Scrapper"))
    assert isinstance(scrapper, Applied)
    build = scrapper.build
    result = engine.result(build, "s1")
    access = Access(1, {ANN: Membership("Ann", role)})
    return State("s1", "e1", 7, "", engine.name, build, result.totals, result.findings, access)


def test_a_preview_tells_the_difference_and_changes_nothing(engine: Engine) -> None:
    state = a_state(engine)
    weave = "Pool.Fighting.Weave"
    operations = (AddPool("Pool.Fighting"), TakePower(weave, level=24), SwitchPower(weave, on=True))
    answer = questions.preview(state, ANN, Preview("p1", operations), engine)
    assert isinstance(answer, Previewed)
    assert (answer.id, answer.revision) == ("p1", 7)
    assert answer.totals["defense.ranged"].value > state.totals["defense.ranged"].value
    assert "health.max" not in answer.totals
    assert [each.power for each in answer.findings] == [weave]  # what must be taken before it
    assert answer.resolved == ()
    again = engine.result(state.build, "s1")
    assert (again.totals, again.findings) == (state.totals, state.findings)


def test_a_preview_is_refused_as_the_edit_would_be(engine: Engine) -> None:
    question = Preview("p1", (SetLevel(3), TakePower("No.Such.Power")))
    answer = questions.preview(a_state(engine), ANN, question, engine)
    assert isinstance(answer, Refused)
    assert (answer.id, answer.operation, answer.code) == ("p1", 1, "unknown_power")


def test_viewers_do_not_preview(engine: Engine) -> None:
    answer = questions.preview(
        a_state(engine, "viewer"), ANN, Preview("p1", (SetLevel(3),)), engine
    )
    assert isinstance(answer, Refused)
    assert answer.code == "not_allowed"


@pytest.mark.parametrize("stat", ["health.max", "endurance.max"])
def test_an_explanation_adds_up_to_the_total(engine: Engine, stat: str) -> None:
    state = a_state(engine, "viewer")
    answer = questions.explain(state, Explain("x1", stat), engine)
    assert isinstance(answer, Explained)
    assert answer.explanation.value == state.totals[stat].value
    assert answer.explanation.items


def test_an_unknown_stat_is_refused(engine: Engine) -> None:
    answer = questions.explain(a_state(engine), Explain("x1", "health.maximum"), engine)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.id) == ("unknown_stat", "x1")


def test_a_power_is_inspected_before_and_after_slotting(engine: Engine) -> None:
    state = a_state(engine, "viewer")
    answer = questions.inspect(state, Inspect("i1", "Inherent.Inherent.Brawl"), engine)
    assert isinstance(answer, Inspected)
    assert answer.figures.before["power.recharge"] == 2.0
    assert answer.figures.after["power.damage"] > 0


def test_a_power_that_is_not_there_is_not_inspected(engine: Engine) -> None:
    question = Inspect("i1", "Pool.Speed.Hasten")
    answer = questions.inspect(a_state(engine), question, engine)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.path) == ("not_taken", "$.power")


class Asker:
    """Somebody who asks, without a socket."""

    person = ANN

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Any] = asyncio.Queue()

    def answer(self, message: object) -> None:
        self.answers.put_nowait(message)


class Session:
    """A session of which the state is known, and nothing more."""

    id = "s1"

    def __init__(self, engine: Engine) -> None:
        self.state = a_state(engine)
        self.questions = Questions(cast(Follower, self), engine)
        self.patience = Patience("s1", lambda degraded: None)
        self.patience.beside = self.questions.answer_all
        self.asker = Asker()

    def ask(self, name: str) -> None:
        self.questions.submit(cast(Connection, self.asker), Explain(name, "health.max"))

    async def answered(self) -> str:
        async with asyncio.timeout(10):
            answer = await self.asker.answers.get()
        assert isinstance(answer, Explained)
        return answer.id


async def test_questions_are_answered_while_redis_does_not(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience_module, "RETRY_S", (0.0,))
    session = Session(engine)
    calls = 0

    async def an_edit() -> str:
        """Redis refuses, does not answer for long, and answers."""
        nonlocal calls
        calls += 1
        if calls == 1:
            raise UnreachableError("away")
        assert await session.answered() == "x1"
        session.ask("x2")
        assert await session.answered() == "x2"
        session.ask("x3")
        return "made"

    session.ask("x1")
    assert await session.patience.ask(an_edit) == "made"
    for _ in range(5):
        await asyncio.sleep(0)
    assert session.asker.answers.empty()  # it comes after the edits again
    assert session.questions
    assert await session.patience.ask(lambda: asyncio.sleep(0, "made")) == "made"
    assert session.questions


async def test_questions_wait_for_a_session_to_come_to_the_numbers_of_this_worker(
    engine: Engine,
) -> None:
    session = Session(engine)
    ours, session.state = session.state, msgspec.structs.replace(session.state, engine="other")
    session.ask("x1")
    answering = asyncio.create_task(session.questions.answer_all())
    for _ in range(5):
        await asyncio.sleep(0)
    assert session.asker.answers.empty()
    session.state = ours
    session.ask("x2")
    assert [await session.answered() for _ in range(2)] == ["x1", "x2"]
    answering.cancel()
