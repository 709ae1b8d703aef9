"""From an export to a catalogue: the stages in order, with progress and report."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from gamedata import check, check_expressions, convert, convert_enhancements, pack
from gamedata.catalogue import (
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

BOOSTS = "boosts."  # what the full name of an enhancement begins with, lower-case

Progress = Callable[[str, int, int], None]
"""Told of each step: what is being read, how much is done, how much there is."""

Key = TypeVar("Key", bound=str)
Value = TypeVar("Value")


class Indexed(Struct, frozen=True):
    """What the indexes list, and the rows that ids depend on: read before all others."""

    categories: tuple[tuple[RawCategory, tuple[tuple[PowersetId, RawPowerset], ...]], ...]
    archetypes: tuple[tuple[bool, RawArchetype], ...]
    boost_sets: tuple[RawBoostSet, ...]
    entities: tuple[RawEntity, ...]
    names: Names


class Powers(Struct):
    """What the folder `powers/` becomes."""

    categories: list[Category] = []
    powersets: list[Powerset] = []
    powers: list[Power] = []
    enhancements: list[Enhancement] = []


def import_export(path: Path, progress: Progress | None = None) -> tuple[Catalogue, Report]:
    """Compile an export. The catalogue depends only on the rows, not on their order in the zip.

    Raises ExportError if the file is no export, or one without powers or player archetypes.
    """
    report = Report()
    tell = progress or (lambda what, done, total: None)
    with Export(path, report) as export:
        tell("indexes", 0, 1)
        indexed = _index(export)
        rows = check.Rows(report, _tables(indexed))
        powers = _powers(export, indexed, rows, tell)
        tell("checks", 1, 1)
        catalogue = _assemble(export, indexed, rows, powers)
        export.left_over()
    if not catalogue.powers or not any(each.player for each in catalogue.archetypes.values()):
        raise ExportError(f"{path} holds no powers or no archetypes that can be read.")
    report.extend(check.references(catalogue))
    report.extend(check_expressions.expressions(rows.expressions, catalogue))
    return pack.seal(catalogue), report


def _index(export: Export) -> Indexed:
    categories = tuple(
        (
            category,
            tuple((_powerset_id(low, raw), raw) for low, raw in export.powersets(category)),
        )
        for category in export.categories()
    )
    archetypes = tuple(export.archetypes())
    boost_sets = tuple(export.boost_sets())
    entities = tuple(export.entities())
    listed = [each for _, powersets in categories for each in powersets]
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
    return Indexed(categories, archetypes, boost_sets, entities, names)


def _powerset_id(listed: str, raw: RawPowerset) -> PowersetId:
    """In the game's case, which only the names of the powers tell."""
    for name in raw.power_names:
        own = ".".join(name.split(".", 2)[:2])
        if own.lower() == listed:
            return PowersetId(own)
    return PowersetId(listed)


def _is_boost(name: str) -> bool:
    return name.lower().startswith(BOOSTS)


def _tables(indexed: Indexed) -> set[str]:
    return {name.lower() for _, raw in indexed.archetypes for name in raw.named_tables}


def _powers(export: Export, indexed: Indexed, rows: check.Rows, tell: Progress) -> Powers:
    names = indexed.names
    found = Powers()
    pieces = _pieces(indexed)
    done = 0
    for category, powersets in indexed.categories:
        listed: list[PowersetId] = []
        for id_, raw_set in powersets:
            own: list[Power] = []
            for name, level, raw in export.powers(raw_set):
                rows.power(raw, name, level)
                if _is_boost(name):
                    piece = convert_enhancements.enhancement(raw, names, pieces)
                    found.enhancements.append(piece)
                else:
                    own.append(convert.power(raw, names))
            if not _is_boost(id_):
                found.powersets.append(convert.powerset(id_, raw_set, tuple(own), names))
                found.powers.extend(own)
                listed.append(id_)
            done += len(raw_set.power_names)
            tell(category.name.replace("_", " "), done, len(names.powers))
        if listed:
            found.categories.append(convert.category(category, tuple(listed), names))
    return found


def _pieces(indexed: Indexed) -> dict[EnhancementId, tuple[BoostSetId, int]]:
    """The boost set of each enhancement and its position there."""
    names = indexed.names
    return {
        names.enhancement(name): (names.boost_set(raw.name), position)
        for raw in indexed.boost_sets
        for position, variants in enumerate(raw.boost_lists)
        for name in variants
    }


def _assemble(export: Export, indexed: Indexed, rows: check.Rows, powers: Powers) -> Catalogue:
    names, report = indexed.names, rows.report
    for _, archetype in indexed.archetypes:
        rows.archetype(archetype)
    groups = frozenset(group for power in powers.powers for group in power.set_groups)
    for boost_set in indexed.boost_sets:
        rows.boost_set(boost_set, groups)
    archetypes = (convert.archetype(raw, player, names) for player, raw in indexed.archetypes)
    enhancements = _by_id(((each.id, each) for each in powers.enhancements), report)
    boost_sets = (
        convert_enhancements.boost_set(raw, names, enhancements) for raw in indexed.boost_sets
    )
    entities = (convert.entity(raw, names) for raw in indexed.entities)
    return Catalogue(
        release=export.release,
        hash="",
        archetypes=_by_id(((each.id, each) for each in archetypes), report),
        categories=_by_id(((each.id, each) for each in powers.categories), report),
        powersets=_by_id(((each.id, each) for each in powers.powersets), report),
        powers=_by_id(((each.id, each) for each in powers.powers), report),
        enhancements=enhancements,
        boost_sets=_by_id(((each.id, each) for each in boost_sets), report),
        entities=_by_id(((each.id, each) for each in entities), report),
        exclusion_groups=_groups(export.exclusion_groups(), names),
        recharge_groups=_groups(export.recharge_groups(), names),
    )


def _by_id(pairs: Iterable[tuple[Key, Value]], report: Report) -> dict[Key, Value]:
    found: dict[Key, Value] = {}
    for id_, value in pairs:
        if id_ in found:
            report.add("listed twice", id_)
        found[id_] = value
    return dict(sorted(found.items()))


def _groups(rows: Iterable[RawGroup], names: Names) -> dict[str, tuple[PowerId, ...]]:
    groups = {raw.group: tuple(names.power(low) for _, low in raw.powers) for raw in rows}
    return dict(sorted(groups.items()))
