"""Log lines: JSON that a collector can search, text for a terminal, and nothing of a visitor's."""

import asyncio
import logging
import logging.config
from typing import Any

import msgspec
import pytest

from server.sockets.events import EXTENSION
from server.telemetry import logs
from server.telemetry.requests import Proxies, Requests


def line(record: logging.LogRecord) -> dict[str, Any]:
    """What the JSON formatter makes of it."""
    read: dict[str, Any] = msgspec.json.decode(logs.json_formatter().format(record))
    return read


def record(message: str, *args: object, **more: Any) -> logging.LogRecord:
    return logging.getLogger("server.x").makeRecord(
        "server.x", logging.WARNING, "x.py", 1, message, args, None, extra=more or None
    )


def test_a_line_has_its_fields() -> None:
    read = line(record("session %s: %d edits", "s1", 3, edit="edit-0001"))
    assert read.pop("time").endswith("+00:00")
    assert read.pop("worker") > 0
    assert read == {
        "level": "warning",
        "logger": "server.x",
        "event": "session s1: 3 edits",
        "session": "s1",
        "edit": "edit-0001",
    }


def test_an_exception_is_told_without_the_values_of_variables() -> None:
    def fail() -> None:
        token = "a-token-of-somebody".upper()
        raise ValueError(len(token))

    try:
        fail()
    except ValueError as error:
        failed = record("it failed")
        failed.exc_info = (type(error), error, error.__traceback__)
    read = line(failed)
    assert "ValueError: 19" in read["exception"]
    assert "A-TOKEN-OF-SOMEBODY" not in msgspec.json.encode(read).decode()


async def test_what_is_bound_is_of_one_task() -> None:
    async def request(number: str) -> dict[str, Any]:
        logs.bind(request=number)
        await asyncio.sleep(0)
        logs.bind(person=f"g{number}")
        return line(record("x"))

    lines = await asyncio.gather(request("1"), request("2"))
    assert [(each["request"], each["person"]) for each in lines] == [("1", "g1"), ("2", "g2")]
    assert "request" not in line(record("x"))


@pytest.mark.parametrize(
    ("level", "form", "told"),
    [("info", "json", True), ("info", "text", False), ("debug", "text", True)],
)
def test_requests_are_lines_where_lines_are_collected(level: str, form: str, told: bool) -> None:
    loggers: Any = logs.config(level, form)["loggers"]
    assert (loggers[logs.ACCESS]["level"] in ("INFO", "DEBUG")) == told


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_libraries_tell_problems_only(level: str) -> None:
    config: Any = logs.config(level, "json")
    ours, theirs = config["loggers"]["server"]["level"], config["root"]["level"]
    assert ours == level.upper()
    assert theirs == ("ERROR" if level == "error" else "WARNING")


class Peer:
    def __init__(self, address: str) -> None:
        self.client = (address, 1234)


def scope(peer: str, **headers: str) -> Any:
    return {
        "type": "http",
        "method": "GET",
        "path": "/x",
        "raw_path": b"/x?token=hidden",
        "client": ("203.0.113.9", 5),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        "extensions": {EXTENSION: Peer(peer)},
    }


@pytest.mark.parametrize(
    ("networks", "peer", "trusted"),
    [
        ((), "127.0.0.1", True),
        ((), "::1", True),
        ((), "10.0.0.1", False),
        (("10.0.0.0/8",), "10.0.0.1", True),
        (("10.0.0.0/8",), "127.0.0.1", False),
        ((), "not an address", False),
    ],
)
def test_whose_headers_are_believed(networks: tuple[str, ...], peer: str, trusted: bool) -> None:
    assert Proxies(networks)(scope(peer)) == trusted


async def answered(requests: Requests, asked: Any) -> dict[bytes, bytes]:
    """The headers of an answer."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    await requests.serve(app, "GET", asked, None, send)  # type: ignore[arg-type]
    return dict(sent[0]["headers"])


async def test_an_id_is_taken_from_a_proxy_of_ours_only() -> None:
    requests = Requests(Proxies(()))
    given = {"x_request_id": "abc-123"}
    assert (await answered(requests, scope("127.0.0.1", **given)))[b"x-request-id"] == b"abc-123"
    own = (await answered(requests, scope("10.0.0.1", **given)))[b"x-request-id"]
    assert own != b"abc-123"
    assert len(own) == 16
    odd = (await answered(requests, scope("127.0.0.1", x_request_id="a\nb")))[b"x-request-id"]
    assert odd != b"a\nb"


async def test_who_leaves_before_the_answer_is_no_failure_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert await receive() == {"type": "http.disconnect"}

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    with caplog.at_level(logging.INFO, logs.ACCESS):
        requests = Requests(Proxies(()))
        await requests.serve(app, "POST", scope("10.0.0.1"), receive, None)  # type: ignore[arg-type]
    assert line(caplog.records[0])["status"] == 499


async def test_the_line_of_a_request_has_no_query(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logs.ACCESS):
        await answered(Requests(Proxies(())), scope("10.0.0.1"))
    (told,) = caplog.records
    read = line(told)
    assert (read["method"], read["path"], read["status"]) == ("GET", "/x", 204)
    assert read["address"] == "203.0.113.9"
    assert "hidden" not in msgspec.json.encode(read).decode()
