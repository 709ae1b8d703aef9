"""Who is let in to a stream of totals."""

from types import SimpleNamespace
from typing import Any

import pytest

from server.auth import Person
from server.live.audience import Audience
from server.routes import streams
from server.settings import Settings
from server.sockets.views import Wanted
from server.telemetry.measures import UNMEASURED
from server.web.problems import ProblemError
from tests.server.listening import START, Socket


class Stream(Socket):
    def stream(self, *_: object) -> None:
        pass


@pytest.fixture
def open_stream(audience: Audience) -> Any:
    """Of a server where one person has two."""
    live: Any = SimpleNamespace(
        audience=audience, state=START, enter=lambda connection, *_: audience.enter(connection)
    )
    services: Any = SimpleNamespace(settings=Settings(sockets_per_person=2), measures=UNMEASURED)

    def enter(person: str, *, one_person: bool) -> Stream:
        stream: Any = Stream()
        wanted = Wanted(views=("totals",))
        who = Person(person, "Somebody", 0.0, 1e11)
        streams._enter(live, who, stream, wanted, "", services, one_person=one_person)
        assert stream.outlet
        return stream  # type: ignore[no-any-return]

    return enter


async def test_one_persons_streams_leave_places_to_the_others(
    audience: Audience, open_stream: Any
) -> None:
    for _ in range(2):
        open_stream("g2", one_person=True)
    with pytest.raises(ProblemError) as refused:
        open_stream("g2", one_person=True)
    problem = refused.value.problem
    assert (problem.status, problem.code, problem.retry_after) == (429, "too_many", 30.0)
    assert len(audience) == 2
    open_stream("g1", one_person=True)


async def test_streams_by_an_invitation_are_no_one_persons(
    audience: Audience, open_stream: Any
) -> None:
    for _ in range(3):
        open_stream("g3", one_person=False)
    assert len(audience) == 3
