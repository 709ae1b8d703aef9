"""Which powers are there, at which levels, and what they require."""

import re
from collections.abc import Iterator
from itertools import groupby

from calc.check.known import Known, names
from calc.conditions import compiled
from calc.facts import Context, Facts, word
from calc.owned import copies, counted_as, powersets
from calc.picks import (
    Granting,
    chosen_with_trunks,
    comes_by_itself,
    is_extra,
    lowest_level,
)
from calc.rulebook import Breach, a
from calc.schedule import MAX_PICKS, PICKS
from gamedata.catalogue import Power, PowerId, PowersetId
from gamedata.queries import role_of

# In conditions: powers and powersets, and what is denied of them.
_IDS = re.compile(r"\b[A-Z]\w*\.[\w:]+(?:\.[\w:'+-]+)?")
_NEGATED = re.compile(r"!\([^()]*\)|![\w.:'+-]+")


def powers(known: Known) -> Iterator[Breach]:
    build = known.build
    chosen = chosen_with_trunks(build)
    incarnate = frozenset(build.incarnates.values())
    granting = Granting(build, known.catalogue)
    for power_id in known.order:
        power = known.powers.get(power_id)
        if power is None:
            message = f"{power_id} is not in the game data in use."
            yield Breach("unknown_power", message, power_id)
        elif power_id in known.picks:
            if power.powerset not in chosen:
                yield _not_of_a_chosen_set(power, known)
        elif power_id in incarnate or is_extra(power):
            continue
        elif not comes_by_itself(build, power, known.catalogue, granting):
            message = f"{power.name} is granted by nothing that the character has."
            yield Breach("not_taken", message, power_id)


def _not_of_a_chosen_set(power: Power, known: Known) -> Breach:
    archetype = known.archetype
    if archetype and role_of(known.catalogue, archetype.id, power.powerset) is None:
        message = f"{power.name} is not for {a(archetype.name)}."
        return Breach("wrong_archetype", message, power.id)
    message = f"{power.name} is of a powerset that is not chosen."
    return Breach("powerset_not_chosen", message, power.id)


def pick_levels(known: Known) -> Iterator[Breach]:
    if len(known.picks) > MAX_PICKS:
        message = f"{len(known.picks)} powers are picked; {MAX_PICKS} are allowed."
        yield Breach("too_many_picks", message)
    at_level: dict[int, list[Power]] = {}
    for power_id, level in known.picks.items():
        power = known.powers[power_id]
        at_level.setdefault(level, []).append(power)
        if level not in PICKS:
            at = f"at level {level}" if level else "without a level"
            yield Breach("no_pick_at_level", f"{power.name} is picked {at}.", power_id)
        elif level < lowest_level(power):
            message = (
                f"{power.name} is picked at {level}, and is there from {lowest_level(power)} on."
            )
            yield Breach("too_early", message, power_id)
    for level, powers in at_level.items():
        if len(powers) > PICKS.get(level, len(powers)):
            message = f"At level {level}, {names(powers)} are picked."
            yield Breach("level_taken", message, powers[-1].id)
    first = [power.powerset.partition(".")[0] for power in at_level.get(1, ())]
    if (
        known.archetype
        and len(first) == 2
        and set(first)
        != {
            known.archetype.primary,
            known.archetype.secondary,
        }
    ):
        message = f"{names(at_level[1])} are not one primary and one secondary power."
        yield Breach("first_picks", message, at_level[1][-1].id)


def prerequisites(known: Known) -> Iterator[Breach]:
    """Level by level: what was picked at the same level counts, the power itself does not."""
    build, archetype = known.build, word(known.build.archetype)
    granted = [power_id for power_id in known.powers if power_id not in known.picks]
    counts = copies(granted, powersets(build))
    for level, group in groupby(known.picks, key=known.picks.__getitem__):  # these are by level
        picked = list(group)
        for power_id in picked:
            _add(counts, power_id)
        for power_id in picked:
            power = known.powers[power_id]
            if power.requires:
                _take(counts, power_id)  # its own requirement does not see it
                context = Context(Facts(archetype, max(level, 1), counts))
                if compiled(power.requires, "build").evaluate(context) in (False, 0):
                    yield Breach("prerequisite_missing", _missing(power, known), power_id)
                _add(counts, power_id)


def _add(counts: dict[str, int], power_id: str) -> None:
    for key in counted_as(power_id):
        counts[key] = counts.get(key, 0) + 1


def _take(counts: dict[str, int], power_id: str) -> None:
    for key in counted_as(power_id):
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _missing(power: Power, known: Known) -> str:
    level = known.picks[power.id]
    if _is_exclusion(power.requires):
        there = [name for name in _IDS.findall(power.requires) if _is_there(name, known)]
        return f"{power.name} cannot be had together with {_listed(there, known)}."
    others = _listed(_IDS.findall(power.requires), known)
    about = f" ({others})" if others else ""
    return f"What {power.name} requires does not hold at level {level}{about}."


def _is_exclusion(requires: str) -> bool:
    """Whether all that is asked for is that something is not there: !A, !(A || B), !A && !B."""
    return bool(_IDS.search(requires)) and not _IDS.search(_NEGATED.sub("", requires))


def _is_there(name: str, known: Known) -> bool:
    return name in known.powers or name in {*powersets(known.build)} or _is_some_of(name, known)


def _is_some_of(powerset: str, known: Known) -> bool:
    return any(power.startswith(f"{powerset}.") for power in known.powers)


def _listed(ids: list[str], known: Known) -> str:
    catalogue = known.catalogue
    named = (
        catalogue.powers.get(PowerId(name)) or catalogue.powersets.get(PowersetId(name))
        for name in ids
    )
    return ", ".join(dict.fromkeys(other.name for other in named if other is not None))
