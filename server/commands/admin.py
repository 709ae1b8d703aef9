"""`cohort admin`: what an operator does to accounts, straight in the database."""

import asyncio
from pathlib import Path
from typing import cast

import click

from server import account_changes, accounts
from server import settings as environment
from server.accounts import SERVICE_ROLES, AccountError, ServiceRole
from server.orm import Database, DatabaseAwayError
from server.settings import Settings, SettingsError


@click.group()
def admin() -> None:
    """Look after accounts. Works while the server runs, too."""


@admin.command()
@click.argument("username")
@click.argument("role", type=click.Choice(SERVICE_ROLES))
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Cohort keeps its data.  [default: data]",
)
def role(username: str, role: str, data_dir: Path | None) -> None:
    """Give the account that logs in as USERNAME a role in the service."""
    try:
        settings = environment.read(data_dir=data_dir)
        asyncio.run(_give(settings, username, cast(ServiceRole, role)))
    except (SettingsError, AccountError, DatabaseAwayError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{username} is {'an' if role == 'admin' else 'a'} {role} now.")


async def _give(settings: Settings, username: str, role: ServiceRole) -> None:
    database = Database(settings.database)
    try:
        person = await accounts.find(database, username)
        await account_changes.give_role(database, person, role, None, "the operator")
    finally:
        await database.close()
