"""`cohort fuzz`: random people and random faults, and whether the promises hold."""

import click

from server.commands.fuzz.sessions import sessions


@click.group()
def fuzz() -> None:
    """Let everything go wrong at random, and check what was promised."""


fuzz.add_command(sessions)
