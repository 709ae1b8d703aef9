"""The shape of Mids Reborn's build files (`.mbd`), and text -> that shape.

JSON; levels of picks and slots count from 1, of the character and of inventions from 0. Entries
stay undecoded here, so that one damaged entry costs no other.
"""

from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

MAX_BYTES = 256 * 1024  # real files have 15 to 50 KB
NOTHING = Raw(b"null")

Part = TypeVar("Part")
Number = int | float


class BuildFileError(ValueError):
    """This is no build file that can be read; the message says why, to a person."""


class BuiltWith(Struct, frozen=True, rename="pascal"):
    app: str = ""
    version: str = ""
    database: str = ""


class EnhancementEntry(Struct, frozen=True, rename="pascal"):
    """uid: the boost's id; enhancement: in its place, in files of 3.6, the long label."""

    uid: str = ""
    enhancement: str = ""
    grade: str = "None"
    io_level: Number = 0
    relative_level: str = "Even"
    obtained: bool = False


class SlotEntry(Struct, frozen=True, rename="pascal"):
    level: Number = 0
    enhancement: Raw = NOTHING
    flipped_enhancement: Raw = NOTHING


class SubPowerEntry(Struct, frozen=True, rename="pascal"):
    power_name: str = ""
    stat_include: bool = False


class PowerEntry(Struct, frozen=True, rename="pascal"):
    """stat_include: counts in the totals. variable_value: foes, allies or stacks assumed."""

    power_name: str = ""
    level: Number = 0
    stat_include: bool = False
    proc_include: bool = False
    variable_value: Number = 0
    sub_power_entries: tuple[SubPowerEntry, ...] = ()
    slot_entries: tuple[Raw, ...] = ()


class File(Struct, frozen=True, rename="pascal"):
    """power_sets: primary, secondary, nothing, four pools, epic."""

    built_with: BuiltWith
    power_entries: tuple[Raw, ...]
    class_: str = msgspec.field(default="", name="Class")
    level: str | int | float = ""
    origin: str = ""
    alignment: str = ""
    name: str | None = ""
    comment: str | None = ""
    power_sets: tuple[str | None, ...] = ()


def decode(text: str | bytes) -> File:
    """Read a file's text. Raises BuildFileError."""
    try:
        content = text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError as error:
        raise BuildFileError("The file is damaged: its text is no valid Unicode.") from error
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    if len(content) > MAX_BYTES:
        raise BuildFileError(
            f"The file is too large to be a build: at most {MAX_BYTES // 1024} KiB are read."
        )
    if not content.startswith(b"{"):
        raise BuildFileError(_what_else(content))
    try:
        return msgspec.json.decode(content, type=File)
    except msgspec.ValidationError as error:
        raise BuildFileError(f"This is no Mids Reborn build, or a damaged one: {error}.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BuildFileError("The file is damaged: it is no JSON text in UTF-8.") from error
    except RecursionError as error:
        raise BuildFileError("The file is damaged: it is nested too deeply.") from error


def part(raw: Raw, shape: type[Part]) -> Part | None:
    """Decode one entry; None if it has another shape."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def whole(value: Number, low: int, high: int) -> int | None:
    """A whole number within bounds; None if it is none."""
    if low <= value <= high and value == int(value):
        return int(value)
    return None


def _what_else(content: bytes) -> str:
    if not content:
        return "The file is empty."
    for mark, kind in (
        (b"MxDz;", "an older Mids build (.mxd)"),
        (b"MxDu;", "an older Mids build (.mxd)"),
        (b"MBD;", "a Mids data chunk or link"),
    ):
        if mark in content:
            return f"This is {kind}. Open it in Mids Reborn and save it as a .mbd file."
    return "This is no Mids Reborn build file (.mbd): those begin with an opening brace."
