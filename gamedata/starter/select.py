"""A part of a catalogue: what a selection names, and whatever that needs to work."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gamedata import check, pack, references
from gamedata.catalogue import (
    BoostSetId,
    Catalogue,
    EnhancementId,
    EntityId,
    PowerId,
)
from gamedata.report import Problem, Report

Key = TypeVar("Key", bound=str)
Value = TypeVar("Value")


class SelectionError(Exception):
    """The selection cannot be used; the message is for a person."""


class Selection(Struct, frozen=True, forbid_unknown_fields=True):
    """What to take, by id; `*` stands for anything, as in file names.

    powersets: by category, without its name.
    """

    categories: tuple[str, ...] = ()
    powersets: dict[str, tuple[str, ...]] = {}
    boost_sets: tuple[str, ...] = ()
    enhancements: tuple[str, ...] = ()  # of no boost set


def read_selection(path: Path) -> Selection:
    """Raises SelectionError."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Selection)
    except OSError as error:
        raise SelectionError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise SelectionError(f"{path} is no selection: {error}.") from error


def select(catalogue: Catalogue, selection: Selection) -> tuple[Catalogue, Report]:
    """The selected part, and the references that lead out of it.

    Raises SelectionError if the selection names something that the catalogue lacks.
    """
    kept = _Kept(catalogue)
    kept.follow(_roots(catalogue, selection))
    part = kept.part()
    report = Report()
    report.extend(
        Problem("outside the selection", problem.name, problem.row)
        for problem in check.references(part)
    )
    return pack.seal(part), report


def _roots(catalogue: Catalogue, selection: Selection) -> Iterator[references.Reference]:
    yield from (("archetype", each.id) for each in catalogue.archetypes.values() if each.player)
    patterns = [f"{name}.*" for name in selection.categories]
    patterns += [f"{name}.{each}" for name, own in selection.powersets.items() for each in own]
    for powerset in _matching(catalogue.powersets, patterns):
        yield from (("power", id_) for id_ in catalogue.powersets[powerset].powers)
    yield from (("set", id_) for id_ in _matching(catalogue.boost_sets, selection.boost_sets))
    of_no_set = {id_: e for id_, e in catalogue.enhancements.items() if not e.boost_set}
    yield from (("enhancement", id_) for id_ in _matching(of_no_set, selection.enhancements))


def _matching(known: Iterable[Key], patterns: Iterable[str]) -> list[Key]:
    known = list(known)
    found: set[Key] = set()
    for pattern in patterns:
        matches = {id_ for id_ in known if fnmatchcase(str(id_), pattern)}
        if not matches:
            raise SelectionError(f"The export has nothing that is called {pattern}.")
        found |= matches
    return sorted(found)


class _Kept:
    """What has been reached so far."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.seen: set[references.Reference] = set()

    def follow(self, roots: Iterable[references.Reference]) -> None:
        waiting = list(roots)
        while waiting:
            reference = waiting.pop()
            if reference not in self.seen:
                self.seen.add(reference)
                waiting.extend(self._needs(reference))

    def _needs(self, reference: references.Reference) -> Iterator[references.Reference]:
        """What it merely revokes, recharges or filters by is not needed."""
        all_, (kind, id_) = self.catalogue, reference
        if kind == "power" and (power := all_.powers.get(PowerId(id_))):
            yield from references.of_power(power)
        elif kind == "enhancement" and (piece := all_.enhancements.get(EnhancementId(id_))):
            yield from references.of_enhancement(piece)
        elif kind == "set" and (boost_set := all_.boost_sets.get(BoostSetId(id_))):
            yield from references.of_boost_set(boost_set)
        elif kind == "entity" and (entity := all_.entities.get(EntityId(id_))):
            yield from references.of_entity(entity)

    def _only(self, kind: references.Kind, known: dict[Key, Value]) -> dict[Key, Value]:
        return {id_: value for id_, value in known.items() if (kind, id_) in self.seen}

    def part(self) -> Catalogue:
        """Powersets and groups keep what is there; categories, which offer, whole powersets."""
        all_ = self.catalogue
        powers = self._only("power", all_.powers)
        powersets = {
            id_: replace(powerset, powers=own)
            for id_, powerset in all_.powersets.items()
            if (own := tuple(power for power in powerset.powers if power in powers))
        }
        whole = {id_ for id_, kept in powersets.items() if kept == all_.powersets[id_]}
        categories = {
            id_: replace(category, powersets=offered)
            for id_, category in all_.categories.items()
            if (offered := tuple(each for each in category.powersets if each in whole))
        }
        return Catalogue(
            release=all_.release,
            hash="",
            archetypes=self._only("archetype", all_.archetypes),
            categories=categories,
            powersets=powersets,
            powers=powers,
            enhancements=self._only("enhancement", all_.enhancements),
            boost_sets=self._only("set", all_.boost_sets),
            entities=self._only("entity", all_.entities),
            exclusion_groups=_members(all_.exclusion_groups, powers),
            recharge_groups=_members(all_.recharge_groups, powers),
        )


def _members(
    groups: Mapping[str, tuple[PowerId, ...]], powers: Mapping[PowerId, object]
) -> dict[str, tuple[PowerId, ...]]:
    return {
        name: own
        for name, all_ in groups.items()
        if (own := tuple(power for power in all_ if power in powers))
    }
