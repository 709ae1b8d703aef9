"""Everything in a build that gives something, by key: powers, the pieces in them, set bonuses."""

from collections.abc import Collection, Iterable
from itertools import chain

from msgspec import Struct

from calc.facts import FIXED, Context
from calc.frame import Frame
from calc.running import Active, Running
from gamedata.catalogue import EnhancementId, PowerId

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
    for index, slotted in enumerate(active.slots):
        piece = frame.piece(EnhancementId(slotted.id))
        if piece.gives and slotted.proc is not False:
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


def slotted_anew(
    old: Sources, before: Running, state: Running, changed: Collection[str], frame: Frame
) -> tuple[Sources, list[str]]:
    """The sources after slots changed in some powers, and the keys of those that differ."""
    sources = dict(old.by_key)
    others: list[str] = []
    for was, after in zip(before.powers, state.powers, strict=True):
        if was is after:
            continue
        key = after.key
        sources[key] = Source(after)
        others.append(key)
        if was.slots == after.slots:
            continue
        for piece, _ in _pieces(was, state, frame):
            del sources[piece]
            others.append(piece)
        for piece, source in _pieces(after, state, frame):
            sources[piece] = source
            others.append(piece)
    bonuses = old.bonuses
    for power in changed:
        lost = before.set_bonuses.get(PowerId(power), ())
        won = state.set_bonuses.get(PowerId(power), ())
        if lost == won:
            continue
        bonuses = dict(bonuses)
        for bonus in lost:
            bonuses[bonus] -= 1
        for bonus in won:
            bonuses[bonus] = bonuses.get(bonus, 0) + 1
        for bonus in {*lost, *won}:
            key = _bonus_key(bonus)
            found = _bonus(bonus, bonuses[bonus], state, frame)
            if found is None:
                sources.pop(key, None)
            else:
                sources[key] = found
            others.append(key)
    return Sources(sources, bonuses), others


def is_same(source: Source, old: Source | None) -> bool:
    """Whether a source gives what it gave, unless strengths changed that it listens to."""
    if old is None:
        return False
    new, before = source.active, old.active
    return (
        new.power is before.power
        and new.count == before.count
        and source.times == old.times
        and new.slotted == before.slotted
        and (new.power.reads <= _PLAIN or new.context == before.context)
    )
