"""What is asked again until Redis answers."""

import pytest

from server.live import patience as patience_module
from server.live.patience import Patience
from server.orm import DatabaseAwayError
from server.redis.calls import UnreachableError


class Asked:
    """Answers when what is to fail has failed."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture
def told() -> list[bool]:
    return []


@pytest.fixture
def patience(told: list[bool], monkeypatch: pytest.MonkeyPatch) -> Patience:
    monkeypatch.setattr(patience_module, "RETRY_S", (0.0,))
    return Patience("s1", told.append)


async def test_it_tells_once_that_redis_is_away_and_once_that_it_is_back(
    patience: Patience, told: list[bool]
) -> None:
    assert await patience.ask(Asked()) == "answer"
    assert told == []
    for _ in range(2):
        asked = Asked(*[UnreachableError("away")] * 3)
        assert await patience.ask(asked) == "answer"
        assert not patience.degraded
    assert told == [True, False] * 2


async def test_sql_is_waited_for_by_who_says_so(patience: Patience, told: list[bool]) -> None:
    with pytest.raises(DatabaseAwayError):
        await patience.ask(Asked(DatabaseAwayError("away")))
    assert told == []
    assert await patience.ask(Asked(DatabaseAwayError("away")), sql=True) == "answer"
    assert told == [True, False]
