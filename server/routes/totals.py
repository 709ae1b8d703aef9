"""What a build adds up to, without a session."""

from typing import Any

from litestar import Request, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK
from msgspec import UNSET, Struct, UnsetType, field

from calc import mbd
from calc.rules import Finding
from calc.totals import Total
from server.reference.described import errors
from server.routes.sessions import NewSession, first_build
from server.server_messages import CatalogueName
from server.services import Provided
from server.web.admission import limit
from server.web.problems import ProblemError

BODY_BYTES = 256 * 1024  # a build takes a tenth of that


class BuildTotals(Struct, frozen=True, omit_defaults=True):
    """Every stat's total under the build's chosen scenario, and the rules that the build breaks.

    engine: which catalogue and maths; equal engines give equal totals. import: what of a file
    could not be taken over as it stands.
    """

    totals: dict[str, Total]
    findings: tuple[Finding, ...]
    catalogue: CatalogueName
    engine: str
    imported: tuple[mbd.Problem, ...] | UnsetType = field(name="import", default=UNSET)


@post(
    "/api/v1/totals",
    status_code=HTTP_200_OK,
    request_max_body_size=BODY_BYTES,
    responses=errors("file_unreadable", "unknown_archetype", "too_many"),
)
async def compute_totals(
    request: Request[Any, Any, Any], data: JSONBody[NewSession], services: Provided
) -> BuildTotals:
    """A build document or a build file's text in, totals and findings out."""
    await limit(request, services.computed)
    if data.build is UNSET and data.file is UNSET:
        raise ProblemError(400, "Send a `build`, or the text of a build's `file`.")
    build, imported = first_build(data, services)
    engine = services.engine
    result = engine.result(build)
    return BuildTotals(
        result.totals,
        result.findings,
        CatalogueName(engine.catalogue.release, engine.catalogue.hash),
        engine.name,
        imported,
    )
