"""What a client asked is sent until there is an answer for good."""

import asyncio
import time
from typing import Any

import pytest
from msgspec import UNSET

from calc import build as documents
from calc.operations import SetLevel
from server.client.unanswered import MADE, MADE_S, ON_WAY, ClosedError, Question, Unanswered
from server.client_messages import Asked, Decide, Edit, Ping, Preview, Undo
from server.server_messages import (
    Accepted,
    Change,
    Pong,
    Proposal,
    Refused,
    ServerMessage,
    Snapshot,
    Totals,
    Update,
    Work,
)

EDIT = Edit("edit-0001", 0, (SetLevel(3),))
PREVIEW = Preview("preview-1", (SetLevel(3),))


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


async def test_not_all_edits_are_sent_at_once(line: Line) -> None:
    unanswered = Unanswered(line.send)
    edits = [Edit(f"edit-{number:04}", 0, (SetLevel(3),)) for number in range(ON_WAY + 2)]
    asking = [asyncio.create_task(unanswered.ask(each)) for each in edits]
    assert [await line.sent.get() for _ in range(ON_WAY)] == edits[:ON_WAY]
    await unanswered.send_again()
    assert [line.sent.get_nowait() for _ in range(ON_WAY)] == edits[:ON_WAY]
    asking.append(asyncio.create_task(unanswered.ask(PREVIEW)))
    assert await line.sent.get() == PREVIEW  # it waits for no edit
    assert line.sent.empty()
    unanswered.settle(Accepted(edits[3].id, 1))
    assert await line.sent.get() == edits[ON_WAY]
    for each in asking:
        each.cancel()


async def test_while_one_edit_comes_too_soon_none_is_sent(line: Line) -> None:
    unanswered = Unanswered(line.send)
    later = Edit("edit-0002", 0, (SetLevel(3),))
    early = asyncio.create_task(unanswered.ask(EDIT))
    await line.sent.get()
    refused = Refused("too_many", "Too many edits at once.", id=EDIT.id, retry_after=3600.0)
    unanswered.settle(refused)
    await asyncio.sleep(0)
    waits = [early, asyncio.create_task(unanswered.ask(later))]
    waits.append(asyncio.create_task(unanswered.ask(PREVIEW)))
    assert await line.sent.get() == PREVIEW
    assert line.sent.empty()
    for each in waits:
        each.cancel()


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


async def made(unanswered: Unanswered, line: Line, *edits: Asked, begin: int = 1) -> None:
    """Edits that were asked for, and accepted, each after the other; an undo takes back the one
    before."""
    before = ""
    for number, edit in enumerate(edits, begin):
        asking = asyncio.create_task(unanswered.ask(edit))
        assert await line.sent.get() == edit
        undoes = before if isinstance(edit, Undo) else UNSET
        unanswered.settle(Accepted(edit.id, number, undoes))
        await asking
        before = edit.id


def sent(line: Line) -> list[Question]:
    return [line.sent.get_nowait() for _ in range(line.sent.qsize())]


def accepted(unanswered: Unanswered, edit: Asked, revision: int = 9) -> None:
    unanswered.settle(Accepted(edit.id, revision))


FIRST, SECOND, THIRD = (Edit(f"made-000{number}", 0, (SetLevel(3),)) for number in (1, 2, 3))
UNDO = Undo("undo-0001", 0)


async def test_what_a_server_may_have_lost_is_sent_again_one_by_one_before_what_waits(
    line: Line,
) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST, SECOND)
    asking = [asyncio.create_task(unanswered.ask(EDIT))]
    await line.sent.get()
    await unanswered.send_again()
    assert sent(line) == [EDIT]
    await unanswered.send_again(going_on=1)
    assert await line.sent.get() == FIRST
    asking.append(asyncio.create_task(unanswered.ask(THIRD)))
    ping = asyncio.create_task(unanswered.ask(Ping("p1")))
    assert await line.sent.get() == Ping("p1")  # no edit
    await unanswered.send_again()  # the line broke before they were answered
    assert sent(line) == [FIRST, Ping("p1")]
    unanswered.settle(Pong("p1"))
    await ping
    accepted(unanswered, FIRST)
    assert await line.sent.get() == SECOND
    unanswered.settle(Refused("too_many", "Too soon.", id=SECOND.id, retry_after=0.0))
    assert await line.sent.get() == SECOND
    accepted(unanswered, SECOND)
    assert await line.sent.get() == EDIT
    assert await line.sent.get() == THIRD
    accepted(unanswered, EDIT)
    accepted(unanswered, THIRD)
    await asyncio.gather(*asking)


async def test_a_server_may_lose_again_what_was_just_made_again(line: Line) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST, SECOND)
    await unanswered.send_again(going_on=0)
    assert await line.sent.get() == FIRST
    accepted(unanswered, FIRST)
    assert await line.sent.get() == SECOND
    await unanswered.send_again(going_on=0)
    assert await line.sent.get() == FIRST
    accepted(unanswered, FIRST)
    assert await line.sent.get() == SECOND
    unanswered.close()


async def test_who_leaves_sends_nothing_again(line: Line) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST)
    await unanswered.send_again(going_on=0)
    assert await line.sent.get() == FIRST
    asking = asyncio.create_task(unanswered.ask(EDIT))
    too_soon = Refused("too_many", "Too soon.", id=FIRST.id, retry_after=3600.0)
    unanswered.settle(too_soon)
    unanswered.close()
    with pytest.raises(ClosedError):
        await asking
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, still = await asyncio.wait(others, timeout=5)
        assert not still


@pytest.mark.parametrize("code", ["not_taken", "too_old"])
async def test_without_what_is_lost_no_undo_is_sent_again(line: Line, code: str) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST, SECOND, UNDO, THIRD)
    await unanswered.send_again(going_on=0)
    assert await line.sent.get() == FIRST
    accepted(unanswered, FIRST)
    assert await line.sent.get() == SECOND
    unanswered.settle(Refused(code, "It cannot be made.", id=SECOND.id))
    assert await line.sent.get() == THIRD
    unanswered.settle(Refused("lost", "It is lost.", id=FIRST.id))
    accepted(unanswered, THIRD)
    await unanswered.send_again(going_on=8)
    asking = asyncio.create_task(unanswered.ask(EDIT))
    assert await line.sent.get() == EDIT  # nor what was made with it
    accepted(unanswered, EDIT)
    await asking


async def test_only_what_was_accepted_lately_is_sent_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = [Edit(f"made-{number:04}", 0, (SetLevel(3),)) for number in range(MADE + 1)]
    for going_on, first in ((0, EDIT), (1, edits[1])):
        unanswered = Unanswered(line.send)
        await made(unanswered, line, *edits)  # the first is not there any more
        await unanswered.send_again(going_on=going_on)
        asking = asyncio.create_task(unanswered.ask(EDIT))
        assert await line.sent.get() == first
        unanswered.close()
        with pytest.raises(ClosedError):
            await asking
    later = Unanswered(line.send)
    await made(later, line, edits[0])
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + MADE_S + 1)
    await later.send_again(going_on=0)
    asking = asyncio.create_task(later.ask(EDIT))
    assert await line.sent.get() == EDIT
    accepted(later, EDIT)
    await asking


def change(edit: str = "other", **more: Any) -> Change:
    return Change(**{"revision": 3, "edit": edit, "by": "g2", **NOTHING, **more})


NOTHING: dict[str, Any] = {"at": 0, "operations": (), "patch": {}, "totals": {}}


@pytest.mark.parametrize(
    ("seen", "again"),
    [
        (change(), True),
        (change(SECOND.id, by="g1", revision=2), True),
        (change(undoes_work=Work("g2", 0, ("other",))), True),
        (change(by="g1"), False),  # from another window, by REST, or of a proposal
        (change(restores=0), False),
        (change(undoes_work=Work("g1", 0, (FIRST.id,))), False),
        (Snapshot("e1", 3, documents.empty(""), {}, (), ()), False),
        (Update(0, 3, "other", {}, {}), False),
        (Totals(3, {}), False),
    ],
)
async def test_only_what_is_known_whole_is_sent_again(
    line: Line, seen: ServerMessage, *, again: bool
) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST, SECOND)
    unanswered.see(seen, "g1")
    await made(unanswered, line, THIRD, begin=4)
    await unanswered.send_again(going_on=2)
    asking = asyncio.create_task(unanswered.ask(EDIT))
    assert await line.sent.get() == (FIRST if again else EDIT)
    unanswered.close()
    with pytest.raises(ClosedError):
        await asking


async def test_an_undo_is_sent_again_with_what_it_took_back_or_not_at_all(line: Line) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST, UNDO)
    await unanswered.send_again(going_on=0)
    for edit in (FIRST, UNDO):
        assert await line.sent.get() == edit
        unanswered.settle(Accepted(edit.id, 2, FIRST.id))
    unanswered.see(Snapshot("e1", 2, documents.empty(""), {}, (), ()), "g1")
    await made(unanswered, line, UNDO, SECOND, begin=3)  # of one before the snapshot
    await unanswered.send_again(going_on=3)
    assert await line.sent.get() == SECOND
    unanswered.close()


async def test_from_then_on_it_is_sent_again(line: Line) -> None:
    unanswered = Unanswered(line.send)
    await made(unanswered, line, FIRST)
    unanswered.see(change(by="g1"), "g1")
    await made(unanswered, line, SECOND, begin=2)  # told late
    await made(unanswered, line, THIRD, begin=4)
    await unanswered.send_again(going_on=3)
    assert await line.sent.get() == THIRD
    unanswered.close()
