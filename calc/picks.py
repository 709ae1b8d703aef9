"""Which powers are picked, and from which powersets.

Source: calc.md 14.2, 14.3. What the game grants by itself is `calc.owned`.
"""

import re

from calc.schedule import FIRST_POOL_LEVEL
from gamedata.catalogue import Archetype, ArchetypeId, Catalogue, Power, Powerset, PowersetId

POOL = "Pool"
EPIC = "Epic"
NEVER = "0"  # the `requires` of what cannot be had by choice

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


def is_pick(power: Power, catalogue: Catalogue) -> bool:
    """Whether a power takes up one of the 24 picks, whoever may have it."""
    return not power.auto_issue and power.level > 0 and _is_chosen(power.powerset, catalogue)


def _is_chosen(powerset: PowersetId, catalogue: Catalogue) -> bool:
    found = catalogue.powersets.get(powerset)
    category = found.category if found else powerset.partition(".")[0]
    return category in (POOL, EPIC) or any(
        archetype.player and category in (archetype.primary, archetype.secondary)
        for archetype in catalogue.archetypes.values()
    )


def lowest_level(power: Power) -> int:
    """The lowest level at which a power can be picked."""
    if power.powerset.startswith(f"{POOL}."):
        return max(FIRST_POOL_LEVEL, power.level)
    return power.level


def epic_archetypes(powerset: Powerset, catalogue: Catalogue) -> frozenset[str]:
    """Who may have an epic powerset: the classes its first powers name, in lower case."""
    for key in powerset.powers:
        power = catalogue.powers.get(key)
        named = re.findall(r"@(class_[\w-]+)", power.requires.lower()) if power else []
        if named:
            return frozenset(named)
    return frozenset()


def is_epic_for(archetype: ArchetypeId | str, powerset: Powerset, catalogue: Catalogue) -> bool:
    return archetype.lower() in epic_archetypes(powerset, catalogue)


def category_of(archetype: Archetype, role: str) -> str:
    """The category whose powersets can fill a role."""
    return {"primary": archetype.primary, "secondary": archetype.secondary}.get(role, EPIC)
