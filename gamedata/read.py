"""The only reader of the export's format: entries of the zip -> rows, untouched.

The zip is never unpacked: names in it hold colons, which some file systems lose. Indexes are
walked, not folders: what no index lists is a stale leftover. Names compare lower-cased.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from msgspec import Struct

from gamedata import shapes
from gamedata.raw import (
    RawArchetype,
    RawArchetypeIndex,
    RawBoostSet,
    RawBoostSetIndex,
    RawCategory,
    RawEntity,
    RawGroup,
    RawPower,
    RawPowerset,
    RawRoot,
)
from gamedata.report import Report
from gamedata.shapes import Shape

Row = TypeVar("Row", bound=Struct)

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
MAX_ENTRY_BYTES = 256 * 1024 * 1024  # the largest of a full export has 30 MB


class ExportError(Exception):
    """The file cannot be read as an export at all; the message is for a person."""


def power_entry(full_name: str) -> str:
    """The entry of a power. Names may hold dots after the second one."""
    return "powers/" + "/".join(full_name.lower().split(".", 2)) + ".json"


class Export:
    """An open export. Rows that cannot be read are told to the report and left out."""

    def __init__(self, path: Path, report: Report) -> None:
        """Raises ExportError: no file, no zip, or a zip of something else."""
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise ExportError(f"{path} cannot be read: {error.strerror or error}.") from error
        except (*_BROKEN, struct.error, UnicodeError) as error:
            raise ExportError(f"{path} is not a zip file, or is damaged.") from error
        self.report = report
        self.entries = frozenset(self._zip.namelist())
        self._read: set[str] = set()
        root = self.row(shapes.ROOT, RawRoot, "powers/index.json")
        if root is None:
            self._zip.close()
            raise ExportError(
                f"{path} is no City of Data export: powers/index.json is missing or unreadable."
            )
        self.release = root.revision
        self._categories = root.power_categories

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._zip.close()

    def categories(self) -> Iterator[RawCategory]:
        for name in self._categories:
            entry = f"powers/{name.lower()}/index.json"
            if row := self.row(shapes.CATEGORY, RawCategory, entry, f"category {name}"):
                yield row

    def powersets(self, category: RawCategory) -> Iterator[tuple[str, RawPowerset]]:
        """With the lower-case id, `category.powerset`, by which its category lists it."""
        for name in category.powerset_names:
            entry = f"powers/{'/'.join(name.lower().split('.', 1))}/index.json"
            if row := self.row(shapes.POWERSET, RawPowerset, entry, f"powerset {name}"):
                yield name.lower(), row

    def powers(self, powerset: RawPowerset) -> Iterator[tuple[str, int | None, RawPower]]:
        """With the name and the level by which the powerset lists it."""
        for name, level in zip_longest(powerset.power_names, powerset.available_level):
            if name is None:
                self.report.add("indexes disagree", "available_level", powerset.name)
            elif row := self.row(shapes.POWER, RawPower, power_entry(name), f"power {name}"):
                yield name, level, row

    def archetypes(self) -> Iterator[tuple[bool, RawArchetype]]:
        """Whether it is a player's, and the archetype."""
        index = self.row(shapes.ARCHETYPE_INDEX, RawArchetypeIndex, "archetypes/index.json")
        if index is None:
            return
        for player, names in ((True, index.player_archetypes), (False, index.npc_archetypes)):
            for name in names:
                entry = f"archetypes/{name.lower()}.json"
                if row := self.row(shapes.ARCHETYPE, RawArchetype, entry, f"archetype {name}"):
                    yield player, row

    def boost_sets(self) -> Iterator[RawBoostSet]:
        index = self.row(shapes.BOOST_SET_INDEX, RawBoostSetIndex, "boost_sets/index.json")
        for name in index.set_names if index else ():
            entry = f"boost_sets/{name.lower()}.json"
            if row := self.row(shapes.BOOST_SET, RawBoostSet, entry, f"boost set {name}"):
                yield row

    def entities(self) -> Iterator[RawEntity]:
        yield from self._folder(shapes.ENTITY, RawEntity, "entities/")

    def exclusion_groups(self) -> Iterator[RawGroup]:
        yield from self._folder(shapes.GROUP, RawGroup, "exclusion_groups/")

    def recharge_groups(self) -> Iterator[RawGroup]:
        yield from self._folder(shapes.GROUP, RawGroup, "recharge_groups/")

    def left_over(self) -> None:
        """Report every entry that was not read: known and ignored, or stale."""
        for entry in sorted(self.entries - self._read):
            folder = entry.split("/", 1)[0] + "/"
            kind = shapes.IGNORED_FILES.get(entry) or shapes.IGNORED_FILES.get(folder)
            if kind:
                self.report.ignore(kind)
            elif not entry.endswith("/"):
                self.report.add("file without index entry", entry)

    def _folder(self, shape: Shape, kind: type[Row], folder: str) -> Iterator[Row]:
        """Every row of a folder that has no index of its own rows."""
        for entry in sorted(self.entries):
            listed = entry.startswith(folder) and entry not in shapes.IGNORED_FILES
            if listed and (row := self.row(shape, kind, entry)):
                yield row

    def row(
        self, shape: Shape, kind: type[Row], entry: str, listed_as: str | None = None
    ) -> Row | None:
        """One entry as a row, or None after telling the report why not.

        listed_as: how an index calls it; an index may list what an export lacks.
        """
        if entry in self._read:
            self.report.add("listed twice", listed_as or entry)
            return None
        if entry not in self.entries:
            if listed_as:
                self.report.add("index entry without file", listed_as)
            return None
        self._read.add(entry)
        try:
            data = self._bytes(entry)
            value = msgspec.json.decode(data, type=dict[str, object])
            self._compare(shape, value, entry)
            return msgspec.convert(value, kind)
        except (*_BROKEN, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            self.report.add("unreadable entry", f"{entry}: {_reason(error)}")
            return None

    def _bytes(self, entry: str) -> bytes:
        info = self._zip.getinfo(entry)
        if info.file_size > MAX_ENTRY_BYTES:
            raise zipfile.BadZipFile(f"{info.file_size:,} bytes are too many")
        if info.flag_bits & 1:
            raise zipfile.BadZipFile("encrypted")
        data = self._zip.read(info)
        if not data:
            raise zipfile.BadZipFile("empty")
        return data

    def _compare(self, shape: Shape, value: dict[str, object], entry: str) -> None:
        """Report fields that are new or gone, count those we leave out."""
        if value.keys() != shape.known:
            for field in value.keys() - shape.known:
                self.report.add("unknown field", f"{shape.name}.{field}", entry)
            for field in shape.known - value.keys():
                self.report.add("missing field", f"{shape.name}.{field}", entry)
        for field, kind in shape.ignored.items():
            if value.get(field):
                self.report.ignore(kind)
        if shape is shapes.TEMPLATE:
            self._compare_parameters(value.get("params"), entry)
        for field, nested in shape.nested.items():
            inner = value.get(field)
            for child in inner if isinstance(inner, list) else (inner,):
                if isinstance(child, dict):
                    self._compare(nested, child, entry)

    def _compare_parameters(self, params: object, entry: str) -> None:
        if not isinstance(params, dict):
            return
        kind = str(params.get("type"))
        known = shapes.PARAMETERS.get(kind)
        if known is not None:
            for field in params.keys() - known:
                self.report.add("unknown field", f"{kind} parameters.{field}", entry)
        elif kind in shapes.PARAMETERS:
            self.report.ignore(f"template: parameters of type {kind}")
        else:
            self.report.add("unknown parameters", kind, entry)


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
