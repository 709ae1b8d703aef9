"""Errors of the REST interface: RFC 9457 problem documents with a stable `code`."""

import logging
from collections.abc import Mapping
from math import ceil
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from server.accounts.accounts import AccountError
from server.accounts.passwords import BusyError, WeakPasswordError
from server.auth import NotAuthenticatedError
from server.identities.oauth import ProviderError
from server.library.library import LibraryError
from server.live.follower import EngineMovedError, NoSessionError
from server.log.logged import BrokenError, ForeignError
from server.members.access import AccessError
from server.orm import DatabaseAwayError
from server.redis.calls import FullError, UnreachableError
from server.server_messages import PassedOver
from server.telemetry import logs
from server.web.codes import CODES, USUAL

logger = logging.getLogger(__name__)

BODY = "data"  # Litestar's name for the whole of it, which no client has sent


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457. code: stable, for programs; detail: a sentence for a person.

    retry_after: seconds. operation: index of the one at fault; rule: number of the game's rule;
    by: who changed meanwhile what it is about, and passed_over: the edits that could not be undone,
    as in the live protocol's `refused`.
    request: what the server's log calls it, where the fault is the server's.
    """

    title: str
    status: int
    detail: str
    code: str
    type: str = "about:blank"
    retry_after: float | UnsetType = UNSET
    operation: int | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    request: str | UnsetType = UNSET
    by: str | UnsetType = UNSET
    passed_over: tuple[PassedOver, ...] = ()


class ProblemError(Exception):
    """A request that is answered with a problem; `code` is its status' usual one unless given."""

    def __init__(
        self,
        status: int,
        detail: str,
        code: str = "",
        retry_after: float | UnsetType = UNSET,
        *,
        operation: int | UnsetType = UNSET,
        rule: str | UnsetType = UNSET,
        by: str | UnsetType = UNSET,
        passed_over: tuple[PassedOver, ...] = (),
    ) -> None:
        super().__init__(detail)
        usual, title = USUAL.get(status, ("error", "Error"))
        self.problem = Problem(
            title,
            status,
            detail,
            code or usual,
            retry_after=retry_after,
            operation=operation,
            rule=rule,
            by=by,
            passed_over=passed_over,
        )


def whole_seconds(wait: float) -> str:
    """A `Retry-After` that is not over before the wait is."""
    return str(max(1, ceil(wait)))


def _answer(
    status: int, detail: str, code: str = "", retry_after: float | UnsetType = UNSET
) -> Response[Problem]:
    return _response(ProblemError(status, detail, code, retry_after).problem)


def _of_code(code: str, detail: str) -> Response[Problem]:
    return _answer(CODES[code].status if code in CODES else 409, detail, code)


def _response(problem: Problem) -> Response[Problem]:
    wait = problem.retry_after
    if problem.status >= 500:
        problem = replace(problem, request=logs.bound().get("request", UNSET))
    return Response(
        problem,
        status_code=problem.status,
        media_type="application/problem+json",
        headers={} if wait is UNSET else {"Retry-After": whole_seconds(wait)},
    )


def _problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[Problem]:
    return _response(error.problem)


def _not_authenticated(
    _: Request[Any, Any, Any], error: NotAuthenticatedError
) -> Response[Problem]:
    return _of_code(error.code, str(error))


def _access(_: Request[Any, Any, Any], error: AccessError) -> Response[Problem]:
    return _of_code(error.code, str(error))


def _account(_: Request[Any, Any, Any], error: AccountError) -> Response[Problem]:
    return _of_code(error.code, str(error))


def _library(_: Request[Any, Any, Any], error: LibraryError) -> Response[Problem]:
    return _of_code(error.code, str(error))


def _oauth(_: Request[Any, Any, Any], error: ProviderError) -> Response[Problem]:
    return _of_code(error.code, str(error))


def _weak_password(_: Request[Any, Any, Any], error: WeakPasswordError) -> Response[Problem]:
    return _answer(400, str(error), "weak_password")


def _no_session(_: Request[Any, Any, Any], _error: NoSessionError) -> Response[Problem]:
    return _answer(404, "There is no such session.", "no_session")


def _unavailable(_: Request[Any, Any, Any], _error: Exception) -> Response[Problem]:
    return _answer(503, "The server cannot do this just now; try again.", retry_after=1.0)


def _foreign(_: Request[Any, Any, Any], _error: ForeignError) -> Response[Problem]:
    told = "A newer release of the server made this, which this one cannot read; try again."
    return _answer(503, told, retry_after=1.0)


def _malformed(_: Request[Any, Any, Any], _error: Exception) -> Response[Problem]:
    return _answer(400, "The request is not valid JSON.")


def reasons(error: ValidationException) -> str:
    """What is wrong with a request: every field that is."""
    extra = error.extra if isinstance(error.extra, list) else []
    found = [_reason(each) for each in extra if isinstance(each, dict) and "message" in each]
    return "; ".join(found) or error.detail


def _reason(found: Mapping[str, str]) -> str:
    key, message = found.get("key", ""), found["message"]
    if key == BODY and (message == repr(BODY) or message.startswith("Expected `object`")):
        return "Send a JSON object."
    return f"{key}: {message}" if key and key != BODY else message


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    detail = reasons(error) if isinstance(error, ValidationException) else error.detail
    return _answer(error.status_code, detail)


def _internal(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _answer(500, "Something is wrong on the server.", "internal")


HANDLERS: ExceptionHandlersMap = {
    ProblemError: _problem,
    NotAuthenticatedError: _not_authenticated,
    AccessError: _access,
    AccountError: _account,
    LibraryError: _library,
    ProviderError: _oauth,
    WeakPasswordError: _weak_password,
    BusyError: _unavailable,
    NoSessionError: _no_session,
    EngineMovedError: _unavailable,
    UnreachableError: _unavailable,
    FullError: _unavailable,
    BrokenError: _unavailable,
    ForeignError: _foreign,
    DatabaseAwayError: _unavailable,
    UnicodeError: _malformed,
    RecursionError: _malformed,
    HTTPException: _http,
    Exception: _internal,
}
