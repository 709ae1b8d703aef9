"""Which powers are picked, and from which powersets.

Source: calc.md 14.2, 14.3. What the game grants by itself is `calc.owned`.
"""

from collections.abc import Iterable
from functools import cached_property

from msgspec.structs import replace

from calc.accolades import is_accolade
from calc.build import Build
from calc.conditions import compiled
from calc.facts import Context, Facts, word
from calc.owned import Issuing, copies, owned, powersets
from calc.schedule import FIRST_POOL_LEVEL
from gamedata.catalogue import Catalogue, Power, PowersetId
from gamedata.queries import DISABLED, EPIC, POOL

_EXTRAS = ("Temporary_Powers.", "Prestige.")
_POOLS = f"{POOL}."

# Soldiers of Arachnos choose a branch and keep the powers of the trunk. The export has no word
# of it: each branch is a powerset like any other. Source: the game.
TRUNKS = {
    "Arachnos_Soldiers.Bane_Spider_Soldier": "Arachnos_Soldiers.Arachnos_Soldier",
    "Arachnos_Soldiers.Crab_Spider_Soldier": "Arachnos_Soldiers.Arachnos_Soldier",
    "Training_Gadgets.Bane_Spider_Training": "Training_Gadgets.Training_and_Gadgets",
    "Training_Gadgets.Crab_Spider_Training": "Training_Gadgets.Training_and_Gadgets",
    "Widow_Training.Fortunata_Training": "Widow_Training.Widow_Training",
    "Widow_Training.Night_Widow_Training": "Widow_Training.Widow_Training",
    "Teamwork.Fortunata_Teamwork": "Teamwork.Teamwork",
    "Teamwork.Widow_Teamwork": "Teamwork.Teamwork",
}

# Comes with its powerset, though nothing in the export says so: a tenth power that takes no
# enhancements, like Staff Mastery and Adaptation, which are picked.
_HELPER = ".Seismic_Blast.Shockwaves"


def is_pick(power: Power, catalogue: Catalogue) -> bool:
    """Whether a power takes up one of the 24 picks, whoever may have it."""
    if _is_issued(power):
        return False
    category = _category(power, catalogue)
    return category in (POOL, EPIC) or any(
        archetype.player and category in (archetype.primary, archetype.secondary)
        for archetype in catalogue.archetypes.values()
    )


def picked_of(powers: Iterable[Power], catalogue: Catalogue) -> list[Power]:
    """Those of many powers that take up picks."""
    categories = {POOL, EPIC}
    for archetype in catalogue.archetypes.values():
        if archetype.player:
            categories.update((archetype.primary, archetype.secondary))
    return [
        power
        for power in powers
        if not _is_issued(power) and _category(power, catalogue) in categories
    ]


def _is_issued(power: Power) -> bool:
    return power.auto_issue or power.level < 1 or power.id.endswith(_HELPER)


def _category(power: Power, catalogue: Catalogue) -> str:
    found = catalogue.powersets.get(power.powerset)
    return found.category if found else power.powerset.partition(".")[0]


def is_extra(power: Power) -> bool:
    """Whether a power is a temporary or prestige one: had for the asking, and no pick."""
    is_possible = not power.auto_issue and power.requires != DISABLED
    return is_possible and power.id.startswith(_EXTRAS) and not is_accolade(power)


def lowest_level(power: Power) -> int:
    """The lowest level at which a power can be picked."""
    if power.powerset.startswith(_POOLS):
        return max(FIRST_POOL_LEVEL, power.level)
    return power.level


def branches_differ(primary: str, secondary: str) -> bool:
    """Whether two powersets are of different branches of the soldiers of Arachnos."""
    return primary in TRUNKS and secondary in TRUNKS and _branch(primary) != _branch(secondary)


def _branch(powerset: str) -> str:
    """Bane, Crab, Fortunata, Night: `Widow_Teamwork` is the Night Widow's."""
    return powerset.partition(".")[2].partition("_")[0].replace("Widow", "Night")


def chosen_with_trunks(build: Build) -> frozenset[str]:
    """The powersets whose powers can be picked."""
    chosen = frozenset(powersets(build))
    return chosen | {TRUNKS[branch] for branch in chosen if branch in TRUNKS}


def has(build: Build, power: Power, catalogue: Catalogue) -> bool:
    """Whether something can be chosen about a power: it was taken, fills an incarnate slot, or
    comes by itself."""
    return (
        power.id in build.powers
        or power.id in build.incarnates.values()
        or comes_by_itself(build, power, catalogue)
    )


def comes_by_itself(
    build: Build,
    power: Power,
    catalogue: Catalogue,
    granting: "Granting | None" = None,
) -> bool:
    """Whether the game grants a power to this character.

    granting: the build's, for who asks about many powers.
    """
    if not power.auto_issue or power.requires == DISABLED:
        return False
    granting = granting or Granting(build, catalogue)
    if compiled(power.requires, "build").holds(granting.context):
        return power.powerset.startswith("Inherent.") or _touches(build, power.powerset)
    # What a granted power grants in turn needs the whole list, made without this one.
    others = {key: taken for key, taken in build.powers.items() if key != power.id}
    return power.id in owned(replace(build, powers=others), catalogue, granting.issuing)


class Granting:
    """What decides which powers the game grants a character, worked out when first asked for."""

    def __init__(self, build: Build, catalogue: Catalogue) -> None:
        self._build = build
        self._catalogue = catalogue

    @cached_property
    def context(self) -> Context:
        """What their requirements are held against."""
        build = self._build
        counts = copies(build.powers, powersets(build))
        return Context(Facts(word(build.archetype), build.level, counts))

    @cached_property
    def issuing(self) -> Issuing:
        return Issuing(self._catalogue, self._build.archetype, self._build.level)


def _touches(build: Build, powerset: PowersetId) -> bool:
    return powerset in powersets(build) or any(
        power.startswith(f"{powerset}.") for power in build.powers
    )
