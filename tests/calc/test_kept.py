"""Methods that keep their answers, and no object alive."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from calc.kept import kept


class Speaker:
    """Says a word twice, and counts how often it had to think."""

    def __init__(self) -> None:
        self.thought = 0
        self.twice = kept(2, self._twice)

    def _twice(self, word: str, *, loud: bool = False) -> str:
        self.thought += 1
        return word.upper() * 2 if loud else word * 2


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_what_was_asked_before_is_not_worked_out_again() -> None:
    speaker = Speaker()
    assert [speaker.twice("so") for _ in range(3)] == ["soso"] * 3
    assert speaker.twice("so", loud=True) == "SOSO"
    assert speaker.thought == 2


def test_the_oldest_unused_answer_goes_first() -> None:
    speaker = Speaker()
    for word in ("a", "b", "a", "c", "a"):
        speaker.twice(word)
    assert speaker.thought == 3
    speaker.twice("b")
    assert speaker.thought == 4


@pytest.mark.usefixtures("no_collection")
def test_the_object_goes_at_once_when_nobody_holds_it() -> None:
    speaker = Speaker()
    speaker.twice("so")
    gone = weakref.ref(speaker)
    del speaker
    assert gone() is None


def test_whoever_asks_holds_the_object() -> None:
    twice = Speaker().twice
    with pytest.raises(ReferenceError, match="hold it"):
        twice("so")
