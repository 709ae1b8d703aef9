"""Whatever a socket sends, it gets answers that are in the reference, and nobody else is hurt.

More than the usual few seconds of it: `pytest tests/wire/test_fuzzed_frames.py --fuzz-sockets
20000 --fuzz-seed 7`.
"""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from calc.operations import SetLevel
from server.client import Client
from server.reference import asyncapi
from server.server_messages import Accepted
from tests.wire.fuzzing import Wire, framed, mutated
from tests.wire.serving import Owner, Server

AT_ONCE = 8
ANSWER_S = 10.0


class Documented:
    """What the reference says may come."""

    def __init__(self) -> None:
        reference = msgspec.json.decode(asyncapi.PATH.read_bytes())
        channel = reference["channels"]["session"]
        self.closes = set(map(int, channel["x-close-codes"]))
        self._refusals = channel["x-refusal-codes"]
        told = {k for k, each in reference["operations"].items() if each["action"] == "send"}
        components = {"components": reference["components"]}
        self._valid = {
            kind: jsonschema_rs.validator_for(
                {**channel["messages"][kind]["payload"], **components}
            )
            for kind in told
        }
        examples = asyncapi.examples_of(reference)
        self.sent = [example for kind, example in examples.items() if kind not in told]

    def check(self, payload: bytes) -> Any:
        message = msgspec.json.decode(payload)
        errors = [each.message for each in self._valid[message["type"]].iter_errors(message)]
        assert errors == [], message
        assert message["type"] != "refused" or message["code"] in self._refusals, message
        return message


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(
        tmp_path,
        edits_per_second="100000",
        edits_burst="100000",
        edit_bytes_burst="1000000000",
        operations_per_second="1000000",
        operations_burst="1000000",
        messages_per_second="100000",
        messages_burst="100000",
        editors="20",
        people_ttl_s="3",
    )


@pytest.mark.timeout(0)
async def test_only_documented_answers_come(server: Server, request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("--fuzz-seed")
    ann = Owner(server.url, archetype="Class_Scrapper")
    fuzzed = Owner(server.url, archetype="Class_Scrapper")
    documented = Documented()
    numbers = iter(range(request.config.getoption("--fuzz-sockets")))
    closes: dict[int, int] = {}

    async def go_through() -> None:
        for number in numbers:
            random = Random(f"{seed} {number}")
            try:
                code = await one_socket(random, fuzzed, documented)
            except (AssertionError, TimeoutError, KeyError) as error:
                raise AssertionError(f"--fuzz-seed {seed}, socket {number}: {error!r}") from error
            closes[code] = closes.get(code, 0) + 1

    async with Client(ann.url, ann.session, token=ann.token, listen=False) as neighbour:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(go_through())
            for level in range(2, 50):  # others work on as if nothing happened
                async with asyncio.timeout(ANSWER_S):
                    assert isinstance(await neighbour.edit(SetLevel(level)), Accepted)
        assert {0, 1002, 1009, 4400} <= set(closes), closes

        # All of it has left nobody behind, and a state that is the same for all.
        async with Client(fuzzed.url, fuzzed.session, token=fuzzed.token) as client:
            async with asyncio.timeout(20):
                await client.until(
                    lambda: (
                        set(client.replica.people) == {fuzzed.person}
                        and client.replica.people[fuzzed.person].connections == 1
                    )
                )
            snapshot = fuzzed.snapshot()
            await client.reached(snapshot["revision"])
            assert client.replica.document == snapshot["build"]
    server.ends_well()


async def one_socket(random: Random, owner: Owner, documented: Documented) -> int:
    """Join (mostly), send a few frames, and read all answers; how it was closed, or 0."""
    wire = await Wire.open(owner.url, owner.session)
    try:
        if random.random() < 0.9:
            wire.say({"type": "join", "token": owner.token})
        for number in range(random.randrange(1, 12)):
            example = random.choice(documented.sent)
            data, is_whole = framed(random, mutated(random, example, documented.sent))
            wire.send(data)
            if not is_whole:
                return 0  # it goes away in the middle of a frame
            marker = f"marker-{number}"
            wire.say({"type": "ping", "id": marker})
            async with asyncio.timeout(ANSWER_S):
                while (payload := await wire.message()) is not None:
                    message = documented.check(payload)
                    assert message.get("code") != "internal", message
                    if message["type"] == "pong" and message["id"] == marker:
                        break
            if payload is None:
                allowed = {*documented.closes, 0}
                assert wire.close_code in allowed, wire.close_code
                return wire.close_code
        return 0
    finally:
        await wire.close()
