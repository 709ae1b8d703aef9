"""The embedded catalogue: a part of the game, so that a fresh checkout works at once."""

from importlib.resources import files
from pathlib import Path


def path() -> Path:
    """The starter catalogue's file."""
    return _file("starter.catalogue")


def selection_path() -> Path:
    """What of an export it holds: `cohort gamedata starter` rebuilds it from this."""
    return _file("selection.toml")


def _file(name: str) -> Path:
    found = Path(str(files(__name__) / name))
    assert found.is_absolute()  # a package inside a zip is not supported
    return found
