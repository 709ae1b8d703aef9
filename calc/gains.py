"""What a boost set gives its owner, stat by stat: for who looks for a set."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from calc.conditions import compiled
from calc.engine import add_up
from calc.facts import Context, Facts
from calc.frame import Frame
from calc.powers import Contribution, Keyed, contributions
from calc.stats import STATS, StatKey
from calc.totals import numbers
from gamedata.catalogue import BoostSet, EnhancementId, PowerId, SetBonus

_UNSLOTTED = (0.0,)


class Gain(Struct, frozen=True, gc=False):
    """A row of a set. pieces: how many in one power give it. values: what it adds before caps, in
    the stat's unit. pvp: only against players. enhancement: the piece that it is bound to."""

    pieces: int
    values: Mapping[StatKey, float]
    pvp: bool = False
    enhancement: str = ""


def gains(boost_set: BoostSet, frame: Frame) -> Iterator[Gain]:
    """What each row of a set adds to a character of the frame who has nothing else."""
    for bonus in boost_set.bonuses:
        values = _values(bonus, frame)
        if values:
            piece = _bound_to(bonus, boost_set) if bonus.requires else ""
            yield Gain(bonus.min_pieces, values, bonus.pvp, piece)


def _values(bonus: SetBonus, frame: Frame) -> dict[StatKey, float]:
    facts = Facts(level=frame.level, pvp=frame.pvp)
    known = (power for power in bonus.powers if power in frame.catalogue.powers)
    before, _ = numbers(add_up((), frame), frame.limits)
    after, _ = numbers(add_up((_added(each, facts, frame) for each in known), frame), frame.limits)
    return {
        stat.key: new - old
        for stat, new, old in zip(STATS, after, before, strict=True)
        if new != old
    }


def _added(power: PowerId, facts: Facts, frame: Frame) -> tuple[list[Contribution], list[Keyed]]:
    compiled_power = frame.bonus(power)
    context = Context(facts, compiled_power.power)
    return contributions(compiled_power, 1, _UNSLOTTED, {}, context, {})


def _bound_to(bonus: SetBonus, boost_set: BoostSet) -> EnhancementId | str:
    """The piece that a row of a single piece names."""
    condition = compiled(bonus.requires)
    for forms in boost_set.pieces:
        for form in forms:
            if condition.holds(Context(Facts(), slotted_here={form.lower(): 1})):
                return form
    return ""
