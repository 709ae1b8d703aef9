"""One power that counts in a build: itself, or what stands for it, and what it is read in."""

from collections.abc import Sequence

from msgspec import Struct, structs

from calc.facts import Context, Facts
from calc.frame import Frame, Slots
from calc.powers import CompiledPower
from calc.situation import Tally
from calc.stats import NUMBER
from gamedata.catalogue import PowerId

MAX_DEPTH = 4  # how far powers that bring powers are followed
_HEALTH = NUMBER["health.max"]
_TO_HIT = NUMBER["offense.to_hit"]


class Active(Struct, frozen=True, gc=False):
    """A power that counts, with what it is evaluated in.

    count: targets or stacks. slotted: what its slots come to (`Frame.slotted`). taken: as which
    power of the build it is had; a redirect runs another instead. brought_by: the power that
    granted or executed it. owner: the power whose slots it has; slots: empty if the pieces in
    them are already in another power.
    """

    power: CompiledPower
    count: int
    slots: Slots
    slotted: tuple[float, ...]
    context: Context
    taken: PowerId = PowerId("")
    brought_by: PowerId = PowerId("")
    owner: str = ""

    @property
    def key(self) -> str:
        """Its name among all that counts in a build."""
        return f"{self.brought_by} > {self.taken}" if self.brought_by else self.taken


def active_as(
    power: PowerId,
    count: int,
    slots: Slots,
    facts: Facts,
    frame: Frame,
    boosts: tuple[PowerId, ...] = (),
    *,
    owner: str | None = None,
    by_foes: bool = False,
) -> Active:
    """A power, or the one that stands for it now; slots and count are the power's own.

    by_foes: foes execute it whom another power hit.
    """
    found = frame.executed_by_foes(power) if by_foes else standing_in(power, facts, frame)
    context = Context(facts, found.power)
    slotted = frame.slotted(found.power.id, slots, boosts)
    if "slotted" in found.reads:
        context = Context(facts, found.power, Tally((slots,)))
    most = limited(found, count, context)
    owner = power if owner is None else owner
    return Active(found, most, slots, slotted, context, power, owner=owner)


def slotted_anew(active: Active, slots: Slots, boosts: tuple[PowerId, ...], frame: Frame) -> Active:
    """The same power with other slots."""
    return structs.replace(
        active,
        slots=() if active.brought_by else slots,
        slotted=frame.slotted(active.power.power.id, slots, boosts),
    )


def standing_in(power: PowerId, facts: Facts, frame: Frame) -> CompiledPower:
    """The power that is used when a power is: itself, or what it redirects to now."""
    found = frame.power(power)
    if not found.redirects:
        return found
    for _ in range(MAX_DEPTH):
        context = Context(facts, found.power)
        instead = next(
            (other for condition, other in found.redirects if condition.holds(context)), None
        )
        if instead is None or instead not in frame.catalogue.powers:
            break
        found = frame.power(instead)
    return found


def limited(power: CompiledPower, count: int, context: Context) -> int:
    """How many targets a power can have at most; one that has one target has it when it is on."""
    if power.around:
        return max(1, min(count, power.around))
    if not power.counts_targets:
        return count
    if power.most_targets is not None:
        return min(count, int(power.most_targets.number(context)))
    most = power.power.max_targets
    return min(count, most) if most > 0 else 1


def knowing(sums: Sequence[float], context: Context, frame: Frame) -> Context:
    """The context of an effect that reads the totals of everything else."""
    return structs.replace(context, facts=with_totals(sums, context.facts, frame))


def with_totals(sums: Sequence[float], facts: Facts, frame: Frame) -> Facts:
    """The facts with what of the totals of everything else is read."""
    health, cap = sums[_HEALTH], frame.limits.caps[_HEALTH]
    return structs.replace(
        facts,
        maximum_hit_points=health if cap is None else min(health, cap),
        to_hit=frame.base_to_hit + sums[_TO_HIT],
    )
