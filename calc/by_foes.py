"""What the foes whom a power hits execute in its turn: Fulcrum Shift, Heat Loss, Victory Rush.

The caster has a part in it where the executed power reaches him, as often as foes executed it:
all of them are assumed to be near enough. Source: the design's `calc.md` §8.
"""

from collections.abc import Iterator

from calc.effects import Effect, SelfEffect, aims, flatten, left_out, undecided, undecided_unless
from calc.facts import Context, Facts
from gamedata.catalogue import Catalogue, Power, PowerId, PowerParams

_FOE = "Foe"


def executed_by_foes(
    power: Power, archetype: str, level: int, *, pvp: bool = False, combat: bool = False
) -> Iterator[SelfEffect]:
    """The effects by which foes who are hit execute other powers.

    Parameters: `calc.effects.felt_by_caster`.
    """
    fixed = Context(Facts(archetype, level, pvp=pvp, combat=combat), power)
    for effect in flatten(power):
        if not _executes(effect, power) or left_out(effect, power, pvp=pvp, combat=combat):
            continue
        conditions = undecided(effect.conditions, "foe", fixed)
        unless = undecided_unless(effect.unless, "foe", fixed)
        if conditions is not None and unless is not None:
            yield SelfEffect(effect, "foe", "any", 0, conditions, unless)


def executions(power: Power, executed: Power, count: int) -> int:
    """Of how many foes a power is told that others execute; count: of how many its cause is told.

    A power on one foe may have him execute one that hits those around (Fulcrum Shift's weakening,
    which each of them answers with strength for the caster): then the number is of those.
    """
    if _hits_several(executed):
        return count
    if not _hits_several(power):
        return min(count, 1)
    return min(count, power.max_targets) if power.max_targets else count


def widest(power: Power, catalogue: Catalogue) -> Power:
    """The power that says how many foes count: itself, or one around its only target, if those
    whom that one hits do something for the caster."""
    for executed in _executed(power, catalogue):
        gives = any(
            any(True for _ in aims(effect, each, by_foes=True))
            for each in _executed(executed, catalogue)
            for effect in flatten(each)
        )
        if gives and _hits_several(executed) and not _hits_several(power):
            return executed
    return power


def _executed(power: Power, catalogue: Catalogue) -> list[Power]:
    ids = (each for effect in flatten(power) for each in _executes(effect, power))
    return [catalogue.powers[each] for each in ids if each in catalogue.powers]


def _executes(effect: Effect, power: Power) -> tuple[PowerId, ...]:
    """Which powers an effect has the foes execute whom its power hits."""
    template = effect.template
    if "Execute_Power" not in template.attributes or not isinstance(template.params, PowerParams):
        return ()
    if not template.target.startswith("AnyAffected") or "Self" in power.targets_affected:
        return ()
    return template.params.powers if _hits_foes(power) else ()


def _hits_several(power: Power) -> bool:
    return _hits_foes(power) and (power.max_targets > 0 or bool(power.max_targets_expression))


def _hits_foes(power: Power) -> bool:
    return any(_FOE in target for target in power.targets_affected)
