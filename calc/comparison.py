"""In what two builds differ, for people to read: powers, slots, enhancements and totals.

Slots are told apart by what is in them, not by their ids: builds with no common past can be
compared too.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from calc.build import OWN_SLOT, Build, SlottedEnhancement, TakenPower
from calc.patch import Json, difference
from calc.totals import Total
from gamedata.catalogue import ArchetypeId, Catalogue, EnhancementId, PowerId, PowersetId

Value = str | int | bool
_ABSENT = TakenPower()
_PLAIN_FIELDS = ("title", "origin", "level", "scenario", "notes")
_SETS = ("primary", "secondary", "epic")


class Field(Struct, frozen=True, omit_defaults=True):
    """One value that differs; absent where a build has none.

    before_name, after_name: what players call what an id names.
    """

    field: str
    before: Value | UnsetType = UNSET
    after: Value | UnsetType = UNSET
    before_name: str = ""
    after_name: str = ""


class Placed(Struct, frozen=True, omit_defaults=True):
    """Enhancements of one kind in a power. count: in so many slots."""

    id: str
    name: str
    level: int = 0
    boosters: int = 0
    relative: int = 0
    count: int = 1


class PowerDifference(Struct, frozen=True, omit_defaults=True):
    """A power that differs. fields: of level, on, count and slots (its own included)."""

    power: str
    name: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[Field, ...] = ()
    removed: tuple[Placed, ...] = ()
    added: tuple[Placed, ...] = ()


class TotalDifference(Struct, frozen=True):
    before: Total
    after: Total


class Difference(Struct, frozen=True, omit_defaults=True):
    """What leads from one build to another.

    fields: of the character (archetype, level, powersets …); pools, incarnates, accolades: by id,
    absent where a build has them not; scenarios: the ids of those that differ; patch: the JSON
    Merge Patch between the documents, which holds all of it.
    """

    fields: tuple[Field, ...] = ()
    pools: tuple[Field, ...] = ()
    powers: tuple[PowerDifference, ...] = ()
    incarnates: tuple[Field, ...] = ()
    accolades: tuple[Field, ...] = ()
    scenarios: tuple[str, ...] = ()
    totals: dict[str, TotalDifference] = {}
    patch: dict[str, Json] = {}


def compare(
    old: Build,
    new: Build,
    old_totals: Mapping[str, Total],
    new_totals: Mapping[str, Total],
    catalogue: Catalogue,
) -> Difference:
    """The difference of two builds and of their totals; names are the catalogue's, or the id."""
    return Difference(
        _fields(old, new, catalogue),
        _switched(old.powersets.pools, new.powersets.pools, catalogue),
        tuple(
            _power(power, old.powers.get(power), new.powers.get(power), catalogue)
            for power in _differing(old.powers, new.powers)
        ),
        tuple(
            _named(slot, old.incarnates.get(slot, ""), new.incarnates.get(slot, ""), catalogue)
            for slot in _differing(old.incarnates, new.incarnates)
        ),
        _switched(old.accolades, new.accolades, catalogue),
        tuple(_differing(old.scenarios, new.scenarios)),
        {
            stat: TotalDifference(old_totals[stat], total)
            for stat, total in new_totals.items()
            if stat in old_totals and old_totals[stat] != total
        },
        difference(old, new),
    )


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return sorted(each for each in old.keys() | new.keys() if old.get(each) != new.get(each))


def _fields(old: Build, new: Build, catalogue: Catalogue) -> tuple[Field, ...]:
    found = []
    if old.archetype != new.archetype:
        found.append(_named("archetype", old.archetype, new.archetype, catalogue))
    for field in _SETS:
        one, other = getattr(old.powersets, field), getattr(new.powersets, field)
        if one != other:
            found.append(_named(field, one, other, catalogue))
    for field in _PLAIN_FIELDS:
        one, other = getattr(old, field), getattr(new, field)
        if one != other:
            found.append(Field(field, one, other))
    return tuple(found)


def _named(field: str, before: str, after: str, catalogue: Catalogue) -> Field:
    """A field that holds an id; "" is none."""
    return Field(
        field, before or UNSET, after or UNSET, name(before, catalogue), name(after, catalogue)
    )


def _switched(
    old: Mapping[str, bool], new: Mapping[str, bool], catalogue: Catalogue
) -> tuple[Field, ...]:
    """What is owned, or chosen, in one of them; or counts in one of them."""
    return tuple(
        Field(
            each,
            old.get(each, UNSET),
            new.get(each, UNSET),
            name(each, catalogue) if each in old else "",
            name(each, catalogue) if each in new else "",
        )
        for each in _differing(old, new)
    )


def _power(
    power: str, old: TakenPower | None, new: TakenPower | None, catalogue: Catalogue
) -> PowerDifference:
    change: Literal["added", "removed", "changed"] = "changed"
    # A power without a level comes by itself: one that is not named is as it comes.
    if old is None and new is not None and new.level:
        change = "added"
    elif new is None and old is not None and old.level:
        change = "removed"
    before, after = old or _ABSENT, new or _ABSENT
    gone, come = _contents(before), _contents(after)
    return PowerDifference(
        power,
        name(power, catalogue),
        change,
        tuple(
            Field(field, one, other)
            for field, one, other in (
                ("level", before.level or UNSET, after.level or UNSET),
                ("on", before.on, after.on),
                ("count", before.count, after.count),
                (
                    "slots",
                    _slots(before, there=change != "added"),
                    _slots(after, there=change != "removed"),
                ),
            )
            if one != other
        ),
        _placed(gone - come, catalogue),
        _placed(come - gone, catalogue),
    )


def _slots(power: TakenPower, *, there: bool) -> int | UnsetType:
    return 1 + len(power.slots.keys() - {OWN_SLOT}) if there else UNSET


def _contents(power: TakenPower) -> Counter[SlottedEnhancement]:
    return Counter(
        slot.enhancement for slot in power.slots.values() if slot.enhancement is not UNSET
    )


def _placed(contents: Counter[SlottedEnhancement], catalogue: Catalogue) -> tuple[Placed, ...]:
    return tuple(
        Placed(
            each.id,
            name(each.id, catalogue),
            each.level,
            each.boosters,
            each.relative,
            contents[each],
        )
        for each in sorted(contents, key=lambda one: (one.id, one.level, one.boosters))
    )


def name(id_: str, catalogue: Catalogue) -> str:
    """What players call what an id names; the id itself where the catalogue lacks it."""
    found = (
        catalogue.powers.get(PowerId(id_))
        or catalogue.enhancements.get(EnhancementId(id_))
        or catalogue.powersets.get(PowersetId(id_))
        or catalogue.archetypes.get(ArchetypeId(id_))
    )
    return found.name if found else id_
