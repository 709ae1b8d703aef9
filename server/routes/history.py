"""The REST interface of a session's history: who did what, what was there, and going back."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import UNSET, Struct, UnsetType

from calc.build import Build
from calc.comparison import Difference, TotalDifference, compare
from calc.rules import Finding
from calc.totals import Total
from gamedata.catalogue import Catalogue
from server.client_messages import GoBack, UndoWork
from server.logic.rights import Access
from server.logic.sentences import deed, made
from server.members.access import AccessError, access_of, member_role
from server.protocol import NEWEST, EditId, Id, Revision
from server.reference.described import by, errors
from server.routes.edits import CONFLICTS, Key, checked, settle
from server.server_messages import Accepted, Change, Refused, Work
from server.services import Provided, Services
from server.web.admission import caller

AnyRequest = Request[Any, Any, Any]
PAGE = 25
MOST = 100
SOMEBODY = "a former member"

_Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=MOST, description="How many.")]
_Before = Annotated[
    int | None,
    QueryParameter(
        name="before",
        ge=1,
        le=NEWEST,
        description="Only those before this revision: `next` of a page.",
    ),
]
_At = Annotated[int, PathParameter(ge=0, le=NEWEST, description="A revision; 0 is the start.")]
_From = Annotated[
    int, QueryParameter(name="from", ge=0, le=NEWEST, description="The earlier revision.")
]
_To = Annotated[
    int | None,
    QueryParameter(name="to", ge=0, le=NEWEST, description="The later one; absent: the newest."),
]


class Deed(Struct, frozen=True, omit_defaults=True):
    """A change, as the history tells it.

    what: a sentence: who did what. steps: each of its operations in words. totals: of those that
    it changed, before and after.
    at: milliseconds since 1970. by: the person, absent for the server; name: theirs now,
    "somebody" for who is no member any more. restores, undoes, redoes, undoes_work, proposed_by:
    as in a live `change`.
    """

    revision: int
    edit: str
    at: int
    name: str
    what: str
    steps: tuple[str, ...]
    totals: dict[str, TotalDifference]
    by: str | UnsetType = UNSET
    restores: int | UnsetType = UNSET
    undoes: str | UnsetType = UNSET
    redoes: str | UnsetType = UNSET
    undoes_work: Work | UnsetType = UNSET
    proposed_by: str | UnsetType = UNSET


class DeedPage(Struct, frozen=True, omit_defaults=True):
    """A part of the history, newest first.

    epoch, revision: where the session stands. A revision names a place in the history for as
    long as the epoch stays, and nearly always across epochs. next: ask for what is `before` it;
    absent: there is no more.
    """

    epoch: str
    revision: int
    changes: tuple[Deed, ...]
    next: int | UnsetType = UNSET


class PastBuild(Struct, frozen=True):
    """A session as it was at a revision. edit: the id of the edit that led there, "" at 0."""

    revision: int
    edit: str
    build: Build
    totals: dict[str, Total]
    findings: tuple[Finding, ...]


class Between(Struct, frozen=True):
    """In what a session differs between two revisions."""

    before: int
    after: int
    difference: Difference


class Restoring(Struct, frozen=True):
    """Bring back the build of a revision, as one edit.

    base: the revision that one was looking at. edit: the id of the edit that led to `revision`,
    to prove that both mean the same. unchanged: refuse it when anything happened since `base`.
    """

    base: Revision
    revision: Revision
    edit: EditId | UnsetType = UNSET
    unchanged: bool = False


class UndoingWork(Struct, frozen=True):
    """Take back what a person did, as one edit: all that is in effect and can be taken back, of
    what the log still has.

    base: the revision that one was looking at. since: only what they did after this revision.
    unchanged: refuse it when anything happened since `base`.
    """

    base: Revision
    person: Id
    since: Revision = 0
    unchanged: bool = False


@get(
    "/api/v1/sessions/{session_id:str}/history",
    security=by("read"),
    responses=errors("not_allowed", "no_session"),
)
async def list_history(
    request: AnyRequest,
    session_id: FromPath[str],
    services: Provided,
    before: _Before = None,
    limit: _Limit = PAGE,
) -> DeedPage:
    """Who changed what and when, newest first, and what it did to the totals.

    For every member. What was committed is in it at once.
    """
    access = await _readable(request, session_id, services)
    found = await services.history.before(session_id, before, limit)
    totals = dict(found.totals)
    deeds = []
    known = {(each.by, each.edit): each for each in found.changes}
    for change in found.changes:
        deeds.append(_deed(change, known, totals, access, services.engine.catalogue))
        totals |= change.totals
    more = deeds and deeds[0].revision > 1
    return DeedPage(
        found.epoch,
        found.newest,
        tuple(reversed(deeds)),
        deeds[0].revision if more else UNSET,
    )


@get(
    "/api/v1/sessions/{session_id:str}/history/compare",
    security=by("read"),
    responses=errors("not_allowed", "no_session", "no_revision"),
)
async def compare_revisions(
    request: AnyRequest,
    session_id: FromPath[str],
    services: Provided,
    from_: _From,
    to: _To = None,
) -> Between:
    """What leads from one revision to another: powers, slots, enhancements and totals."""
    await _readable(request, session_id, services)
    old = await services.history.at(session_id, from_)
    new = await services.history.at(session_id, to)
    catalogue = services.engine.catalogue
    difference = compare(old.build, new.build, old.totals, new.totals, catalogue)
    return Between(old.revision, new.revision, difference)


@get(
    "/api/v1/sessions/{session_id:str}/history/{revision:int}",
    security=by("read"),
    responses=errors("not_allowed", "no_session", "no_revision"),
)
async def read_revision(
    request: AnyRequest, session_id: FromPath[str], revision: _At, services: Provided
) -> PastBuild:
    """The build at a revision, with the totals and findings that it had then."""
    await _readable(request, session_id, services)
    then = await services.history.at(session_id, revision)
    return PastBuild(then.revision, then.edit, then.build, then.totals, then.findings)


@post(
    "/api/v1/sessions/{session_id:str}/history/restore",
    status_code=HTTP_200_OK,
    security=by("edit"),
    responses=errors(
        "not_allowed",
        "no_session",
        "no_revision",
        "too_many",
        conflicts=(*CONFLICTS, "no_difference"),
    ),
)
async def restore_revision(
    request: AnyRequest,
    session_id: FromPath[str],
    data: JSONBody[Restoring],
    services: Provided,
    key: Key = "",
) -> Accepted:
    """Bring back the build of an earlier revision, as one edit that everybody sees and that can
    be undone.

    For the owner, and for editors if the owner lets them (`editors_go_back`). Sent again with its
    key, it is made once: do so after `unavailable`, for it may be made all the same.
    """
    person = await caller(request, services, "edit")
    id_ = checked(key)
    await _member(person.id, session_id, services)
    async with services.hub.live(session_id):  # what Redis lost is made again while it is open
        then = await _then(session_id, data, id_, services)
        asked = GoBack(id_, data.base, data.revision, then, data.unchanged)
        return await settle(request, session_id, person, asked, services)


@post(
    "/api/v1/sessions/{session_id:str}/history/undo",
    status_code=HTTP_200_OK,
    security=by("edit"),
    responses=errors(
        "not_allowed", "no_session", "too_many", conflicts=(*CONFLICTS, "nothing_to_undo")
    ),
)
async def undo_work(
    request: AnyRequest,
    session_id: FromPath[str],
    data: JSONBody[UndoingWork],
    services: Provided,
    key: Key = "",
) -> Accepted:
    """Take back all that one person did, as one edit: what others have changed since stays.

    `undone` names the edits that were taken back; `kept` and `passed_over` what was not, and why.
    For the owner, and for editors if the owner lets them (`editors_go_back`). Sent again with its
    key, it is made once: do so after `unavailable`, for it may be made all the same.
    """
    person = await caller(request, services, "edit")
    id_ = checked(key)
    await _member(person.id, session_id, services)
    asked = UndoWork(id_, data.base, data.person, data.since, data.unchanged)
    return await settle(request, session_id, person, asked, services)


HANDLERS = [list_history, compare_revisions, read_revision, restore_revision, undo_work]


async def _readable(request: AnyRequest, session: str, services: Services) -> Access:
    """Who is in the session, for a member who asks. Raises AccessError."""
    person = await caller(request, services, "read")
    await _member(person.id, session, services)
    return await access_of(services.database, session)


async def _member(person: str, session: str, services: Services) -> None:
    async with services.database.reading() as sql:
        await member_role(sql, session, person)


async def _then(session: str, asked: Restoring, id_: str, services: Services) -> Build | Refused:
    """The build to bring back; or why not, to be told unless it was brought back already."""
    try:
        then = await services.history.at(session, asked.revision)
    except AccessError as error:
        return Refused(error.code, str(error), id=id_)
    if asked.edit not in (UNSET, then.edit):
        told = "The history went on otherwise since: look at it again."
        return Refused("changed_meanwhile", told, id=id_)
    return then.build


def _deed(
    change: Change,
    known: dict[tuple[str | UnsetType, str], Change],
    before: dict[str, Total],
    access: Access,
    catalogue: Catalogue,
) -> Deed:
    """known: changes that it may be about. before: the totals."""
    name = _name(change.by, access)
    return Deed(
        revision=change.revision,
        edit=change.edit,
        at=change.at,
        name=name,
        what=f"{name[:1].upper()}{name[1:]} {_what(change, known, access, catalogue)}.",
        steps=tuple(made(each, catalogue) for each in change.operations),
        totals={
            stat: TotalDifference(before[stat], total)
            for stat, total in change.totals.items()
            if stat in before and before[stat] != total
        },
        by=change.by,
        restores=change.restores,
        undoes=change.undoes,
        redoes=change.redoes,
        undoes_work=change.undoes_work,
        proposed_by=change.proposed_by,
    )


def _what(
    change: Change,
    known: dict[tuple[str | UnsetType, str], Change],
    access: Access,
    catalogue: Catalogue,
) -> str:
    if change.undoes_work is not UNSET:
        number = len(change.undoes_work.edits)
        edits = "1 edit" if number == 1 else f"{number} edits"
        return f"took back {edits} of {_name(change.undoes_work.person, access)}"
    told = deed(change, catalogue)
    origin = change.undoes or change.redoes
    about = known.get((change.by, origin)) if origin is not UNSET else None
    if about is not None:
        verb = "took back" if change.undoes is not UNSET else "made again"
        told = f"{verb}: {deed(about, catalogue)}"
    if change.proposed_by is not UNSET:
        told += f", as {_name(change.proposed_by, access)} proposed"
    return told


def _name(person: str | UnsetType, access: Access) -> str:
    if person is UNSET:
        return "the server"
    member = access.members.get(person)
    return SOMEBODY if member is None else member.name
