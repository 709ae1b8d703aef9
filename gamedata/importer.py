"""From an export to a catalogue: the stages in order, with progress and report."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from gamedata import check, convert, convert_enhancements, pack
from gamedata.catalogue import (
    Archetype,
    BoostSetId,
    Catalogue,
    Category,
    CategoryId,
    Enhancement,
    EnhancementId,
    EntityId,
    Power,
    PowerId,
    Powerset,
    PowersetId,
)
from gamedata.names import Names, archetype_id, by_lower, enhancement_id
from gamedata.raw import RawArchetype, RawBoostSet, RawCategory, RawEntity, RawGroup, RawPowerset
from gamedata.read import Export, ExportError
from gamedata.report import Report

BOOSTS = "boosts"  # the category whose powers are enhancements

Progress = Callable[[str, int, int], None]
"""Told of each step: what is being read, how much is done, how much there is."""

Value = TypeVar("Value")
Key_co = TypeVar("Key_co", bound=str, covariant=True)


class Indexed(Struct, frozen=True):
    """What the indexes list and the rows that ids depend on: read before all others."""

    categories: tuple[tuple[RawCategory, tuple[tuple[PowersetId, RawPowerset], ...]], ...]
    archetypes: tuple[tuple[bool, RawArchetype], ...]
    boost_sets: tuple[RawBoostSet, ...]
    entities: tuple[RawEntity, ...]
    names: Names


def import_export(path: Path, progress: Progress | None = None) -> tuple[Catalogue, Report]:
    """Compile an export. The catalogue depends only on the rows, not on their order in the zip.

    Raises ExportError if the file is no export, or one without powers or archetypes.
    """
    report = Report()
    tell = progress or (lambda what, done, total: None)
    with Export(path, report) as export:
        indexed = _index(export, tell)
        catalogue = _compile(export, indexed, report, tell)
        export.left_over()
    if not catalogue.powers or not any(each.player for each in catalogue.archetypes.values()):
        raise ExportError(f"{path} holds no powers or no archetypes that can be read.")
    return pack.seal(catalogue), report


def _index(export: Export, tell: Progress) -> Indexed:
    tell("indexes", 0, 1)
    categories = []
    for category in export.categories():
        powersets = ((_powerset_id(low, raw), raw) for low, raw in export.powersets(category))
        categories.append((category, tuple(powersets)))
    archetypes = tuple(export.archetypes())
    boost_sets = tuple(export.boost_sets())
    entities = tuple(export.entities())
    listed = [each for category, powersets in categories for each in powersets]
    powers = [name for _, raw in listed for name in raw.power_names]
    names = Names(
        archetypes=by_lower(archetype_id(raw.name) for _, raw in archetypes),
        categories=by_lower(CategoryId(category.name) for category, _ in categories),
        powersets=by_lower(id_ for id_, _ in listed),
        powers=by_lower(PowerId(name) for name in powers),
        enhancements=by_lower(enhancement_id(name) for name in powers if _is_boost(name)),
        boost_sets=by_lower(BoostSetId(raw.name) for raw in boost_sets),
        entities=by_lower(EntityId(raw.name) for raw in entities),
    )
    return Indexed(tuple(categories), archetypes, boost_sets, entities, names)


def _is_boost(name: str) -> bool:
    return name.lower().startswith(BOOSTS + ".")


def _powerset_id(listed: str, raw: RawPowerset) -> PowersetId:
    """In the game's case, which only the names of the powers tell."""
    for name in raw.power_names:
        own = ".".join(name.split(".", 2)[:2])
        if own.lower() == listed:
            return PowersetId(own)
    return PowersetId(listed)


def _compile(export: Export, indexed: Indexed, report: Report, tell: Progress) -> Catalogue:
    names = indexed.names
    tables = {name.lower() for _, raw in indexed.archetypes for name in raw.named_tables}
    rows = check.Rows(report, tables)
    archetypes: list[Archetype] = []
    for player, archetype in indexed.archetypes:
        rows.archetype(archetype)
        archetypes.append(convert.archetype(archetype, player, names))
    categories: list[Category] = []
    powersets: list[Powerset] = []
    powers: list[Power] = []
    enhancements: list[Enhancement] = []
    pieces = _pieces(indexed)
    total, done = len(names.powers), 0
    for category, listed in indexed.categories:
        own: list[PowersetId] = []
        for id_, powerset in listed:
            levels = dict(zip(powerset.power_names, powerset.available_level, strict=False))
            found: list[Power] = []
            for raw in export.powers(powerset):
                rows.power(raw, levels.get(raw.full_name))
                if _is_boost(raw.full_name):
                    enhancements.append(convert_enhancements.enhancement(raw, names, pieces))
                else:
                    found.append(convert.power(raw, names))
            if not _is_boost(id_):
                powersets.append(convert.powerset(id_, powerset, tuple(found), names))
                powers.extend(found)
                own.append(id_)
            done += len(powerset.power_names)
            tell(category.display_name or category.name, done, total)
        if own:
            categories.append(convert.category(category, tuple(own), names))
    tell("checks", total, total)
    groups = frozenset(group for power in powers for group in power.set_groups)
    for raw_set in indexed.boost_sets:
        rows.boost_set(raw_set, groups)
    by_id = _by_id(enhancements)
    catalogue = Catalogue(
        release=export.release,
        hash="",
        archetypes=_by_id(archetypes),
        categories=_by_id(categories),
        powersets=_by_id(powersets),
        powers=_by_id(powers),
        enhancements=by_id,
        boost_sets=_by_id(
            convert_enhancements.boost_set(raw, names, by_id) for raw in indexed.boost_sets
        ),
        entities=_by_id(convert.entity(raw, names) for raw in indexed.entities),
        exclusion_groups=_groups(export.exclusion_groups(), names),
        recharge_groups=_groups(export.recharge_groups(), names),
    )
    report.extend(check.references(catalogue))
    report.extend(check.expressions(rows.expressions, catalogue))
    return catalogue


def _pieces(indexed: Indexed) -> dict[EnhancementId, tuple[BoostSetId, int]]:
    """The boost set of each enhancement and its position there."""
    names = indexed.names
    return {
        names.enhancement(name): (names.boost_set(raw.name), position)
        for raw in indexed.boost_sets
        for position, variants in enumerate(raw.boost_lists)
        for name in variants
    }


class _HasId(Protocol[Key_co]):
    @property
    def id(self) -> Key_co: ...


def _by_id(values: Iterable[Any]) -> dict[Any, Any]:
    return {value.id: value for value in sorted(values, key=lambda value: value.id)}


def _groups(rows: Iterable[RawGroup], names: Names) -> dict[str, tuple[PowerId, ...]]:
    groups = {raw.group: tuple(names.power(low) for _, low in raw.powers) for raw in rows}
    return dict(sorted(groups.items()))
