"""Two people on two workers edit one session."""

import asyncio

from calc.operations import SetLevel, SetTitle
from server.client import Client
from server.server_messages import Accepted, Change
from tests.wire.serving import Owner, Server


async def test_an_edit_on_one_worker_is_a_change_on_the_other(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url, title="Nova")
    secret = ann.invite()["secret"]
    async with (
        Client(one.url, ann.session, token=ann.token) as first,
        Client(other.url, ann.session, invitation=secret, name="Bob") as second,
    ):
        assert first.welcome
        assert second.welcome
        assert first.welcome.worker != second.welcome.worker
        answer = await second.edit(SetLevel(30), SetTitle("Supernova"))
        assert answer == Accepted(answer.id, 1)
        await first.reached(1)
        assert first.replica.document == second.replica.document
        assert first.replica.document["title"] == "Supernova"
        assert first.replica.totals == second.replica.totals
        change = await anext(message async for message in first if isinstance(message, Change))
        assert change.by == second.welcome.person
        assert change.patch == {"level": 30, "title": "Supernova"}


async def test_people_of_both_workers_see_each_other(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url)
    secret = ann.invite("viewer")["secret"]
    async with Client(one.url, ann.session, token=ann.token) as first:
        async with Client(other.url, ann.session, invitation=secret, name="Bob") as second:
            assert second.welcome
            bob = second.welcome.person
            async with asyncio.timeout(10):
                await first.until(lambda: bob in first.replica.people)
            async with asyncio.timeout(10):
                await second.until(lambda: second.replica.number == 2)  # viewers are told no names
            assert first.replica.people[bob].role == "viewer"
        async with asyncio.timeout(10):
            await first.until(lambda: bob not in first.replica.people)
