"""Four people on two workers make 1,000 random edits, and lose the line again and again."""

import asyncio
from contextlib import AsyncExitStack
from random import Random

import msgspec
import pytest

from calc import build as documents
from gamedata.catalogue import Catalogue
from server.client import Client
from server.commands.fuzz.edits import random_operations
from server.engine import Engine
from server.server_messages import Accepted, Change, Refused
from tests.wire.serving import Owner, Server

EDITS = 1000
PEOPLE = 4
SEED = 20260301


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


async def test_a_thousand_edits_from_four_clients_with_disconnections(
    two_servers: tuple[Server, Server], engine: Engine
) -> None:
    ann = Owner(two_servers[0].url, title="Random", archetype="Class_Scrapper")
    secret = ann.invite()["secret"]
    clients = [
        Client(two_servers[index % 2].url, ann.session, invitation=secret, name=f"P{index}")
        for index in range(PEOPLE)
    ]
    watchers = [Client(each.url, ann.session, token=ann.token) for each in two_servers]
    async with asyncio.timeout(100), AsyncExitStack() as stack:
        for client in (*watchers, *clients):
            await stack.enter_async_context(client)
        shares = await asyncio.gather(
            *(
                edit_at_random(client, Random(SEED + index), engine.catalogue)
                for index, client in enumerate(clients)
            )
        )
        last = ann.snapshot()["revision"]
        for client in (*clients, *watchers):
            await client.reached(last)

    answers = [answer for share in shares for answer in share]
    accepted = {each.id: each.revision for each in answers if isinstance(each, Accepted)}
    refused = [each for each in answers if isinstance(each, Refused)]
    assert len(accepted) + len(refused) == EDITS
    assert len(accepted) > EDITS / 2
    assert not [each for each in refused if each.code in ("internal", "id_reused", "too_old")]

    # Revisions without a gap, every accepted edit once, and nothing else.
    for watcher in watchers:
        changes = [each for each in watcher.received() if isinstance(each, Change)]
        assert [each.revision for each in changes] == list(range(1, last + 1))
        assert {each.edit: each.revision for each in changes} == accepted

    # Everybody is equal to the server, byte for byte.
    truth = ann.snapshot()
    build = documents.decode(documents_json(truth["build"]))
    for client in (*clients, *watchers):
        assert client.replica.position == watchers[0].replica.position
        assert documents.encode(build) == documents_json(client.replica.document)
        assert client.replica.totals == watchers[0].replica.totals
        assert client.replica.findings == watchers[0].replica.findings

    # And the totals are those of a computation from nothing.
    result = Engine(engine.catalogue).result(build)
    assert watchers[0].replica.totals == result.totals
    assert watchers[0].replica.findings == result.findings


def documents_json(document: object) -> bytes:
    """As the server encodes a build: keys sorted."""
    return msgspec.json.encode(document, order="sorted")


async def edit_at_random(
    client: Client, random: Random, catalogue: Catalogue
) -> list[Accepted | Refused]:
    """This person's share of the edits, each answered before the next, and lost lines."""
    answers = []
    for _ in range(EDITS // PEOPLE):
        build = documents.decode(documents_json(client.replica.document))
        operations = random_operations(random, build, catalogue)
        edit = asyncio.create_task(client.edit(*operations))
        if random.random() < 0.1:
            await asyncio.sleep(random.choice((0, 0, 0.002)))  # before, while or after it is made
            client.drop()
        answers.append(await edit)
    return answers
