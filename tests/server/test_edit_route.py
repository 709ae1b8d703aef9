"""What an edit by POST is answered while nobody can say what becomes of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from calc.operations import SetLevel
from server.auth import Person
from server.client_messages import Edit
from server.limits.allowance import Share
from server.limits.buckets import Bucket
from server.routes import edits
from server.server_messages import Refused
from server.web.problems import Problem, ProblemError
from tests.server.listening import START

ANN = Person("g1", "Ann", 0.0, 1e11)
EDIT = Edit("edit-0001", 0, (SetLevel(30),))


async def refused(submit: Callable[[edits.Asker, Edit], None]) -> Problem:
    """What is answered where edits come to `submit`."""

    @asynccontextmanager
    async def live(session: str) -> AsyncIterator[Any]:
        yield SimpleNamespace(id=session, state=START, submit=submit)

    share = Share(*(Bucket(1.0, 10.0) for _ in Share.__struct_fields__))
    settings = SimpleNamespace(operations_per_edit=100)
    services: Any = SimpleNamespace(
        settings=settings,
        live=SimpleNamespace(of=lambda *_: (share,)),
        hub=SimpleNamespace(live=live),
    )
    request: Any = SimpleNamespace(scope={})
    with pytest.raises(ProblemError) as raised:
        await edits.settle(request, "s1", ANN, EDIT, services)
    return raised.value.problem


async def test_an_edit_that_nobody_answers_may_be_made_and_is_to_be_sent_with_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edits, "WAIT_S", 0.0)
    problem = await refused(lambda *_: None)
    assert (problem.status, problem.code, problem.retry_after) == (503, "unavailable", 1.0)
    assert problem.detail == (
        "The edit is not answered in time, and may be made all the same. "
        "Send it again with the same Idempotency-Key: it is made once."
    )


async def test_an_edit_whose_session_goes_elsewhere_is_to_be_sent_with_its_key() -> None:
    gone = Refused("unavailable", "The session is not served here any more.", retry_after=1.0)
    problem = await refused(lambda asker, _: asker.answer(gone))
    assert (problem.status, problem.code, problem.retry_after) == (503, "unavailable", 1.0)
    assert problem.detail == f"{gone.message} {edits.SAME_KEY}"


async def test_what_is_refused_for_good_is_not_to_be_sent_again() -> None:
    locked = Refused("locked", "The session is locked: nobody edits just now.")
    problem = await refused(lambda asker, _: asker.answer(locked))
    assert (problem.status, problem.detail) == (409, locked.message)
