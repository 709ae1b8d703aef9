"""Who has just come is told of the others, and of themselves by their welcome alone."""

from server.live.audience import Audience
from server.server_messages import Present, Status
from server.sockets.views import Wanted
from tests.server.listening import a_turn, come

NEWS = Status(degraded=False)


async def test_who_comes_is_not_told_of_themselves_again(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    await a_turn()
    assert ann.messages == []
    _, bob = come(audience, "g2")
    audience.send(NEWS)
    await a_turn()
    audience.send(NEWS)
    await a_turn()
    assert [each["type"] for each in ann.messages] == ["status", "people", "status"]
    assert [each["type"] for each in bob.messages] == ["status", "status"]


async def test_the_newest_of_ones_sockets_alone_knows_of_all(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    _, first = come(audience, "g2")
    await a_turn()
    _, second = come(audience, "g2", "tab-2")
    _, third = come(audience, "g2", "tab-3", Wanted(("people",)))  # in a line of its own
    await a_turn()
    assert [each["connections"] for each in second.messages[-1]["changed"]] == [3]
    assert first.messages == ann.messages
    assert third.messages == []


async def test_who_came_with_others_is_told_of_them(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    _, bob = come(audience, "g2")
    await a_turn()
    assert bob.messages == ann.messages
    (told,) = ann.messages
    assert [each["person"] for each in told["joined"]] == ["g1", "g2"]


async def test_who_is_here_by_another_worker_too_is_told_so(audience: Audience) -> None:
    audience.take_others(((Present("g2", "Bob", "editor", 2),),))
    await a_turn()
    _, bob = come(audience, "g2")
    await a_turn()
    assert [each["connections"] for each in bob.messages[-1]["changed"]] == [3]
