"""States: what attacks leave on oneself and on foes, as powers and modes of the game's.

Combo Level, Tidal Power and Blood Frenzy are powers that one has for a while; Disintegrating and
Contaminated are such powers of the foe's; Attuned and Wet are modes that a power sets on the foe.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from calc.effects import flatten
from gamedata.catalogue import Catalogue, Power, PowerId

STATES = ("Temporary_Powers.Temporary_Powers.", "Redirects.")
_COUNTERS = ("Temporary_Powers.", "Redirects.")  # some count something by their copies
_LEVEL = re.compile(r"(.+)_Level_(\d+)")


def is_state(power: Power) -> bool:
    """Whether a power is a state that others put one in, and is had as long as it is on."""
    return power.type == "Auto" and not power.auto_issue and power.id.startswith(STATES)


def is_counted(power: str) -> bool:
    """Whether conditions may count what a power's count says."""
    return power.startswith(_COUNTERS)


@lru_cache(maxsize=8192)
def level_of(state: str) -> tuple[str, int]:
    """The name of a state that has levels, without its level, and that; 0 for one without."""
    found = _LEVEL.fullmatch(state)
    return (found[1], int(found[2])) if found else (state, 0)


def outdone(states: Iterable[PowerId]) -> list[PowerId]:
    """Of states that one is said to be in, those of which one is in a higher level too."""
    highest: dict[str, int] = {}
    levelled = [(state, *level_of(state)) for state in states]
    for _, name, level in levelled:
        highest[name] = max(level, highest.get(name, 0))
    return [state for state, name, level in levelled if level < highest[name]]


def modes_on_foes(power: Power) -> frozenset[str]:
    """The modes that a power sets on the foes whom it hits, lower case."""
    if not any("Foe" in target for target in power.targets_affected):
        return frozenset()
    return frozenset(
        effect.template.mode.lower()
        for effect in flatten(power)
        if "Set_Mode" in effect.template.attributes
        and effect.template.target.startswith("AnyAffected")
    )


def modes_of_foe(powers: Iterable[str], catalogue: Catalogue) -> frozenset[str]:
    """The modes that a foe is in on whom these powers were used."""
    known = (catalogue.powers.get(PowerId(power)) for power in powers)
    return frozenset().union(*(modes_on_foes(power) for power in known if power is not None))
