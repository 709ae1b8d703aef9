"""One power: what it gives its caster, as worked out once and evaluated for each build.

A power is the unit of work. What it contributes depends on itself, its slots, how many targets or
stacks are assumed, the global strengths it listens to and the facts that its conditions read.
Source: the design's `calc.md` §4 to §6.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from calc.conditions import Condition
from calc.effects import Chances, Times, fitting_teammates, how_often
from calc.facts import Context, Reads
from calc.stats import NUMBER
from gamedata.catalogue import Power, PowerId

ENDURANCE_USE = NUMBER["endurance.use_per_second"]
_CERTAIN = 1.0 - 1e-9

Row = tuple[int, float, int]
"""A sum's number, a value in the stat's unit, and which of the power's strengths multiplies it
(an index, -1 for none).
"""
Contribution = tuple[int, float]
"""A sum's number and what is added to it."""


class Enhanceable(Struct, frozen=True, gc=False):
    """An attribute whose strength a power uses: where it comes from, between what it stays."""

    attribute: str
    by_slots: bool = True
    by_globals: bool = True
    minimum: float | None = None
    maximum: float | None = None

    def strength(self, slotted: float, strengths: Mapping[str, float]) -> float:
        """S of `calc.md` §6.1. slotted: what the slots come to, after ED."""
        value = 1.0
        if self.by_slots:
            value += slotted
        if self.by_globals:
            value += strengths.get(self.attribute, 0.0)
        if self.maximum is not None and value > self.maximum:
            return self.maximum
        if self.minimum is not None and value < self.minimum:
            return self.minimum
        return value


class Part(Struct, frozen=True, gc=False):
    """An effect that needs a look at the build: a condition, a chance, a count, an expression.

    attribute: what it changes. amount: its magnitude before strength, in the attribute's unit;
    an expression takes its place, and may read scale (the template's) and value (the table's).
    rows: their value is the factor to the stat's unit. until_s: seconds after its use when it is
    over, 0 for what stays. key: of all contributions with one key,
    attribute and sum only the strongest counts. reads_totals: it waits for the other totals.
    mode, tags, powers: what a mode, a chance modifier or a grant is about.
    """

    attribute: str = ""
    amount: float = 0.0
    rows: tuple[Row, ...] = ()
    expression: Condition | None = None
    scale: float = 0.0
    value: float = 0.0
    conditions: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    chances: Chances = ()
    times: Times = "once"
    limit: int = 0
    until_s: float = 0.0
    key: str = ""
    reads_totals: bool = False
    mode: str = ""
    tags: tuple[str, ...] = ()
    powers: tuple[PowerId, ...] = ()

    def reads(self) -> frozenset[Reads]:
        """What its conditions and its formula depend on."""
        formulas = (self.expression,) if self.expression else ()
        read = (each.reads for each in (*self.conditions, *self.unless, *formulas))
        when: frozenset[Reads] = frozenset({"situation"} if self.until_s else ())
        return when.union(*read)

    def multiplicity(self, count: int, context: Context, chances: Mapping[str, float]) -> int:
        """How often it counts, 0 when it does not. count: targets or stacks.

        chances: what modifiers add to the chance of effects with a tag.
        """
        times = how_often(self.times, count, self.limit)
        if self.until_s and context.facts.activated_s >= self.until_s:
            return 0
        if not times or (self.chances and not self._is_certain(chances)):
            return 0
        if self.times == "teammates":
            times = fitting_teammates(self.conditions, context)
        else:
            for condition in self.conditions:
                if not condition.holds(context):
                    return 0
        for condition in self.unless:
            if condition.holds(context):
                return 0
        return times

    def _is_certain(self, chances: Mapping[str, float]) -> bool:
        """What merely may happen is not added up (`calc.md` §5.2)."""
        return all(
            chance + sum(chances.get(tag, 0.0) for tag in tags) >= _CERTAIN
            for chance, tags in self.chances
        )

    def magnitude(self, context: Context, strength: float) -> float:
        """The magnitude with its strength, in the attribute's unit."""
        if self.expression is None:
            return self.amount * strength
        return self.expression.number(
            Context(
                context.facts,
                context.power,
                context.slotted_here,
                self.amount * strength,
                strength,
                self.scale,
                self.value,
            )
        )


class CompiledPower(Struct, frozen=True, gc=False):
    """What a power does for its caster at one archetype and level.

    enhanceable: the attributes whose strength the rows use; slotted: their names, and that of the
    endurance discount. always: rows that need no look at the
    build; parts: the others. strengthens: global strengths that need no look; strengthening: the
    others. upkeep: endurance per second while a toggle is on, before strength; discount: how it is
    strengthened. foes_execute: what those execute whom it hits; by_foes: such a power;
    around: how many foes at most, where its one target executes something on all around.
    counts_targets: a count means targets, else stacks. needed_modes, barred_by:
    modes without which, and with which, the power does nothing. reads_totals: some part does.
    reads: what its conditions and formulas depend on; brings_by: of these, what decides which
    modes, chances and powers come with it. listens: the attributes whose global strength changes
    what it gives; tags: those whose changed chances do. gives: it adds to some sum or strength.
    constant: what it adds to each sum, if that is the same in every build.
    """

    power: Power
    enhanceable: tuple[Enhanceable, ...] = ()
    slotted: tuple[str, ...] = ()
    always: tuple[Row, ...] = ()
    parts: tuple[Part, ...] = ()
    strengthens: tuple[tuple[str, float], ...] = ()
    strengthening: tuple[Part, ...] = ()
    modes: tuple[Part, ...] = ()
    chances: tuple[Part, ...] = ()
    grants: tuple[Part, ...] = ()
    executes: tuple[Part, ...] = ()
    foes_execute: tuple[Part, ...] = ()
    redirects: tuple[tuple[Condition, PowerId], ...] = ()
    upkeep: float = 0.0
    discount: Enhanceable = Enhanceable("EnduranceDiscount")
    by_foes: bool = False
    around: int = 0
    counts_targets: bool = False
    most_targets: Condition | None = None
    needed_modes: frozenset[str] = frozenset()
    barred_by: frozenset[str] = frozenset()
    reads_totals: bool = False
    reads: frozenset[Reads] = frozenset()
    brings_by: frozenset[Reads] = frozenset()
    listens: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    gives: bool = True
    constant: Mapping[int, tuple[float, ...]] | None = None

    @property
    def bringing(self) -> tuple[Part, ...]:
        """What brings other powers."""
        if not (self.grants or self.executes or self.foes_execute):
            return ()
        return *self.grants, *self.executes, *self.foes_execute


class Keyed(Struct, frozen=True, gc=False):
    """A contribution that competes with the others of its key and attribute."""

    key: str
    attribute: str
    sum: int
    value: float


def stronger(one: float, other: float) -> float:
    """The stronger of two numbers of which only one counts; of equal ones the larger."""
    return max(one, other, key=lambda value: (abs(value), value))


def global_strengths(
    power: CompiledPower, count: int, context: Context, chances: Mapping[str, float]
) -> Iterator[tuple[str, float, str]]:
    """The global strengths that depend on the build, never enhanced: attribute, value, key.

    Those that do not are the power's `strengthens`.
    """
    for part in power.strengthening:
        times = part.multiplicity(count, context, chances)
        if times:
            yield part.attribute, times * part.magnitude(context, 1.0), part.key


def contributions(
    power: CompiledPower,
    count: int,
    slotted: Sequence[float],
    strengths: Mapping[str, float],
    context: Context,
    chances: Mapping[str, float],
    *,
    reads_totals: bool = False,
) -> tuple[list[Contribution], list[Keyed]]:
    """What a power adds to the sums, and what competes by key before it is added.

    slotted: by position in `enhanceable`, what the slots come to after ED; at the end that of
    the endurance discount. reads_totals: whether to evaluate the parts that wait for the totals,
    or all the others.
    """
    strength = [
        enhanceable.strength(bonus, strengths)
        for enhanceable, bonus in zip(power.enhanceable, slotted, strict=False)
    ]
    strength.append(1.0)  # index -1
    added: list[Contribution] = []
    keyed: list[Keyed] = []
    if not reads_totals:
        added = [(number, value * strength[index]) for number, value, index in power.always]
        if power.upkeep:
            discount = power.discount.strength(slotted[-1], strengths)
            added.append((ENDURANCE_USE, power.upkeep / discount))
    for part in power.parts:
        if part.reads_totals is not reads_totals:
            continue
        times = part.multiplicity(count, context, chances)
        for number, factor, index in part.rows if times else ():
            value = times * factor * part.magnitude(context, strength[index])
            if part.key:
                keyed.append(Keyed(part.key, part.attribute, number, value))
            else:
                added.append((number, value))
    return added, keyed
