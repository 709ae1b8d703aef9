"""What an operator's tools ask: whether the worker lives, whether it can serve, its metrics."""

import asyncio
import hmac
from typing import Any

from litestar import Request, Response, get

from server.services import Provided
from server.telemetry.health import Health
from server.web.problems import ProblemError


@get("/health/live", include_in_schema=False)
async def live() -> dict[str, str | int]:
    """The process runs. tasks: how many it has begun and not finished; a leak shows in them."""
    return {"status": "live", "tasks": len(asyncio.all_tasks())}


@get("/health/ready", include_in_schema=False)
async def ready(services: Provided) -> Response[Health]:
    """Whether to send anybody here (200, else 503), and what is not well."""
    health = await services.doctor.look()
    return Response(
        health,
        status_code=200 if health.serves else 503,
        headers={"Cache-Control": "no-store"},
    )


@get("/metrics", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any], services: Provided) -> Response[bytes]:
    """For Prometheus, where the operator wants it."""
    if services.metrics is None:
        raise ProblemError(404, "There is nothing here.")
    token = services.settings.metrics_token
    given = request.headers.get("authorization", "").encode("latin-1")
    if token and not hmac.compare_digest(given, b"Bearer %s" % token.encode()):
        raise ProblemError(401, "Send the token of COHORT_METRICS_TOKEN as Bearer.")
    services.metrics.look()
    accepted = request.headers.get("accept", "")
    body, media_type = await asyncio.to_thread(services.metrics.expose, accepted)
    # Litestar names the charset by itself.
    media_type = media_type.removesuffix("; charset=utf-8")
    return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})
