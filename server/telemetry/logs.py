"""How log lines look: text for a terminal, or one JSON object a line for what collects them.

Modules log by the standard library; what belongs to every line of a request (its id, its session,
who asks) is bound here once. No line holds a token, a query string, a body, or a header.
"""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

ACCESS = "server.telemetry.requests"
OF_SESSION = "session %s: "  # how messages begin that are about one

_bound: ContextVar[Mapping[str, str]] = ContextVar("bound")


def bind(**names: str) -> None:
    """Have every line that this task logs from now on tell these."""
    _bound.set({**_bound.get({}), **names})


def bound() -> Mapping[str, str]:
    """What this task's lines tell."""
    return _bound.get({})


def config(level: str, form: str) -> dict[str, object]:
    """For `logging.config`: one line each on standard error. form: `text`, or `json`, which has a
    line for each request too.

    What libraries say of themselves only when it is a problem, whatever the level: some would
    write down what is stored, addresses with what is in them, or what proves who somebody is.
    """
    access = level if form == "json" or level == "debug" else "warning"
    formatter: dict[str, object] = {
        "format": "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"
    }
    if form == "json":
        formatter = {"()": "server.telemetry.logs.json_formatter"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "ERROR" if level == "error" else "WARNING"},
        "loggers": {
            "server": {"level": level.upper()},
            ACCESS: {"level": access.upper()},
            "uvicorn.error": {"level": "WARNING"},  # uvicorn would choose for itself
        },
    }


def json_formatter() -> logging.Formatter:
    """Lines of JSON: time, level, logger, worker, event, and what is bound or given with it."""
    import msgspec
    from structlog import processors, stdlib

    def serialized(line: object, **_: object) -> str:
        return msgspec.json.encode(line, enc_hook=str).decode()

    return stdlib.ProcessorFormatter(
        pass_foreign_args=True,
        foreign_pre_chain=[
            _in_order,
            stdlib.ExtraAdder(),
            processors.format_exc_info,  # without the values of variables: they may be secret
        ],
        processors=[
            stdlib.ProcessorFormatter.remove_processors_meta,
            processors.JSONRenderer(serializer=serialized),
        ],
    )


def _in_order(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    """What every line has, first; and which session it is about, where its message says so."""
    record: logging.LogRecord = event["_record"]
    line: dict[str, Any] = {
        "time": _iso(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "worker": record.process,
        "event": event.pop("event"),
        **bound(),
    }
    given = event.pop("positional_args", None)
    if isinstance(given, tuple) and given and str(record.msg).startswith(OF_SESSION):
        line["session"] = given[0]
    return {**line, **event}


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
