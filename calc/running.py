"""What of a build is running: which powers count, what they set off, and the facts that follow.

Source: the design's `calc.md` §5.1, §5.2, §8, §9.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import UNSET, Struct, structs

from calc import bonuses
from calc.accolades import PAIRS
from calc.active import MAX_DEPTH, Active, active_as, slotted_anew
from calc.build import Build, PowerCondition, Scenario, TakenPower
from calc.by_foes import executions
from calc.changes import Changes
from calc.facts import Context, Facts
from calc.frame import Frame, Slots
from calc.having import had_by, set_bonuses_of, slots_of
from calc.modes import in_modes, seeing
from calc.owned import powersets
from calc.situation import Tally, facts_of
from calc.stances import can_exclude, resting
from calc.states import is_counted
from calc.switches import count_of, is_on, scenario_of
from gamedata.catalogue import PowerId

_AS_BUILT = PowerCondition()
_PLAIN = TakenPower()
_UNSLOTTED = (0.0,)
_NOBODY: Mapping[PowerId, Active] = {}
_NO_FACTS = Facts()
INCARNATE_LEVEL = 45  # below it, incarnate powers rest


class Running(Struct, frozen=True, gc=False):
    """Everything in a build that counts, in a fixed order.

    slots: what sits in each power, counting or not. set_bonuses: what they give, by power, before
    the rule of five. chances: by tag, what modifiers add to the chance of its effects. boosts: the
    powers that enhance all others. reads_slots: some condition looks at what is slotted.

    had: the powers that one has, with what the document says of them. chosen: those that were
    switched on, before others barred any or came with them, read with facts_without_modes.
    modes: those that any of these sets, running or not.
    """

    powers: Sequence[Active]
    slots: Mapping[PowerId, Slots]
    set_bonuses: Mapping[PowerId, tuple[PowerId, ...]]
    facts: Facts
    chances: Mapping[str, float]
    boosts: tuple[PowerId, ...] = ()
    reads_slots: bool = False
    had: Mapping[PowerId, TakenPower] = {}
    chosen: Mapping[PowerId, Active] = {}
    facts_without_modes: Facts = _NO_FACTS
    modes: frozenset[str] = frozenset()

    @property
    def bonuses(self) -> tuple[PowerId, ...]:
        """The set bonuses that the slots give, before the rule of five."""
        return tuple(chain.from_iterable(self.set_bonuses.values()))


def running(build: Build, frame: Frame) -> Running:
    """What counts in a build's totals, in its own scenario."""
    scenario = scenario_of(build)
    had, counts = had_by(build, scenario, frame)
    slots = {power: slots_of(taken, build.level, frame) for power, taken in had.items()}
    facts = facts_of(build, scenario, had, counts, slots, frame)
    return _running(build, had, slots, set_bonuses_of(slots, frame), facts, frame)


def _running(
    build: Build,
    had: Mapping[PowerId, TakenPower],
    slots: Mapping[PowerId, Slots],
    set_bonuses: Mapping[PowerId, tuple[PowerId, ...]],
    facts: Facts,
    frame: Frame,
    known: Mapping[PowerId, Active] = _NOBODY,
    boosts: tuple[PowerId, ...] | None = None,
) -> Running:
    """facts: before any mode is set. known: what the powers are that are still the same as in
    another build, with the same facts and with those boosts."""
    scenario = scenario_of(build)
    incarnates = {
        active.taken: known.get(active.taken, active)
        for active in _incarnates(build, scenario, facts, frame)
    }
    boosts_now = tuple(boost for active in incarnates.values() for boost in _boosts(active, frame))
    if boosts is not None and boosts != boosts_now:
        known = _NOBODY
    on = {power: taken for power, taken in had.items() if is_on(power, taken, scenario, frame)}
    rests = resting(on, scenario, frame.catalogue)
    chosen: dict[PowerId, Active] = {}
    for power, taken in on.items():
        if power not in rests:
            active = known.get(power)
            if active is None:
                count = count_of(power, taken, scenario, frame)
                active = active_as(power, count, slots[power], facts, frame, boosts_now)
            chosen[power] = active
    for power in _accolades(build, scenario, frame):
        chosen[power] = known.get(power) or active_as(power, 1, (), facts, frame)
    chosen.update(incarnates)
    powers = _with_brought(list(chosen.values()), slots, facts, frame, boosts_now)
    powers, with_modes, modes = in_modes(powers, facts)
    return Running(
        powers,
        slots,
        set_bonuses,
        with_modes,
        _chances([*powers, *_changing_chances(set_bonuses, with_modes, frame)]),
        boosts_now,
        any("slotted" in active.power.reads for active in chain(powers, chosen.values())),
        had,
        chosen,
        facts,
        modes,
    )


def running_after(state: Running, build: Build, changed: Changes, frame: Frame) -> Running | None:
    """What counts in a build that differs from another in slots and switches only.

    None when more than that can follow: since a condition somewhere reads what is slotted, or
    counts what is switched.
    """
    if changed.slotted and state.reads_slots:
        return None
    if any(is_counted(power) for power in (*changed.switched, *changed.issued)):
        return None
    if all(_is_had_anyway(power, state, build, frame) for power in changed.issued):
        after: Running | None = _with_slots(state, build, changed.slotted, frame)
        for power in (*changed.switched, *changed.issued):
            after = after and _with_switched(after, PowerId(power), build, frame)
        if after is not None:
            return after
    had: Mapping[PowerId, TakenPower]
    if changed.issued:  # one may have it all the same; then it has another place among the others
        had, _ = had_by(build, scenario_of(build), frame)
        if had.keys() != state.had.keys():
            return None
    else:
        had = {power: build.powers.get(power, taken) for power, taken in state.had.items()}
    slots, set_bonuses, facts = state.slots, state.set_bonuses, state.facts_without_modes
    if changed.slotted or changed.issued:
        slots, set_bonuses = _placed(state, build, changed.slotted, frame)
        slots = {power: slots[power] for power in had}
        set_bonuses = {power: set_bonuses[power] for power in had if power in set_bonuses}
        facts = structs.replace(facts, slotted=Tally(slots.values()))
    known = dict(state.chosen)
    for power in (*changed.slotted, *changed.switched):
        known.pop(PowerId(power), None)
    return _running(build, had, slots, set_bonuses, facts, frame, known, state.boosts)


def _is_had_anyway(power: str, state: Running, build: Build, frame: Frame) -> bool:
    """Whether one has a power, at its place among the others, whether the document names it or
    not."""
    found = frame.catalogue.powers.get(PowerId(power))
    return (
        found is not None
        and found.auto_issue
        and found.id in state.had
        and (found.powerset in frame.issuing.inherent or found.powerset in powersets(build))
    )


def _with_switched(state: Running, power: PowerId, build: Build, frame: Frame) -> Running | None:
    """The same with a power switched otherwise; None for one by which others run or do not."""
    if power not in state.had:
        return None
    taken, scenario = build.powers.get(power, _PLAIN), scenario_of(build)
    had = {**state.had, power: taken}
    was, now = state.chosen.get(power), None
    is_to_run = is_on(power, taken, scenario, frame)
    if was is None and not is_to_run:
        return structs.replace(state, had=had)
    if _has_to_do_with_others(power, state, frame):
        return None
    if is_to_run:
        count = count_of(power, taken, scenario, frame)
        facts = state.facts_without_modes
        now = active_as(power, count, state.slots[power], facts, frame, state.boosts)
        if was is not None and was.count == now.count:
            return structs.replace(state, had=had)
    chosen = dict(state.chosen)
    if now is None:
        del chosen[power]
    else:
        chosen[power] = now
    if was is None:  # at its place; accolades and incarnates come last
        last = [each for each in state.chosen if each not in had]
        chosen = {each: chosen[each] for each in (*had, *last) if each in chosen}
    powers = [active for active in state.powers if active.taken != power]
    if now is not None:
        ranks = {each: rank for rank, each in enumerate(chosen)}
        behind = (
            index
            for index, active in enumerate(powers)
            if active.brought_by or ranks[active.taken] > ranks[power]
        )
        powers.insert(next(behind, len(powers)), seeing(now, state.facts))
    return structs.replace(state, powers=powers, had=had, chosen=chosen)


def _has_to_do_with_others(power: PowerId, state: Running, frame: Frame) -> bool:
    """Whether other powers may run or not by a power, or it by them."""
    found = frame.power(power)
    return (
        bool(found.modes or found.chances or found.bringing or found.redirects)
        or "slotted" in found.reads
        or not found.needed_modes <= state.modes
        or not found.barred_by.isdisjoint(state.modes)
        or can_exclude(found.power)
        or any(
            power in part.powers or any(power in frame.brings(each) for each in part.powers)
            for active in state.chosen.values()
            for part in active.power.bringing
        )
    )


def _with_slots(state: Running, build: Build, changed: Collection[str], frame: Frame) -> Running:
    """The same with other slots in some powers."""
    if not changed:
        return state
    slots, set_bonuses = _placed(state, build, changed, frame)
    boosts = state.boosts
    had, chosen = dict(state.had), dict(state.chosen)
    for power_id in changed:
        power = PowerId(power_id)
        if power in had:
            had[power] = build.powers.get(power_id, _PLAIN)
        if power in chosen and power in slots:
            chosen[power] = slotted_anew(chosen[power], slots[power], boosts, frame)
    powers = [
        slotted_anew(active, slots[PowerId(active.owner)], boosts, frame)
        if active.owner in changed
        else active
        for active in state.powers
    ]
    tally = Tally(slots.values())
    facts = structs.replace(state.facts, slotted=tally)
    chances = state.chances
    if any(
        _change_chances(PowerId(power), state.set_bonuses, set_bonuses, frame) for power in changed
    ):
        chances = _chances([*powers, *_changing_chances(set_bonuses, facts, frame)])
    return structs.replace(
        state,
        powers=powers,
        slots=slots,
        set_bonuses=set_bonuses,
        facts=facts,
        chances=chances,
        had=had,
        chosen=chosen,
        facts_without_modes=structs.replace(state.facts_without_modes, slotted=tally),
    )


def _placed(
    state: Running, build: Build, changed: Iterable[str], frame: Frame
) -> tuple[dict[PowerId, Slots], Mapping[PowerId, tuple[PowerId, ...]]]:
    """The slots of all powers, and the set bonuses that they give: the same object, if the same."""
    slots, set_bonuses = dict(state.slots), state.set_bonuses
    for power_id in changed:
        power = PowerId(power_id)
        if power not in slots:
            continue
        placed = slots[power] = slots_of(build.powers.get(power_id, _PLAIN), build.level, frame)
        bonuses_now = frame.set_bonuses(placed) if placed else ()
        if bonuses_now != set_bonuses.get(power, ()):
            set_bonuses = {**set_bonuses, power: bonuses_now}
    if set_bonuses is not state.set_bonuses:
        set_bonuses = {power: given for power in slots if (given := set_bonuses.get(power))}
    return slots, set_bonuses


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
            yield active_as(power, count, (), facts, frame)
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
            for power, count, owner, by_foes in _brings(active, frame):
                if power not in known:
                    known.add(power)
                    found = active_as(
                        power,
                        count,
                        slots.get(PowerId(owner), ()),
                        facts,
                        frame,
                        boosts,
                        owner=owner,
                        by_foes=by_foes,
                    )
                    # The pieces in the slots are in the caller: they give what is theirs once.
                    brought.append(structs.replace(found, slots=(), brought_by=active.taken))
        if not brought:
            break
        everything.extend(brought)
        newest = brought
    return everything


def _brings(active: Active, frame: Frame) -> Iterable[tuple[PowerId, int, str, bool]]:
    """The powers that one brings: their count, whose slots they have, whether foes execute them."""
    for part in active.power.grants:
        if part.multiplicity(active.count, active.context, {}):
            for power in part.powers:
                granted = frame.catalogue.powers.get(power)
                if granted is not None and granted.type == "Auto":
                    yield power, 1, "", False
    for part in active.power.executes:
        if part.multiplicity(active.count, active.context, {}):
            for power in part.powers:
                if power in frame.catalogue.powers:
                    yield power, active.count, active.owner, active.power.by_foes
    for part in active.power.foes_execute:
        if part.multiplicity(active.count, active.context, {}):
            for power in part.powers:
                executed = frame.catalogue.powers.get(power)
                if executed is not None:
                    count = executions(active.power.power, executed, active.count)
                    yield power, count, active.owner, True


def _change_chances(
    power: PowerId,
    before: Mapping[PowerId, tuple[PowerId, ...]],
    after: Mapping[PowerId, tuple[PowerId, ...]],
    frame: Frame,
) -> bool:
    """Whether among the set bonuses that a power's slots give or gave is one that does it."""
    changing = frame.changing_chances
    return bool(changing(before.get(power, ())) or changing(after.get(power, ())))


def _changing_chances(
    set_bonuses: Mapping[PowerId, tuple[PowerId, ...]], facts: Facts, frame: Frame
) -> Iterator[Active]:
    """The set bonuses that change chances, as often as they count."""
    given = [each for all_ in set_bonuses.values() for each in frame.changing_chances(all_)]
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
