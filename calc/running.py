"""What of a build is running: which powers count, what they set off, and the facts that follow.

Source: the design's `calc.md` §5.1, §5.2, §8, §9.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import UNSET, Struct, structs

from calc import bonuses, defaults
from calc.accolades import PAIRS
from calc.build import Build, PowerCondition, Scenario, TakenPower
from calc.facts import Context, Facts
from calc.frame import Frame, Slots
from calc.owned import STATES, is_state, owned
from calc.powers import CompiledPower
from calc.situation import Tally, facts_of
from calc.stances import resting
from calc.stats import NUMBER
from calc.tables import limit
from gamedata.catalogue import Power, PowerId

MAX_DEPTH = 4  # how far powers that bring powers are followed
_AS_BUILT = PowerCondition()
_PLAIN = TakenPower()
_NOTHING = Scenario()
_UNSLOTTED = (0.0,)
_HEALTH = NUMBER["health.max"]
_TO_HIT = NUMBER["offense.to_hit"]
LEVELS_ABOVE = 5  # how far above the level played at a power may have been picked
INCARNATE_LEVEL = 45  # below it, incarnate powers rest


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


class Running(Struct, frozen=True, gc=False):
    """Everything in a build that counts, in a fixed order.

    slots: what sits in each power, counting or not. set_bonuses: what they give, by power, before
    the rule of five. chances: by tag, what modifiers add to the chance of its effects. boosts: the
    powers that enhance all others. reads_slots: some condition looks at what is slotted.
    """

    powers: Sequence[Active]
    slots: Mapping[PowerId, Slots]
    set_bonuses: Mapping[PowerId, tuple[PowerId, ...]]
    facts: Facts
    chances: Mapping[str, float]
    boosts: tuple[PowerId, ...] = ()

    reads_slots: bool = False

    @property
    def bonuses(self) -> tuple[PowerId, ...]:
        """The set bonuses that the slots give, before the rule of five."""
        return tuple(chain.from_iterable(self.set_bonuses.values()))


def running(build: Build, frame: Frame) -> Running:
    """What counts in a build's totals, in its own scenario."""
    scenario = scenario_of(build)
    had = _had(build, scenario, frame)
    slots = {power: _slots(taken, build.level, frame) for power, taken in had.items()}
    facts = facts_of(build, scenario, had, slots, frame)
    incarnates = list(_incarnates(build, scenario, facts, frame))
    boosts = tuple(boost for active in incarnates for boost in _boosts(active, frame))
    on = {power: taken for power, taken in had.items() if is_on(power, taken, scenario, frame)}
    rests = resting(on, scenario, frame.catalogue)
    powers = [
        _active(power, count_of(power, taken, scenario, frame), slots[power], facts, frame, boosts)
        for power, taken in on.items()
        if power not in rests
    ]
    powers.extend(
        _active(power, 1, (), facts, frame) for power in _accolades(build, scenario, frame)
    )
    powers = _with_brought([*powers, *incarnates], slots, facts, frame, boosts)
    powers, facts = _in_modes(powers, facts)
    set_bonuses = _set_bonuses(slots, frame)
    return Running(
        powers,
        slots,
        set_bonuses,
        facts,
        _chances([*powers, *_changing_chances(set_bonuses, facts, frame)]),
        boosts,
        any("slotted" in active.power.reads for active in powers),
    )


def with_slots(
    state: Running, build: Build, changed: Collection[str], frame: Frame
) -> Running | None:
    """The same with other slots in some powers, of which nothing else changed.

    None when more than that can follow, since a condition somewhere reads what is slotted or a set
    bonus changes chances.
    """
    if state.reads_slots:
        return None
    slots = dict(state.slots)
    set_bonuses = dict(state.set_bonuses)
    slotted_anew = {PowerId(power) for power in changed if power in slots}
    for power_id in slotted_anew:
        placed = _slots(build.powers[power_id], build.level, frame)
        slots[power_id] = placed
        given = frame.set_bonuses(placed) if placed else ()
        before = set_bonuses.get(power_id, ())
        if given != before and any(frame.bonus(each).chances for each in (*before, *given)):
            return None
        if given:
            set_bonuses[power_id] = given
        else:
            set_bonuses.pop(power_id, None)
    return structs.replace(
        state,
        powers=[
            _slotted_anew(active, slots[PowerId(active.owner)], state.boosts, frame)
            if active.owner in slotted_anew
            else active
            for active in state.powers
        ],
        slots=slots,
        set_bonuses=set_bonuses,
        facts=structs.replace(state.facts, slotted=Tally(slots.values())),
    )


def _slotted_anew(
    active: Active, slots: Slots, boosts: tuple[PowerId, ...], frame: Frame
) -> Active:
    return structs.replace(
        active,
        slots=() if active.brought_by else slots,
        slotted=frame.slotted(active.power.power.id, slots, boosts),
    )


def _had(build: Build, scenario: Scenario, frame: Frame) -> dict[PowerId, TakenPower]:
    """The powers that one has at the level one plays at; incarnates and accolades apart.

    With the states that one is in: a scenario may say so, whatever the build has.
    """
    powers = frame.catalogue.powers
    available = min(build.level, frame.level + LEVELS_ABOVE)
    apart = {*build.incarnates.values(), *build.accolades}
    had = {
        power: taken
        for power, taken in owned(build, frame.catalogue, frame.issuing).items()
        if (taken.level or powers[power].level) <= available and power not in apart
    }
    for state in _states(build.powers, frame):
        if state in had and not is_on(state, had[state], scenario, frame):
            del had[state]
    for state in _states(scenario.powers, frame):
        if state not in had and scenario.powers[state].on is True:
            had[state] = _PLAIN
    return had


def _states(powers: Iterable[str], frame: Frame) -> list[PowerId]:
    """Those of some powers that are states which others put one in."""
    known = frame.catalogue.powers
    states = [PowerId(power) for power in powers if power.startswith(STATES)]
    return sorted(state for state in states if state in known and is_state(known[state]))


def _set_bonuses(
    slots: Mapping[PowerId, Slots], frame: Frame
) -> dict[PowerId, tuple[PowerId, ...]]:
    """The bonuses that each power's slots give."""
    return {
        power: given
        for power, placed in slots.items()
        if placed and (given := frame.set_bonuses(placed))
    }


def scenario_of(build: Build) -> Scenario:
    """The scenario that a build is read in; one that is not there has nothing happening."""
    return build.scenarios.get(build.scenario, _NOTHING)


def combat_level(build: Build, scenario: Scenario) -> int:
    """The level of every table: one's own, or the lower one that one plays at."""
    return min(build.level, scenario.exemplar or build.level)


def _slots(taken: TakenPower, level: int, frame: Frame) -> Slots:
    """The enhancements in a power's slots, as far as the catalogue knows them, by slot id."""
    if not taken.slots:
        return ()
    return tuple(
        slot.enhancement
        for _, slot in sorted(taken.slots.items())
        if slot.enhancement is not UNSET
        and slot.level <= level
        and slot.enhancement.id in frame.catalogue.enhancements
    )


def is_on(power: PowerId, taken: TakenPower, scenario: Scenario, frame: Frame) -> bool:
    condition = scenario.powers.get(power, _AS_BUILT)
    if condition.on is not UNSET:
        return condition.on
    if taken.on is not UNSET:
        return taken.on
    return defaults.on(frame.catalogue.powers[power])


def count_of(power: PowerId, taken: TakenPower, scenario: Scenario, frame: Frame) -> int:
    condition = scenario.powers.get(power, _AS_BUILT)
    if condition.count is not UNSET:
        return condition.count
    if taken.count is not UNSET:
        return taken.count
    return _default_count(frame.catalogue.powers[power], scenario)


def _default_count(power: Power, scenario: Scenario) -> int:
    """What nobody has chosen: the targets in range, or one stack."""
    match "stacks" if is_state(power) else defaults.targets(power):
        case "foes":
            return scenario.foes
        case "allies":
            return scenario.allies
        case _:
            return 1


def _accolades(build: Build, scenario: Scenario, frame: Frame) -> Iterable[PowerId]:
    """Each once; what fills an incarnate slot is that, also in a document that breaks rules."""
    has = set()
    for power, counts in build.accolades.items():
        if power in build.incarnates.values():
            continue
        here = scenario.powers.get(power, _AS_BUILT).on
        if counts if here is UNSET else here:
            has.add(power)
    for power in sorted(has):
        if power in frame.catalogue.powers and PAIRS.get(power) not in has:
            yield PowerId(power)


def _incarnates(build: Build, scenario: Scenario, facts: Facts, frame: Frame) -> Iterable[Active]:
    """The powers in the incarnate slots: what they do at all times, and what while they are on."""
    if frame.level < min(build.level, INCARNATE_LEVEL):
        return
    for incarnate in dict.fromkeys(power for _, power in sorted(build.incarnates.items())):
        power = PowerId(incarnate)
        if power not in frame.catalogue.powers:
            continue
        taken = build.powers.get(incarnate, _PLAIN)
        if is_on(power, taken, scenario, frame):
            count = count_of(power, taken, scenario, frame)
            yield _active(power, count, (), facts, frame)
        else:
            idle = frame.idle(power)
            context = Context(facts, idle.power)
            yield Active(idle, 1, (), _UNSLOTTED, context, power)


def _boosts(active: Active, frame: Frame) -> Iterable[PowerId]:
    """The enhancements for all powers that a power grants."""
    for part in active.power.grants:
        if part.multiplicity(active.count, active.context, {}):
            for power in part.powers:
                if power in frame.catalogue.powers and frame.boost(power):
                    yield power


def _active(
    power: PowerId,
    count: int,
    slots: Slots,
    facts: Facts,
    frame: Frame,
    boosts: tuple[PowerId, ...] = (),
    *,
    owner: str | None = None,
) -> Active:
    """A power, or the one that stands for it now; slots and count are the power's own."""
    found = standing_in(power, facts, frame)
    context = Context(facts, found.power)
    slotted = frame.slotted(found.power.id, slots, boosts)
    if "slotted" in found.reads:
        context = Context(facts, found.power, Tally((slots,)))
    most = limited(found, count, context)
    owner = power if owner is None else owner
    return Active(found, most, slots, slotted, context, power, owner=owner)


def standing_in(power: PowerId, facts: Facts, frame: Frame) -> CompiledPower:
    """The power that is used when a power is: itself, or what it redirects to now."""
    found = frame.power(power)
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
    if not power.counts_targets:
        return count
    if power.most_targets is not None:
        return min(count, int(power.most_targets.number(context)))
    most = power.power.max_targets
    return min(count, most) if most > 0 else 1


def _with_brought(
    powers: list[Active],
    slots: Mapping[PowerId, Slots],
    facts: Facts,
    frame: Frame,
    boosts: tuple[PowerId, ...],
) -> list[Active]:
    """The powers, and those that they grant (autos) or execute (clicks), and so on.

    A granted power has no slots; an executed one has the slots and the count of who executes it.
    """
    known = {active.power.power.id for active in powers}
    everything, newest = list(powers), powers
    for _ in range(MAX_DEPTH):
        brought = []
        for active in newest:
            for power, count, owner in _brings(active, frame):
                if power not in known:
                    known.add(power)
                    found = _active(
                        power,
                        count,
                        slots.get(PowerId(owner), ()),
                        facts,
                        frame,
                        boosts,
                        owner=owner,
                    )
                    # The pieces in the slots are in the caller: they give what is theirs once.
                    brought.append(structs.replace(found, slots=(), brought_by=active.taken))
        if not brought:
            break
        everything.extend(brought)
        newest = brought
    return everything


def _brings(active: Active, frame: Frame) -> Iterable[tuple[PowerId, int, str]]:
    """The powers that one brings, with their count, and whose slots they have."""
    for part in active.power.grants:
        if part.multiplicity(active.count, active.context, {}):
            for power in part.powers:
                granted = frame.catalogue.powers.get(power)
                if granted is not None and granted.type == "Auto":
                    yield power, 1, ""
    for part in active.power.executes:
        if part.multiplicity(active.count, active.context, {}):
            for power in part.powers:
                if power in frame.catalogue.powers:
                    yield power, active.count, active.owner


def _in_modes(powers: list[Active], facts: Facts) -> tuple[list[Active], Facts]:
    """The powers that the modes leave running, each with the modes that it sees.

    A power does not see a mode that it alone sets. Of two that bar each other the first stays.
    """
    modes = _modes_of(powers)
    setting = [index for index, own in enumerate(modes) if own]
    if not setting:
        return [active for active in powers if not active.power.needed_modes], facts
    anywhere = frozenset().union(*modes)
    standing = [
        active
        for index, active in enumerate(powers)
        if active.power.needed_modes <= anywhere
        and not any(_bars(other, index, powers, modes) for other in setting)
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
    return seen, everywhere


def _modes_of(powers: Sequence[Active]) -> list[frozenset[str]]:
    """The modes that each power sets; some only in a mode of others: combinations of attacks."""
    modes = [_modes(active, active.context) for active in powers]
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


def _changing_chances(
    set_bonuses: Mapping[PowerId, tuple[PowerId, ...]], facts: Facts, frame: Frame
) -> Iterator[Active]:
    """The set bonuses that change chances, as often as they count."""
    given = [
        each
        for bonuses_ in set_bonuses.values()
        for each in bonuses_
        if each in frame.catalogue.powers and frame.bonus(each).chances
    ]
    for bonus, times in bonuses.counted(given, frame.catalogue).items():
        power = frame.bonus(bonus)
        for _ in range(times):
            yield Active(power, 1, (), _UNSLOTTED, Context(facts, power.power))


def _chances(powers: Iterable[Active]) -> dict[str, float]:
    by_tag: dict[str, list[float]] = {}
    for active in powers:
        for part in active.power.chances:
            times = part.multiplicity(active.count, active.context, {})
            for tag in part.tags if times else ():
                by_tag.setdefault(tag, []).append(times * part.magnitude(active.context, 1.0))
    return {tag: math.fsum(values) for tag, values in by_tag.items()}


def knowing(sums: Sequence[float], context: Context, frame: Frame) -> Context:
    """The context of an effect that reads the totals of everything else."""
    health, cap = sums[_HEALTH], frame.limits.caps[_HEALTH]
    base_to_hit = limit(frame.archetype, "base.to_hit", frame.level) or 0.0
    facts = structs.replace(
        context.facts,
        maximum_hit_points=health if cap is None else min(health, cap),
        to_hit=base_to_hit + sums[_TO_HIT],
    )
    return structs.replace(context, facts=facts)
