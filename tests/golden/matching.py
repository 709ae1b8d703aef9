"""Effects of a power, ours against Mids', one to one.

Mids lists an effect for each situation in which it has another size, whether or not the situation
is there. Ours are those of one situation; so they are asked for in several.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from calc.build import Build
from calc.engine import Engine
from calc.figure_types import EffectFigure, Figures
from calc.switches import scenario_of
from gamedata.catalogue import PowerId
from tests.golden.mids import (
    OUR_STATES,
    STATES,
    MidsEffect,
    MidsPower,
    is_about,
    label,
    near,
)

USUAL = "usual"
PVP = "pvp"
SITUATIONS: dict[str, dict[str, Any]] = {
    USUAL: {},
    "minion": {"target_rank": "minion"},
    "engaged": {"combat": True},
    "held": {"target_held": True},
    PVP: {"pvp": True},
}

Found = Mapping[str, Mapping[PowerId, Figures]]
"""Figures by situation."""


class Matched(Struct):
    """What became of the effects of a power.

    timed, likely: how many of the matched were compared by duration and by chance, too. mine,
    theirs: what is left over, by label; ours in the usual situation and against players.
    """

    matched: int = 0
    timed: int = 0
    likely: int = 0
    nothing: int = 0
    states: int = 0
    mine: Counter[str] = Counter()
    theirs: Counter[str] = Counter()


def figures_of(engine: Engine, build: Build) -> dict[str, dict[PowerId, Figures]]:
    """A build's figures in every situation."""
    usual = scenario_of(build)
    return {
        name: engine.figures(
            structs.replace(
                build, scenarios={build.scenario: structs.replace(usual, **differences)}
            )
        )
        for name, differences in SITUATIONS.items()
    }


def everything(figures: Figures) -> list[EffectFigure]:
    """Of a power itself and of whom it summons."""
    pets = (power.effects for pet in figures.pets for power in pet.powers)
    return [*figures.effects, *(effect for effects in pets for effect in effects)]


def match(power: MidsPower, found: Found, relative: float) -> Matched:
    """Pair the effects of a power. Each is used once, but the base of all defenses for each type.

    In each situation for itself: an effect that is the same in two has a partner in both.
    """
    result = Matched(mine=Counter(), theirs=Counter())
    open_ = {
        name: [each for each in everything(figures[power.id]) if each.magnitude]
        for name, figures in found.items()
    }
    taken: dict[str, list[set[str]]] = {
        name: [set() for _ in effects] for name, effects in open_.items()
    }
    of_both: list[EffectFigure] = []
    for theirs in power.effects:
        if theirs.kind in STATES:
            result.states += 1
            continue
        if not theirs.magnitude:
            result.nothing += 1
            continue
        partners = {
            name: partner
            for name, effects in open_.items()
            if theirs.mode == "Any" or (theirs.mode == "PvP") == (name == PVP)
            if (partner := _partner(theirs, effects, taken[name], relative)) is not None
        }
        if theirs.definition is None and len(partners) > 1:
            partners.pop(PVP, None)  # what Mids adds it adds twice if players have their own
        if not partners:
            result.theirs[theirs.label] += 1
            continue
        for name, position in partners.items():
            taken[name][position].add(theirs.attribute)
        name, position = next(iter(partners.items()))
        ours = open_[name][position]
        if theirs.definition is None:
            of_both.append(ours)
        result.matched += 1
        result.timed += bool(theirs.duration_s and ours.duration_s)
        result.likely += theirs.chance is not None
    for name in (USUAL, PVP):
        for ours, uses in zip(open_[name], taken[name], strict=True):
            if not uses and ours not in of_both and ours.attribute not in OUR_STATES:
                result.mine[label(ours.attribute, ours.aspect)] += 1
    return result


def _partner(
    theirs: MidsEffect,
    effects: Sequence[EffectFigure],
    taken: Sequence[set[str]],
    relative: float,
) -> int | None:
    for position, (ours, uses) in enumerate(zip(effects, taken, strict=True)):
        if ours.attribute == theirs.attribute:
            is_free = not uses
        else:  # the base of all defenses, which Mids lists type by type
            is_free = theirs.attribute not in uses and ours.attribute not in uses
        if is_free and is_about(ours, theirs) and agree(ours, theirs, relative):
            return position
    return None


def agree(ours: EffectFigure, theirs: MidsEffect, relative: float) -> bool:
    """Magnitude; and duration, chance and number of ticks where both sides say one."""
    return (
        near(ours.magnitude, theirs.magnitude, relative)
        and (
            not ours.duration_s
            or not theirs.duration_s
            or near(ours.duration_s, theirs.duration_s, relative)
        )
        and (theirs.chance is None or near(ours.chance, theirs.chance, relative))
        and (theirs.ticks is None or ours.ticks == theirs.ticks)
    )


def added(results: Iterable[Matched]) -> dict[str, int]:
    """The counts, to be printed."""
    results = list(results)
    return {
        "matched": sum(each.matched for each in results),
        "by duration too": sum(each.timed for each in results),
        "by chance too": sum(each.likely for each in results),
        "left of Mids'": sum(each.theirs.total() for each in results),
        "left of ours": sum(each.mine.total() for each in results),
        "states": sum(each.states for each in results),
        "nothing": sum(each.nothing for each in results),
    }
