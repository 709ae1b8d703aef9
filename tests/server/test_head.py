"""Applications that share their routes."""

from pathlib import Path

import httpx

from gamedata.catalogue import Catalogue
from server.app import create_app, routed
from server.engine import Engine
from server.settings import Settings
from server.web.head import Application


async def names_of(app: Application) -> list[str]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # asks by HTTP alone
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return [each["name"] for each in (await client.get("/api/v1/login")).json()]


async def test_each_answers_with_what_it_serves_with(catalogue: Catalogue, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url="unix:///nowhere")
    known = Settings(
        data_dir=tmp_path,
        redis_url="unix:///nowhere",
        oidc_issuer="https://id.example.org",
        oidc_name="Club",
    )
    engine = Engine(catalogue)
    routing = routed(catalogue, settings.body_bytes)
    with_login = create_app(known, engine, routing=routing)
    without = create_app(settings, engine, routing=routing)
    assert await names_of(with_login) == ["Club"]
    assert await names_of(without) == []
    assert with_login.asgi_router is without.asgi_router
