"""The `cohort` command."""

from importlib import import_module

import click

from server import garbage

COMMANDS = ("admin", "bench", "explain", "fuzz", "gamedata", "migrate", "serve", "totals", "watch")


class _Commands(click.Group):
    """Imports a command's module only when it is asked for: `totals` needs no web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        with garbage.stays():
            command = getattr(import_module(f"server.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands)
@click.version_option(package_name="cohort")
def main() -> None:
    """Build City of Heroes characters together, live."""
