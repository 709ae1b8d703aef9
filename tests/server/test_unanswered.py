"""What a client asked is sent until there is an answer for good."""

import asyncio

import pytest

from calc.operations import SetLevel
from server.client.unanswered import ClosedError, Question, Unanswered
from server.client_messages import Decide, Edit
from server.server_messages import Accepted, Proposal, Refused

EDIT = Edit("edit-0001", 0, (SetLevel(3),))


class Line:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Question] = asyncio.Queue()

    async def send(self, message: Question) -> None:
        self.sent.put_nowait(message)


@pytest.fixture
def line() -> Line:
    return Line()


async def test_who_asks_the_same_twice_at_once_is_answered_twice(line: Line) -> None:
    unanswered = Unanswered(line.send)
    asking = [asyncio.create_task(unanswered.ask(EDIT)) for _ in range(2)]
    for _ in asking:
        assert await line.sent.get() == EDIT
    unanswered.settle(Accepted(EDIT.id, 1))
    assert await asyncio.gather(*asking) == [Accepted(EDIT.id, 1)] * 2


async def test_what_came_too_soon_is_sent_again_and_what_was_sent_into_a_lost_line(
    line: Line,
) -> None:
    unanswered = Unanswered(line.send)
    asking = asyncio.create_task(unanswered.ask(EDIT))
    await line.sent.get()
    await unanswered.send_again()
    assert await line.sent.get() == EDIT
    unanswered.settle(Refused("too_many", "Too many edits at once.", id=EDIT.id, retry_after=0.0))
    assert await line.sent.get() == EDIT
    unanswered.settle(Refused("locked", "The session is locked.", id=EDIT.id))
    answer = await asking
    assert isinstance(answer, Refused)
    assert answer.code == "locked"


async def test_a_proposal_is_decided_when_everybody_is_told(line: Line) -> None:
    unanswered = Unanswered(line.send)
    asking = asyncio.create_task(unanswered.ask(Decide("d1", "proposal-1", accept=True)))
    await line.sent.get()
    settled = Proposal("proposal-1", "g2", "", (), {}, "accepted", 0, 0)
    unanswered.settle(Accepted("d1", 1))
    unanswered.settle(settled)
    assert await asking == settled


async def test_nobody_waits_for_a_client_that_is_closed(line: Line) -> None:
    unanswered = Unanswered(line.send)
    asking = asyncio.create_task(unanswered.ask(EDIT))
    await line.sent.get()
    unanswered.close()
    with pytest.raises(ClosedError):
        await asking
    with pytest.raises(ClosedError):
        await unanswered.ask(EDIT)
