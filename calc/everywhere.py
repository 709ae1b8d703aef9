"""What happens with every attack: procs that a power, a form or an incarnate gives to all others.

They are powers of the type `Global Enhancement`, granted like Alpha's, and work in each power that
takes an enhancement of one of their types: the poison of Offensive Adaptation, Interface, Gauntlet.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from calc.changes import differing
from calc.running import Running
from gamedata.catalogue import Catalogue, EffectGroup, Power, PowerId

TYPE = "Global Enhancement"


def everywhere(state: Running, catalogue: Catalogue) -> tuple[PowerId, ...]:
    """The procs that work in all of a build's powers, each once; without what only enhances."""
    return tuple(
        power for power in dict.fromkeys(_given(state, catalogue)) if power not in state.boosts
    )


def everywhere_after(
    before: tuple[PowerId, ...], old: Running, state: Running, catalogue: Catalogue
) -> tuple[PowerId, ...]:
    """The same after an edit; before: those of the old state. Seldom has it to do with these."""
    if state.set_bonuses is old.set_bonuses and state.boosts == old.boosts:
        lost, won = differing(old.powers, state.powers)
        if not any(each.power.grants or each.power.power.type == TYPE for each in (*lost, *won)):
            return before
    return everywhere(state, catalogue)


def _given(state: Running, catalogue: Catalogue) -> Iterator[PowerId]:
    powers = catalogue.powers
    for active in state.powers:
        if active.power.power.type == TYPE:
            yield active.power.power.id
        for part in active.power.grants:
            for power in part.powers:
                granted = powers.get(power)
                if (
                    granted is not None
                    and granted.type == TYPE
                    and part.multiplicity(active.count, active.context, {})
                ):
                    yield power
    for bonus in state.bonuses:
        found = powers.get(bonus)
        if found is not None and found.type == TYPE:
            yield bonus


class Happening(Struct, frozen=True, gc=False):
    """What a proc does, whatever power it happens in: its effects without what enhances, which
    slots and boosts are asked for."""

    proc: Power
    effects: tuple[EffectGroup, ...]
    activation_effects: tuple[EffectGroup, ...]


def happening(proc: Power) -> Happening:
    once = _besides_boosts(proc.activation_effects)
    return Happening(proc, _besides_boosts(proc.effects), once)


def in_host(happens: Happening, host: Power) -> Power | None:
    """A proc as what happens when another power is used; None where it does not.

    Its formulas ask for the other's times and reach.
    """
    if not happens.effects and not happens.activation_effects:
        return None
    if not any(kind in host.enhancement_types for kind in happens.proc.enhancement_types):
        return None
    return structs.replace(
        host,
        effects=happens.effects,
        activation_effects=happens.activation_effects,
        redirects=(),
    )


def _besides_boosts(groups: Sequence[EffectGroup]) -> tuple[EffectGroup, ...]:
    found = []
    for group in groups:
        templates = tuple(each for each in group.templates if "Boost" not in each.flags)
        children = _besides_boosts(group.children)
        if templates or children:
            found.append(structs.replace(group, templates=templates, children=children))
    return tuple(found)
