"""The files that commands read: catalogues and builds, refused with one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from calc import mbd
from calc.mbd import BuildFileError, Imported
from gamedata import pack, starter
from gamedata.catalogue import Catalogue
from server import settings
from server.settings import SettingsError

FILE = click.Path(path_type=Path)
Command = TypeVar("Command", bound=Callable[..., object])


class Refused(click.ClickException):
    exit_code = 2


def catalogue_option(command: Command) -> Command:
    """The option `--catalogue FILE` of commands that read a build."""
    return click.option(
        "--catalogue",
        "catalogue_file",
        type=FILE,
        help="The catalogue to read builds with.  [default: COHORT_GAMEDATA, or the starter]",
    )(command)


def catalogue_path(file: Path | None) -> Path:
    """The file given, or the environment's, or the starter. Raises Refused."""
    try:
        return file or settings.read().gamedata or starter.path()
    except SettingsError as error:
        raise Refused(str(error)) from None


def read_catalogue(file: Path | None) -> Catalogue:
    """Raises Refused."""
    try:
        return pack.load(catalogue_path(file))
    except pack.CatalogueError as error:
        raise Refused(str(error)) from None


def read_build(file: Path, catalogue: Catalogue) -> Imported:
    """A Mids Reborn build file; what could not be taken over goes to standard error.

    Raises Refused.
    """
    try:
        imported = mbd.read(file.read_bytes(), catalogue)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None
    except BuildFileError as error:
        raise Refused(f"{file}: {error}") from None
    for problem in imported.problems:
        subject = f" ({problem.subject})" if problem.subject else ""
        click.echo(f"{file.name}: {problem.message}{subject}", err=True)
    return imported
