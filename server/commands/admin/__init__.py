"""`cohort admin`: what an operator does, straight in the database and in Redis."""

import click

from server.commands.admin.accounts import audit_log, ban, role, unban, user, users
from server.commands.admin.backups import backup, restore
from server.commands.admin.catalogues import catalogue
from server.commands.admin.sessions import close, session, sessions


@click.group()
def admin() -> None:
    """Look after a Cohort. All but `restore` work while it serves, too.

    The settings are those of `cohort serve`: run it with the same environment.
    """


for command in (
    users,
    user,
    role,
    ban,
    unban,
    audit_log,
    sessions,
    session,
    close,
    catalogue,
    backup,
    restore,
):
    admin.add_command(command)
