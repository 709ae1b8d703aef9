"""What REST answers to what the server itself may meet."""

from litestar import get
from litestar.testing import create_test_client

from server.log.logged import ForeignError
from server.web.problems import HANDLERS


@get("/")
async def newer() -> None:
    raise ForeignError("of another release")


def test_what_only_a_newer_release_can_read_is_asked_for_again() -> None:
    with create_test_client(newer, exception_handlers=HANDLERS) as client:
        answer = client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "newer release" in answer.json()["detail"]
    assert answer.headers["Retry-After"]
