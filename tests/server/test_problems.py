"""What REST answers to what the server itself may meet."""

import pytest
from litestar import get
from litestar.testing import create_test_client

from server.log.logged import ForeignError
from server.web.problems import HANDLERS, whole_seconds


@get("/")
async def newer() -> None:
    raise ForeignError("of another release")


def test_what_only_a_newer_release_can_read_is_asked_for_again() -> None:
    with create_test_client(newer, exception_handlers=HANDLERS) as client:
        answer = client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "newer release" in answer.json()["detail"]
    assert float(answer.headers["Retry-After"]) == answer.json()["retry_after"]


@pytest.mark.parametrize(
    ("wait", "told"), [(0.001, "1"), (1.0, "1"), (1.001, "2"), (2.5, "3"), (30.0, "30")]
)
def test_who_comes_again_after_the_seconds_told_comes_neither_too_early_nor_much_later(
    wait: float, told: str
) -> None:
    assert whole_seconds(wait) == told
