"""The application of one worker: wiring only."""

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.types import Scope

from gamedata import pack, starter
from gamedata.catalogue import Catalogue
from server import garbage
from server.accounts import audit, moderation_routes, token_routes
from server.accounts import routes as account_routes
from server.accounts.passwords import Passwords
from server.auth import Tokens, signing_secret
from server.catalogue.routes import catalogue_router
from server.engine import Engine
from server.identities import routes as identity_routes
from server.identities.handshakes import Handshakes
from server.identities.providers import Providers
from server.library import routes as library_routes
from server.library import search_routes as library_search_routes
from server.library import version_routes as library_version_routes
from server.limits.allowance import LiveLimits
from server.limits.limiter import Limit, Limiter, Purses
from server.live.desk import Desk
from server.live.fanout import Hub
from server.live.joins import Joins
from server.log.log import Log
from server.orm import Database
from server.recording.archive import Archive
from server.recording.history import History
from server.recording.recorder import Recorder
from server.redis import clients
from server.redis.safety import unsafe
from server.reference import openapi
from server.reference import routes as reference_routes
from server.routes import edits, history, members, sessions, streams, totals, ws
from server.services import Services
from server.settings import Settings
from server.telemetry import routes as operations_routes
from server.telemetry.courses import listeners, measured, sample
from server.telemetry.health import Doctor
from server.telemetry.requests import Proxies, Requests
from server.web import pages, problems
from server.web.callers import Callers
from server.web.gate import Gate
from server.web.head import Application

logger = logging.getLogger(__name__)

STOP_S = 1.0  # for the recorder, and then for the sessions to say that nobody is here any more


def create_app(
    settings: Settings,
    engine: Engine | None = None,
    log_class: type[Log] = Log,
    metrics_folder: Path | None = None,
    routing: Application | None = None,
) -> Application:
    """A worker's application; `redis_url` must be set. Raises CatalogueError, OSError.

    engine: one on a catalogue that is loaded already. log_class: what keeps the sessions' logs.
    metrics_folder: where the workers of one launcher keep theirs. routing: what `routed` made of
    the same catalogue and `body_bytes`, for several workers in one process.
    """
    assert settings.redis_url is not None, "the launcher says where its Valkey listens"
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    metrics, tracing = listeners(settings, worker, metrics_folder)
    measures = measured(metrics, tracing)
    engine = engine or Engine(pack.load(settings.gamedata or starter.path()), measures.computed)
    database = Database(settings.database, measures)
    redis = clients.connect(settings.redis_url)
    hints_redis = clients.connect(settings.redis_url, reconnects=False)
    log = log_class(redis, settings.log_keeps, settings.edit_ids, measures)

    archive = Archive(database, log, engine, settings.edit_ids)
    desk = Desk(database, engine)
    hub = Hub(redis, hints_redis, log, engine, settings, worker, archive, desk.look, measures)
    recorder = Recorder(redis, database, log, hub.sessions, hub.mend, measures, settings.idle_s)
    if metrics is not None:
        metrics.serves(engine.catalogue.release, engine.name)
    doctor = Doctor(
        log.ping,
        database.ping,
        partial(unsafe, redis),
        lambda: (recorder.lag_s, recorder.failing),
    )
    secret = signing_secret(settings.secret, settings.data_dir)
    tokens = Tokens(secret, settings.signing, settings.old_secrets)
    limiter = Limiter(redis, secret, measures)

    def a_minute(name: str, times: int) -> Limit:
        return limiter.limit(name, times / 60, times)

    def often_a_minute(name: str, times: int) -> Purses:
        return limiter.purses(name, times / 60, times)

    services = Services(
        settings=settings,
        engine=engine,
        log=log,
        hub=hub,
        database=database,
        history=History(database, log),
        desk=desk,
        joins=Joins(database, log, settings.members),
        tokens=tokens,
        callers=Callers(tokens, database),
        passwords=Passwords(),
        providers=Providers(settings),
        handshakes=Handshakes(secret),
        measures=measures,
        metrics=metrics,
        doctor=doctor,
        limiter=limiter,
        live=LiveLimits(limiter, settings),
        requests=often_a_minute("requests", settings.requests_per_minute),
        guests=a_minute("guests", settings.guests_per_minute),
        sessions=a_minute("sessions", settings.sessions_per_minute),
        computed=a_minute("totals", settings.totals_per_minute),
        logins=a_minute("logins", settings.logins_per_minute),
        attempts=a_minute("attempts", settings.attempts_per_minute),
        saves=a_minute("saves", settings.saves_per_minute),
        saves_of_address=a_minute(
            "saves address", settings.saves_per_minute * settings.people_per_address
        ),
        searches=often_a_minute("searches", settings.searches_per_minute),
    )

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        serving = asyncio.create_task(_supervised(hub.run()))
        recording = asyncio.create_task(_supervised(recorder.run()))
        keeping = asyncio.create_task(_supervised(desk.run()))
        calling = asyncio.create_task(_supervised(services.callers.run()))
        limiting = asyncio.create_task(_supervised(limiter.run()))
        sampling = asyncio.create_task(_supervised(sample(metrics, doctor)))
        doctor.drains(settings.drain_s)
        forgetting = asyncio.create_task(
            _supervised(audit.keep(database, settings.audit_days, settings.audit_address_days))
        )
        garbage.settle()
        yield
        # The sockets are closed; what came by them is finished, and recorded.
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await hub.drain()
        recorder.stop()
        await asyncio.wait([recording], timeout=STOP_S)
        serving.cancel()
        keeping.cancel()
        calling.cancel()
        limiting.cancel()
        forgetting.cancel()
        sampling.cancel()
        ended = [serving, keeping, calling, limiting, forgetting, sampling]
        await asyncio.wait(ended, timeout=STOP_S)
        await doctor.rest()
        if tracing is not None:
            await tracing.close()
        await redis.aclose()
        await hints_redis.aclose()
        await services.providers.close()
        await database.close()

    app = routed(engine.catalogue, settings.body_bytes) if routing is None else routing.another()
    app.services = services
    app.serving = lifespan
    app.gate = Gate(settings, services.requests)
    app.requests = Requests(Proxies(settings.trusted_proxies), metrics, tracing)
    return app


def routed(catalogue: Catalogue, body_bytes: int) -> Application:
    """An application that knows its routes, and has nothing to serve with yet.

    Working the routes out takes longer than all the rest of an application's making.
    """

    def provide_catalogue() -> Catalogue:
        return catalogue

    return Application(
        route_handlers=[
            ws.live,
            sessions.create_guest,
            token_routes.create_account,
            token_routes.create_token,
            *account_routes.HANDLERS,
            *identity_routes.HANDLERS,
            *moderation_routes.HANDLERS,
            sessions.create_session,
            sessions.create_invitation,
            sessions.revoke_invitation,
            sessions.read_session,
            sessions.read_said,
            members.list_members,
            members.list_invitations,
            members.change_member,
            members.remove_member,
            members.hand_over,
            members.change_session,
            members.end_session,
            edits.create_edit,
            *history.HANDLERS,
            streams.stream_totals,
            totals.compute_totals,
            *library_routes.HANDLERS,
            *library_version_routes.HANDLERS,
            *library_search_routes.HANDLERS,
            operations_routes.live,
            operations_routes.ready,
            operations_routes.metrics,
            catalogue_router(catalogue),
            reference_routes.live_page,
            reference_routes.live_document,
            reference_routes.swagger_asset,
            pages.index,
            pages.static_file,
        ],
        dependencies={
            "services": Provide(_services, sync_to_thread=False),
            "catalogue": Provide(provide_catalogue, use_cache=True, sync_to_thread=False),
        },
        lifespan=[_serving],
        exception_handlers=problems.HANDLERS,
        request_max_body_size=body_bytes,
        compression_config=CompressionConfig(
            backend="gzip",
            minimum_size=1000,
            gzip_compress_level=6,
            exclude=[
                r"^/(api/v1/(catalogue|stats)|docs)",  # compressed once
                r"/totals/stream$",  # each event is to arrive at once
            ],
        ),
        openapi_config=openapi.CONFIG,
        plugins=[openapi.StructSchemas()],
        logging_config=None,
    )


def _services(scope: Scope) -> Services:
    return _application(Litestar.from_scope(scope)).services


@asynccontextmanager
async def _serving(app: Litestar) -> AsyncIterator[None]:
    async with _application(app).serving():
        yield


def _application(app: Litestar) -> Application:
    assert isinstance(app, Application)
    return app


async def _supervised(work: Coroutine[Any, Any, None]) -> None:
    """A worker without its hub or recorder is of no use: it stops, and another is started."""
    try:
        await work
    except Exception:
        logger.exception("what this worker stands on failed")
        signal.raise_signal(signal.SIGTERM)
