"""An edit without a socket, for bots: the same decision, one answer, safe to send twice."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta, Struct

from calc.operations import Operation
from calc.rulebook import RULES
from server.auth import Person
from server.client_messages import Edit, Making
from server.limits.allowance import Share, edit_wait, weighed
from server.protocol import EditId, Revision
from server.reference.described import by, errors
from server.server_messages import Accepted, Refused
from server.services import Provided, Services
from server.web import peers
from server.web.admission import admit, caller, check, check_member
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]
WAIT_S = 10.0  # for an answer; who has none by then sends the same edit again
SAME_KEY = "Send it again with the same Idempotency-Key: it is made once."

# The status of a refusal; the rules' own refusals are conflicts with the build as it is.
STATUS = {
    "invalid": 400,
    "too_many_operations": 400,
    "not_allowed": 403,
    "no_revision": 404,
    "too_many": 429,
    "unavailable": 503,
    "internal": 500,
}
CONFLICT = 409
CONFLICTS = (
    "locked",
    "changed_meanwhile",
    "id_reused",
    "too_old",
    "lost",
    "too_many_members",
    *(rule.code for rule in RULES if rule.refuses),
)

Key = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        description="The edit's id: a fresh UUID, counted per person; without one nothing is made "
        "(400). After `unavailable`, or no answer at all, it may be made all the same: send it "
        "again with the same key, and it is made once.",
        required=True,
    ),
]


class NewEdit(Struct, frozen=True):
    """Apply these operations as one: all of them or none.

    base: the revision that the operations were thought out on.
    """

    base: Revision
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]


class Asker:
    """Stands in line as a connection does, for a single answer."""

    def __init__(self, person: str, shares: tuple[Share, ...]) -> None:
        self.person = person
        self._shares = shares
        self.answered: asyncio.Future[Accepted | Refused] = (
            asyncio.get_running_loop().create_future()
        )

    def answer(self, *messages: Accepted | Refused) -> None:
        if not self.answered.done():
            self.answered.set_result(messages[0])

    def weighed(self, size: int) -> None:
        weighed(self._shares, size)


@post(
    "/api/v1/sessions/{session_id:str}/edits",
    status_code=HTTP_200_OK,
    security=by("edit", invitation=True),
    responses=errors(
        "too_many_operations", "not_allowed", "no_session", "too_many", conflicts=CONFLICTS
    ),
)
async def create_edit(
    request: AnyRequest,
    session_id: FromPath[str],
    data: JSONBody[NewEdit],
    services: Provided,
    key: Key = "",
    secret: Annotated[str, HeaderParameter(name="Invitation")] = "",
) -> Accepted:
    """Make an edit, and wait until it is durable. Sent again with its key, it is made once.

    `unavailable`, like no answer, does not say that it is not made: it may be, also later. Send
    the same with the same key until it is answered otherwise; with another key it is another edit.

    Who is no member yet becomes one by the invitation.
    """
    person = await caller(request, services, "edit")
    edit = Edit(checked(key), data.base, data.operations)
    return await settle(request, session_id, person, edit, services, secret)


async def settle(
    request: AnyRequest,
    session: str,
    person: Person,
    asked: Making,
    services: Services,
    secret: str = "",
) -> Accepted:
    """Put what somebody asked for in line, and wait for the answer. Raises ProblemError."""
    shares = _limit(request, person.id, asked, services)
    async with services.hub.live(session) as live:
        await admit(live, person.id, person.name, secret, services)
        check_member(live, person)
        asker = Asker(person.id, shares)
        live.submit(asker, asked)
        try:
            async with asyncio.timeout(WAIT_S):
                answer = await asker.answered
        except TimeoutError:
            told = f"The edit is not answered in time, and may be made all the same. {SAME_KEY}"
            raise ProblemError(503, told, retry_after=1.0) from None
    if isinstance(answer, Refused):
        raise _problem(answer)
    return answer


def checked(key: str) -> str:
    """An `Idempotency-Key` that can be an edit's id. Raises ProblemError."""
    try:
        return msgspec.convert(key, EditId)
    except msgspec.ValidationError:
        message = "Send a fresh UUID as Idempotency-Key: 8 to 64 of A-Z, a-z, 0-9, - and _."
        raise ProblemError(400, message) from None


def _limit(
    request: AnyRequest, person: str, asked: Making, services: Services
) -> tuple[Share, ...]:
    """Count it; what those have left that it counts for. Raises ProblemError for one too many."""
    most = services.settings.operations_per_edit
    operations = len(asked.operations) if isinstance(asked, Edit) else 1
    if operations > most:
        raise ProblemError(400, f"An edit has at most {most} operations.", "too_many_operations")
    shares = services.live.of(person, peers.network(request.scope))
    wait = edit_wait(shares, operations)
    check(request, shares[0].edits.standing(wait), "Too many edits at once.")
    return shares


def _problem(refused: Refused) -> ProblemError:
    again = refused.code == "unavailable"  # its commit may be on its way
    return ProblemError(
        STATUS.get(refused.code, CONFLICT),
        f"{refused.message} {SAME_KEY}" if again else refused.message,
        refused.code,
        refused.retry_after,
        operation=refused.operation,
        rule=refused.rule,
        by=refused.by,
        passed_over=refused.passed_over,
    )
