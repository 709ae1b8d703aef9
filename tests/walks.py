"""Long walks through random edits, and all the way back."""

from collections.abc import Callable
from random import Random

from calc import build as documents
from calc.build import Build
from calc.operations import Applied, Refused, apply
from calc.rulebook import BY_CODE
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_operations


def walk(
    build: Build,
    catalogue: Catalogue,
    seed: int,
    edits: int,
    visit: Callable[[Build], None] = lambda _: None,
) -> Build:
    """Random edits, all taken back in reverse order, document by document.

    visit: called with each build on the way there. The build at the far end comes back.
    """
    random = Random(seed)
    done: list[tuple[bytes, Applied]] = []
    refusals = 0
    for _ in range(edits):
        for operation in random_operations(random, build, catalogue):
            answer = apply(build, operation, catalogue)
            if isinstance(answer, Refused):
                refusals += 1
                assert BY_CODE[answer.code].refuses
                continue
            done.append((documents.encode(build), answer))
            build = answer.build
            visit(build)
    assert len(done) > edits
    assert refusals > edits / 20
    farthest = build
    assert documents.decode(documents.encode(build)) == build
    for before, answer in reversed(done):
        assert documents.encode(answer.build) == documents.encode(build)
        for operation in answer.inverse:
            back = apply(build, operation, catalogue)
            assert isinstance(back, Applied), (operation, back)
            build = back.build
        assert documents.encode(build) == before
    return farthest
