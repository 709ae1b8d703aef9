"""Sessions: which are live, who is there, and how one is closed."""

from typing import Any

import click
from msgspec import Struct

from server import overview
from server.commands.admin.reaching import (
    BY,
    Stores,
    data_dir_option,
    json_option,
    reached,
    running,
)
from server.commands.admin.showing import (
    show_fields,
    show_json,
    show_table,
    size_of,
    time_of,
)
from server.members import governing
from server.members.access import AccessError
from server.members.governing import Known
from server.overview import Described, Live
from server.settings import Settings


class Listed(Struct, frozen=True):
    """live: None where Redis does not have it."""

    session: Described
    live: Live | None = None
    members: tuple[Known, ...] = ()


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that nobody has opened lately.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@json_option
@data_dir_option
def sessions(every: bool, limit: int, as_json: bool, **at: Any) -> None:
    """List live sessions: who is there, how large they are, and when they were edited last."""

    async def work(settings: Settings) -> list[Listed]:
        async with reached(settings) as stores:
            return await _list(stores, every, limit)

    found = running(at["data_dir"], work)
    if as_json:
        show_json(found)
        return
    show_table(
        ("session", "title", "owner", "members", "here", "revision", "size", "edited (UTC)"),
        [
            (
                each.session.session,
                each.session.title,
                each.session.owner,
                each.session.members,
                *(
                    ("", "", "", "")
                    if each.live is None
                    else (
                        len(each.live.people),
                        each.live.head.revision,
                        size_of(each.live.bytes),
                        time_of(each.live.changed_at),
                    )
                ),
            )
            for each in found
        ],
        "No session is live." if not every else "There is no session.",
    )


@click.command()
@click.argument("session")
@json_option
@data_dir_option
def session(session: str, as_json: bool, **at: Any) -> None:
    """Show one session, its members, and who of them is here."""

    async def work(settings: Settings) -> Listed:
        async with reached(settings) as stores:
            found = await overview.sessions(stores.database, [session], ended=True)
            if not found:
                raise AccessError("no_session", f"There is no session {session}.")
            live = await _live(stores, [session])
            members = await overview.members(stores.database, session)
            return Listed(found[0], live.get(session), members)

    found = running(at["data_dir"], work)
    if as_json:
        show_json(found)
        return
    described, live = found.session, found.live
    fields: list[tuple[str, object]] = [
        ("id", described.session),
        ("title", described.title),
        ("made", time_of(described.created_at)),
        ("made on", described.release),
        ("ended", time_of(described.ended_at)),
        ("locked", described.locked),
    ]
    if live is not None:
        fields += [
            ("revision", live.head.revision),
            ("epoch", live.head.epoch),
            ("engine", live.head.engine),
            ("last edit", time_of(live.changed_at)),
            ("in its log", live.changes),
            ("in Redis", size_of(live.bytes)),
        ]
    show_fields(fields)
    here = {each.person: each.connections for each in live.people} if live is not None else {}
    show_table(
        ("member", "name", "role", "since (UTC)", "connections"),
        [
            (each.person, each.name, each.role, time_of(each.joined_at), here.get(each.person, ""))
            for each in found.members
        ],
        "It has no members.",
    )


@click.command()
@click.argument("session")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_dir_option
def close(session: str, yes: bool, **at: Any) -> None:
    """Close SESSION for good: whoever is there is told, and it never opens again."""

    async def work(settings: Settings) -> str:
        async with reached(settings, start=True) as stores:
            rights = await governing.close(stores.database, session, None, BY)
            await stores.share({session: rights})
            return rights.title

    if not yes:
        click.confirm(f"Close session {session} for good?", abort=True)
    click.echo(f"Session {session} ({running(at['data_dir'], work)}) is closed.")


async def _list(stores: Stores, every: bool, limit: int) -> list[Listed]:
    described = await overview.sessions(stores.database)
    live = await _live(stores, [each.session for each in described])
    found = [
        Listed(each, live.get(each.session)) for each in described if every or each.session in live
    ]
    found.sort(key=lambda each: each.live.changed_at if each.live else 0, reverse=True)
    return found[:limit]


async def _live(stores: Stores, which: list[str]) -> dict[str, Live]:
    if stores.redis is None:
        return {}
    heads = await overview.heads(stores.log, which)
    return {each: await overview.live(stores.redis, each, head) for each, head in heads.items()}
