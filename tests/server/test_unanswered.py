"""What a client asked is sent until there is an answer for good."""

import asyncio
import time

import pytest

from calc.operations import SetLevel
from server.client.unanswered import MADE, MADE_S, ClosedError, Question, Unanswered
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


async def made(unanswered: Unanswered, line: Line, *edits: Edit) -> None:
    """Edits that were asked for, and accepted."""
    for number, edit in enumerate(edits, 1):
        asking = asyncio.create_task(unanswered.ask(edit))
        assert await line.sent.get() == edit
        unanswered.settle(Accepted(edit.id, number))
        await asking


def sent(line: Line) -> list[Question]:
    return [line.sent.get_nowait() for _ in range(line.sent.qsize())]


async def test_what_a_server_may_have_lost_is_sent_again_before_what_waits(line: Line) -> None:
    unanswered = Unanswered(line.send)
    first, second = (Edit(f"made-000{number}", 0, (SetLevel(3),)) for number in (1, 2))
    await made(unanswered, line, first, second)
    asking = asyncio.create_task(unanswered.ask(EDIT))
    await line.sent.get()
    await unanswered.send_again()
    assert sent(line) == [EDIT]
    await unanswered.send_again(going_on=1)
    assert sent(line) == [first, second, EDIT]
    unanswered.settle(Accepted(first.id, 1))
    await unanswered.send_again()  # the line broke before the others were answered
    assert sent(line) == [second, EDIT]
    unanswered.settle(Refused("too_many", "Too soon.", id=second.id, retry_after=0.0))
    assert await line.sent.get() == second
    unanswered.settle(Refused("lost", "It is lost.", id=second.id))
    unanswered.settle(Accepted(EDIT.id, 2))
    await asking
    await unanswered.send_again(going_on=1)
    assert sent(line) == [first, EDIT]
    unanswered.close()


async def test_only_what_was_accepted_lately_is_sent_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    unanswered = Unanswered(line.send)
    edits = [Edit(f"made-{number:04}", 0, (SetLevel(3),)) for number in range(MADE + 1)]
    await made(unanswered, line, *edits)
    await unanswered.send_again(going_on=0)
    assert sent(line) == []  # the first is not there any more: the rest would be out of place
    await unanswered.send_again(going_on=1)
    assert sent(line) == edits[1:]
    unanswered.close()
    later = Unanswered(line.send)
    await made(later, line, edits[0])
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + MADE_S + 1)
    await later.send_again(going_on=1)
    assert sent(line) == []
