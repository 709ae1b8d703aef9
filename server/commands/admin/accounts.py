"""Accounts, guests, and what was done to them."""

from typing import Any, cast

import click

from server import overview
from server.accounts import audit, bans
from server.accounts import changes as account_changes
from server.accounts.accounts import SERVICE_ROLES, ServiceRole
from server.accounts.bans import Banned
from server.commands.admin.reaching import BY, data_dir_option, json_option, reached, running
from server.commands.admin.showing import show_fields, show_json, show_table, time_of
from server.overview import Profile, User
from server.settings import Settings


@click.command()
@click.argument("text", default="")
@click.option("--role", type=click.Choice(SERVICE_ROLES), default=None, help="Of this role only.")
@click.option("--banned", is_flag=True, help="Who is banned; guests, too.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@json_option
@data_dir_option
def users(text: str, role: str | None, banned: bool, limit: int, as_json: bool, **at: Any) -> None:
    """List accounts, newest first; those with TEXT in their name, username or id."""

    async def work(settings: Settings) -> tuple[User, ...]:
        async with reached(settings) as stores:
            found = await overview.users(
                stores.database, text, role or "", banned=banned, limit=limit
            )
            if banned and not text and not role:
                found += await overview.banned_guests(stores.database, limit)
            return found

    found = running(at["data_dir"], work)
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "name", "username", "role", "since (UTC)", "last here", "banned"),
        [
            (
                each.person,
                each.name,
                each.username,
                each.role,
                time_of(each.created_at),
                time_of(each.used_at),
                time_of(each.banned_at),
            )
            for each in found
        ],
        "There is no such account.",
    )


@click.command()
@click.argument("who")
@json_option
@data_dir_option
def user(who: str, as_json: bool, **at: Any) -> None:
    """Show the account that logs in as WHO, or the account or guest of that id."""

    async def work(settings: Settings) -> Profile:
        async with reached(settings) as stores:
            return await overview.profile(stores.database, await overview.who(stores.database, who))

    found = running(at["data_dir"], work)
    if as_json:
        show_json(found)
        return
    person = found.user
    show_fields(
        [
            ("id", person.person),
            ("name", person.name),
            ("username", person.username),
            ("role", person.role),
            ("since", time_of(person.created_at)),
            ("last here", time_of(person.used_at)),
            ("banned", time_of(person.banned_at)),
            ("logins", found.logins),
            ("keys", found.keys),
            ("builds", found.builds),
        ]
    )
    show_table(
        ("session", "title", "role", "ended"),
        [(each.session, each.title, each.role, time_of(each.ended_at)) for each in found.sessions],
        "They are in no session.",
    )


@click.command()
@click.argument("who")
@click.argument("role", type=click.Choice(SERVICE_ROLES))
@data_dir_option
def role(who: str, role: str, **at: Any) -> None:
    """Give the account that logs in as WHO, or the one of that id, a role in the service."""

    async def work(settings: Settings) -> None:
        async with reached(settings) as stores:
            person = await overview.who(stores.database, who)
            given = cast(ServiceRole, role)
            await account_changes.give_role(stores.database, person, given, None, BY)

    running(at["data_dir"], work)
    click.echo(f"{who} is {'an' if role == 'admin' else 'a'} {role} now.")


@click.command()
@click.argument("who")
@click.option("--why", default="", help="For the audit log.")
@click.option("--links", is_flag=True, help="Revoke the links that they came by, or made.")
@data_dir_option
def ban(who: str, why: str, links: bool, **at: Any) -> None:
    """Let WHO (a username, or the id of an account or guest) in no more.

    Their tokens and keys are good for nothing from now on, and their live connections close. By a
    link that is still good they could come back as another guest: with --links nobody new comes by
    those that they know; who came by them stays.
    """

    async def work(settings: Settings) -> tuple[str, Banned]:
        async with reached(settings, start=True) as stores:
            person = await overview.who(stores.database, who)
            banned = await bans.ban(stores.database, person, None, BY, why, links=links)
            await stores.share(banned.rights)
            return person, banned

    person, banned = running(at["data_dir"], work)
    click.echo(f"{person} is banned, and out of {len(banned.rights)} session(s).")
    if banned.links and links:
        click.echo(f"{banned.links} link(s) that they knew are revoked.")
    elif banned.links:
        click.echo(f"They know {banned.links} link(s) that are still good: --links revokes these.")


@click.command()
@click.argument("who")
@data_dir_option
def unban(who: str, **at: Any) -> None:
    """Let WHO in again; in their sessions they are what they were."""

    async def work(settings: Settings) -> str:
        async with reached(settings, start=True) as stores:
            person = await overview.who(stores.database, who)
            await stores.share(await bans.unban(stores.database, person, None, BY))
            return person

    click.echo(f"{running(at['data_dir'], work)} may come again.")


@click.command("audit")
@click.option("--who", default="", help="About this username or id only.")
@click.option("--event", default="", help="Of this kind only.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@json_option
@data_dir_option
def audit_log(who: str, event: str, limit: int, as_json: bool, **at: Any) -> None:
    """List what was done to accounts and sessions, newest first."""

    async def work(settings: Settings) -> tuple[audit.Noted, ...]:
        async with reached(settings) as stores:
            person = await overview.who(stores.database, who) if who else ""
            return await audit.recall(stores.database, None, limit, person, event)

    found = running(at["data_dir"], work)
    if as_json:
        show_json(found)
        return
    show_table(
        ("number", "at (UTC)", "event", "about whom", "by", "from", "about"),
        [
            (
                each.number,
                time_of(each.at),
                each.event,
                each.person,
                each.by,
                each.address,
                each.about,
            )
            for each in found
        ],
        "Nothing of this kind was done.",
    )
