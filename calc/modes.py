"""Which powers the modes leave running that other powers set. Source: the design's `calc.md` §9."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from msgspec import structs

from calc.active import MAX_DEPTH, Active
from calc.facts import Context, Facts

_NO_MODES: frozenset[str] = frozenset()


def in_modes(powers: list[Active], facts: Facts) -> tuple[list[Active], Facts, frozenset[str]]:
    """The powers that the modes leave running, each with the modes that it sees; and all the modes
    that some power sets, running or not.

    A power does not see a mode that it alone sets. Of two that bar each other the first stays.
    """
    modes = _modes_of(powers)
    setting = [index for index, own in enumerate(modes) if own]
    if not setting:
        return [active for active in powers if not active.power.needed_modes], facts, _NO_MODES
    anywhere = frozenset().union(*modes)
    standing = [
        active
        for index, active in enumerate(powers)
        if active.power.needed_modes <= anywhere
        and not (
            active.power.barred_by and any(_bars(other, index, powers, modes) for other in setting)
        )
    ]
    modes = _modes_of(standing)
    setters = Counter(mode for own in modes for mode in own)
    everywhere = structs.replace(facts, modes=frozenset(setters))
    seen = []
    for active, own in zip(standing, modes, strict=True):
        if "modes" not in active.power.reads:
            seen.append(active)
            continue
        visible = everywhere
        if own:
            others = frozenset(mode for mode in setters if setters[mode] > (mode in own))
            visible = structs.replace(facts, modes=others)
        seen.append(structs.replace(active, context=structs.replace(active.context, facts=visible)))
    return seen, everywhere, anywhere


def seeing(active: Active, facts: Facts) -> Active:
    """A power that sets no mode, as it is with those that others set. facts: with these."""
    if "modes" not in active.power.reads or active.context.facts is facts:
        return active
    return structs.replace(active, context=structs.replace(active.context, facts=facts))


def _modes_of(powers: Sequence[Active]) -> list[frozenset[str]]:
    """The modes that each power sets; some only in a mode of others: combinations of attacks."""
    modes = [
        _modes(active, active.context) if active.power.modes else _NO_MODES for active in powers
    ]
    reading = [
        index
        for index, active in enumerate(powers)
        if active.power.modes and "modes" in active.power.brings_by
    ]
    for _ in range(MAX_DEPTH if reading else 0):
        before = list(modes)
        for index in reading:
            others = frozenset(chain(*before[:index], *before[index + 1 :]))
            context = powers[index].context
            facts = structs.replace(context.facts, modes=others)
            modes[index] = _modes(powers[index], structs.replace(context, facts=facts))
        if modes == before:
            break
    return modes


def _modes(active: Active, context: Context) -> frozenset[str]:
    return frozenset(
        part.mode for part in active.power.modes if part.multiplicity(active.count, context, {})
    )


def _bars(one: int, other: int, powers: list[Active], modes: list[frozenset[str]]) -> bool:
    """Whether the modes of one power keep the other from running."""
    if one == other or powers[other].power.barred_by.isdisjoint(modes[one]):
        return False
    is_mutual = not powers[one].power.barred_by.isdisjoint(modes[other])
    return not is_mutual or one < other
