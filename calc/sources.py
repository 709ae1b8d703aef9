"""Everything in a build that gives something, by key: powers, the pieces in them, set bonuses."""

from collections.abc import Iterable
from itertools import chain

from msgspec import Struct, structs

from calc.active import Active
from calc.changes import differing, moved
from calc.facts import FIXED, Context
from calc.frame import Frame
from calc.running import Running
from gamedata.catalogue import PowerId

_PLAIN = FIXED | {"result"}  # what a condition may read without looking at the build
_UNSLOTTED = (0.0,)


class Source(Struct, frozen=True, gc=False):
    """Something that gives. times: how often, for a set bonus."""

    active: Active
    times: int = 1


class Sources(Struct, frozen=True, gc=False):
    """All sources. bonuses: how often each set bonus is given, before the rule of five."""

    by_key: dict[str, Source]
    bonuses: dict[PowerId, int]


def all_sources(state: Running, frame: Frame) -> Sources:
    """Everything that gives something, by key; and how often each bonus is given."""
    sources = {active.key: Source(active) for active in state.powers}
    for active in state.powers:
        if active.slots:
            sources.update(_pieces(active, state, frame))
    bonuses: dict[PowerId, int] = {}
    for power in chain.from_iterable(state.set_bonuses.values()):
        bonuses[power] = bonuses.get(power, 0) + 1
    for power, times in bonuses.items():
        if source := _bonus(power, times, state, frame):
            sources[_bonus_key(power)] = source
    return Sources(sources, bonuses)


def _pieces(active: Active, state: Running, frame: Frame) -> Iterable[tuple[str, Source]]:
    """What the pieces in a power give by themselves."""
    for index, piece in frame.giving(tuple([slotted.id for slotted in active.slots])):
        if active.slots[index].proc is not False:
            alone = Active(piece, 1, (), _UNSLOTTED, Context(state.facts, piece.power))
            yield f"{active.key} / {index}", Source(alone)


def _bonus_key(power: PowerId) -> str:
    return f"bonus {power}"


def _bonus(power: PowerId, times: int, state: Running, frame: Frame) -> Source | None:
    """A set bonus as often as it counts."""
    found = frame.catalogue.powers.get(power)
    counted = min(times, found.number_allowed) if found is not None else 0
    if counted <= 0:
        return None
    bonus = frame.bonus(power)
    return Source(Active(bonus, 1, (), _UNSLOTTED, Context(state.facts, bonus.power)), counted)


def sources_after(
    old: Sources, before: Running, state: Running, frame: Frame
) -> tuple[Sources, list[str]] | None:
    """The sources after slots or switches changed, and the keys of those that differ.

    None when what they are read with differs: then all may.
    """
    if not _reads_alike(before, state):
        return None
    sources = dict(old.by_key)
    others: list[str] = []
    # What is the same object is the same; what is left is seldom more than the edited power.
    lost, anew = differing(before.powers, state.powers)
    gone = {active.key: active for active in lost}
    for after in anew:
        key = after.key
        was = gone.pop(key, None)
        source = Source(after)
        if was is None or not is_same(source, sources[key]):
            others.append(key)
        sources[key] = source
        if was is None:
            _replace(sources, others, (), _pieces(after, state, frame))
        elif was.slots is not after.slots and was.slots != after.slots:
            _replace(sources, others, _pieces(was, state, frame), _pieces(after, state, frame))
    for key, was in gone.items():
        del sources[key]
        others.append(key)
        _replace(sources, others, _pieces(was, state, frame), ())
    bonuses = _add_bonuses(sources, others, old.bonuses, before, state, frame)
    tags = moved(before.chances, state.chances)
    if tags:
        known = set(others)
        others.extend(
            key
            for key, each in sources.items()
            if key not in known and not each.active.power.tags.isdisjoint(tags)
        )
    return Sources(sources, bonuses), others


def _reads_alike(before: Running, state: Running) -> bool:
    """Whether conditions read the same, but for what is slotted."""
    if state.reads_slots:
        return False
    facts = before.facts
    return state.facts is facts or state.facts == structs.replace(
        facts, slotted=state.facts.slotted
    )


def _replace(
    sources: dict[str, Source],
    others: list[str],
    lost: Iterable[tuple[str, Source]],
    won: Iterable[tuple[str, Source]],
) -> None:
    for key, _ in lost:
        del sources[key]
        others.append(key)
    for key, source in won:
        sources[key] = source
        others.append(key)


def _add_bonuses(
    sources: dict[str, Source],
    others: list[str],
    bonuses: dict[PowerId, int],
    before: Running,
    state: Running,
    frame: Frame,
) -> dict[PowerId, int]:
    """Count the set bonuses again of which there are more or less; how often each is given."""
    if state.set_bonuses is before.set_bonuses:
        return bonuses
    differing: dict[PowerId, int] = {}
    for power in before.set_bonuses.keys() | state.set_bonuses.keys():
        lost = before.set_bonuses.get(power, ())
        won = state.set_bonuses.get(power, ())
        if lost is won or lost == won:
            continue
        for bonus in lost:
            differing[bonus] = differing.get(bonus, 0) - 1
        for bonus in won:
            differing[bonus] = differing.get(bonus, 0) + 1
    if not differing:
        return bonuses
    bonuses = dict(bonuses)
    for bonus, more in differing.items():
        if not more:
            continue
        bonuses[bonus] = bonuses.get(bonus, 0) + more
        key = _bonus_key(bonus)
        found = _bonus(bonus, bonuses[bonus], state, frame)
        if found is None:
            sources.pop(key, None)
        elif key in sources and sources[key].times == found.times:
            continue  # the rule of five
        else:
            sources[key] = found
        others.append(key)
    return bonuses


def is_same(source: Source, old: Source | None) -> bool:
    """Whether a source gives what it gave, unless strengths changed that it listens to."""
    if old is None:
        return False
    new, before = source.active, old.active
    if new is before:
        return source.times == old.times
    return (
        new.power is before.power
        and new.count == before.count
        and source.times == old.times
        and new.slotted == before.slotted
        and (new.power.reads <= _PLAIN or new.context == before.context)
    )
