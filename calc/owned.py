"""Which powers a character has: the picks, and what comes without picking.

The document holds what a player chose. A power that the game issues by itself (inherent fitness,
the archetype's own powers, the forms that come with another power) is in it only when something
about it was chosen: slots, on or off, a count. Source: the design's `calc.md` §9, §14.2, §14.4.
"""

from collections.abc import Iterable, Iterator

from calc.build import Build, TakenPower
from calc.conditions import compiled
from calc.facts import Context, Facts, word
from gamedata.catalogue import Catalogue, CategoryId, Power, PowerId, PowersetId

INHERENT = CategoryId("Inherent")
_PLAIN = TakenPower()


def owned(build: Build, catalogue: Catalogue) -> dict[PowerId, TakenPower]:
    """Every power that the character has at the build's level, with what the document says of it.

    Picks first, by level and id, then the issued ones in the catalogue's order. Ids that the
    catalogue lacks are not in it.
    """
    powers: dict[PowerId, TakenPower] = {}
    picks = sorted(build.powers.items(), key=lambda item: (item[1].level or 99, item[0]))
    for power_id, taken in picks:
        if power_id in catalogue.powers:
            powers[PowerId(power_id)] = taken
    waiting = [
        power
        for power in issued(build, catalogue)
        if power.id not in powers and power.level <= build.level
    ]
    while waiting:  # one issued power can be the requirement of the next
        facts = Facts(word(build.archetype), build.level, copies(powers, powersets(build)))
        context = Context(facts)
        fitting = [power for power in waiting if compiled(power.requires, "build").holds(context)]
        powers.update((power.id, _PLAIN) for power in fitting)
        waiting = [power for power in waiting if power.id not in powers] if fitting else []
    return powers


def issued(build: Build, catalogue: Catalogue) -> Iterator[Power]:
    """The powers that the game may give this character by itself, if their `requires` holds."""
    inherent = catalogue.categories.get(INHERENT)
    sets = dict.fromkeys(inherent.powersets if inherent else ())
    sets.update(dict.fromkeys(powersets(build)))
    for taken_id in build.powers:
        power = catalogue.powers.get(PowerId(taken_id))
        if power is not None:
            sets[power.powerset] = None
    for set_id in sets:
        powerset = catalogue.powersets.get(set_id)
        for power_id in powerset.powers if powerset else ():
            power = catalogue.powers.get(power_id)
            if power is not None and power.auto_issue and power.requires != "0":
                yield power


def powersets(build: Build) -> Iterator[PowersetId]:
    """The chosen powersets, pools by id."""
    chosen = build.powersets
    pools = sorted(pool for pool, is_chosen in chosen.pools.items() if is_chosen)
    for powerset in (chosen.primary, chosen.secondary, *pools, chosen.epic):
        if powerset:
            yield PowersetId(powerset)


def copies(powers: Iterable[str], chosen: Iterable[str] = ()) -> dict[str, int]:
    """How many powers of an id, a powerset and a category are owned, by lower-case id.

    A chosen powerset counts as owned, even with no power of it taken yet.
    """
    counts: dict[str, int] = {}
    for power in powers:
        name = power.lower()
        category, _, rest = name.partition(".")
        powerset = f"{category}.{rest.partition('.')[0]}"
        for key in (name, powerset, category):
            counts[key] = counts.get(key, 0) + 1
    for powerset_id in chosen:
        counts.setdefault(powerset_id.lower(), 1)
    return counts
