"""What is kept of a build, so that the next one computes only what its change touched.

Every source (a power, a piece in it, a set bonus) stands under its key with what it gives; every
sum has its parts by source. The next build's sources are compared with those; what differs is
evaluated anew, and with it whatever listens to a global strength that changed; the sums that they
touch are added up again. A sum is the exact sum of its parts, rounded once, so the result is that
of a computation from nothing to the last bit.

Nothing here is changed in place: an older build's memory stays what it was.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeVar

from msgspec import Struct

from calc.active import knowing
from calc.build import Build
from calc.changes import changes, moved
from calc.frame import Frame
from calc.powers import Contribution, Keyed, contributions, global_strengths, stronger
from calc.running import Running, running, running_after
from calc.sources import Source, Sources, all_sources, is_same, sources_after
from calc.totals import Total, difference_in, numbers, numbers_after, total_of

Values = tuple[float, ...]
Place = TypeVar("Place", int, str)
Columns = dict[Place, dict[str, Values]]
"""By place (a sum's number, a strength's attribute): what each source adds there."""

Strengthens = tuple[tuple[str, float, str], ...]
"""Global strengths: the attribute, the value, and the key by which it competes, if it does."""

_STRONGEST = "strongest of each key"  # the source under which keyed contributions stand


class Given(Struct, frozen=True, gc=False):
    """What a source gives. keyed: what competes by key before it is added."""

    sums: Mapping[int, Values]
    keyed: tuple[Keyed, ...] = ()


class Remembered(Struct, frozen=True, gc=False):
    """A build, its totals, and every step on the way there.

    waiting: the keys of sources that read the totals of all others; later: the sums they change.
    """

    build: Build
    frame: Frame
    state: Running
    sources: Sources
    strengthening: dict[str, Strengthens]
    strength_columns: Columns[str]
    strengths: dict[str, float]
    given: dict[str, Given]
    columns: Columns[int]
    sums: list[float]
    values: Sequence[float]
    capped: Sequence[float]
    totals: dict[str, Total]
    waiting: frozenset[str] = frozenset()
    later: frozenset[int] = frozenset()


def remember(build: Build, frame: Frame, old: Remembered | None = None) -> Remembered:
    """The memory of a build. old: that of another, of which everything is taken that still holds.

    frame: the build's own.
    """
    if old is not None and old.frame is not frame:
        old = None
    if old is None:
        state = running(build, frame)
        sources = all_sources(state, frame)
        return _evaluated(build, frame, state, sources, sources.by_key, None)
    changed = changes(old.build, build)
    after = running_after(old.state, build, changed, frame) if changed is not None else None
    found = sources_after(old.sources, old.state, after, frame) if after is not None else None
    if after is not None and found is not None:
        return _evaluated(build, frame, after, *found, old)
    state = running(build, frame) if after is None else after
    sources = all_sources(state, frame)
    before = old.sources.by_key
    tags = moved(old.state.chances, state.chances)
    others = [
        key
        for key, source in sources.by_key.items()
        if not is_same(source, before.get(key)) or not source.active.power.tags.isdisjoint(tags)
    ]
    others.extend(key for key in before if key not in sources.by_key)
    return _evaluated(build, frame, state, sources, others, old)


# --- what they give -------------------------------------------------------------------------------


def _evaluated(
    build: Build,
    frame: Frame,
    state: Running,
    found: Sources,
    others: Collection[str],
    old: Remembered | None,
) -> Remembered:
    """others: the keys of sources that are not what they were."""
    sources = found.by_key
    strengthening, strength_columns, strengths, touched_strengths = _strengths(
        state, sources, others, old
    )
    if old is not None:
        before = old.strengths
        others_moved = {
            attribute
            for attribute in touched_strengths
            if strengths.get(attribute, 0.0) != before.get(attribute, 0.0)
        }
        if others_moved:
            others = {
                *others,
                *(
                    key
                    for key, source in sources.items()
                    if not others_moved.isdisjoint(source.active.power.listens)
                ),
            }
    given = dict(old.given) if old is not None else {}
    columns: Columns[int] = dict(old.columns) if old is not None else {}
    touched: set[int] = set()
    competing = False
    for key in others:
        source = sources.get(key)
        before_given = given.pop(key, None)
        after = None
        if source is not None:
            after = given[key] = _given(source, strengths, state)
        competing = competing or bool(
            (before_given and before_given.keyed) or (after and after.keyed)
        )
        _enter(
            columns,
            key,
            before_given.sums if before_given else {},
            after.sums if after else {},
            touched,
        )
    if competing:
        before_given = given.pop(_STRONGEST, None)
        after = given[_STRONGEST] = _strongest(given.values())
        _enter(columns, _STRONGEST, before_given.sums if before_given else {}, after.sums, touched)
    sums = list(frame.limits.bases) if old is None else list(old.sums)
    bases = frame.limits.bases
    for number in touched:
        parts = columns.get(number)
        sums[number] = (
            math.fsum((bases[number], *chain.from_iterable(parts.values())))
            if parts
            else bases[number]
        )
    waiting = _waiting(sources, others, old)
    final, later = _with_later(
        sums, columns, given, {key: sources[key] for key in waiting}, strengths, state, frame
    )
    values: Sequence[float]
    capped: Sequence[float]
    if old is None:
        values, capped = numbers(final, frame.limits)
        totals = total_of(values, capped)
    else:
        touched.update(later, old.later)
        before_numbers = old.values, old.capped
        values, capped = numbers_after(final, frame.limits, touched, before_numbers)
        changed = difference_in(touched, (values, capped), before_numbers)
        totals = old.totals | changed if changed else old.totals
    return Remembered(
        build,
        frame,
        state,
        found,
        strengthening,
        strength_columns,
        strengths,
        given,
        columns,
        sums,
        values,
        capped,
        totals,
        waiting,
        later,
    )


def _strengths(
    state: Running,
    sources: Mapping[str, Source],
    others: Iterable[str],
    old: Remembered | None,
) -> tuple[dict[str, Strengthens], Columns[str], dict[str, float], set[str]]:
    """The global strength of each attribute, from magnitudes that nothing enhances, with every step
    and which of them may have changed."""
    touched: set[str] = set()
    if old is not None and not any(
        key in old.strengthening or (key in sources and _strengthens(sources[key], state))
        for key in others
    ):
        return old.strengthening, old.strength_columns, old.strengths, touched
    strengthening = dict(old.strengthening) if old is not None else {}
    columns: Columns[str] = dict(old.strength_columns) if old is not None else {}
    competing = False
    for key in others:
        source = sources.get(key)
        before = strengthening.pop(key, ())
        after = _strengthens(source, state) if source is not None else ()
        if after:
            strengthening[key] = after
        if before == after:
            continue
        competing = competing or any(each[2] for each in (*before, *after))
        _enter(columns, key, _unkeyed(before), _unkeyed(after), touched)
    if competing:
        keyed: dict[tuple[str, str], float] = {}
        for each in strengthening.values():
            for attribute, value, name in each:
                if name:
                    place = name, attribute
                    keyed[place] = stronger(value, keyed.get(place, 0.0))
        strongest: dict[str, Values] = {}
        for (_, attribute), value in keyed.items():
            strongest[attribute] = (*strongest.get(attribute, ()), value)
        before_strongest = {
            attribute: column[_STRONGEST]
            for attribute, column in columns.items()
            if _STRONGEST in column
        }
        _enter(columns, _STRONGEST, before_strongest, strongest, touched)
    strengths = dict(old.strengths) if old is not None else {}
    for attribute in touched:
        parts = columns.get(attribute)
        if parts:
            strengths[attribute] = math.fsum(chain.from_iterable(parts.values()))
        else:
            strengths.pop(attribute, None)
    return strengthening, columns, strengths, touched


def _waiting(
    sources: Mapping[str, Source], others: Iterable[str], old: Remembered | None
) -> frozenset[str]:
    """The keys of the sources that read the totals of all others."""
    readers = {key for key in others if key in sources and sources[key].active.power.reads_totals}
    if old is None:
        return frozenset(readers)
    if not readers and old.waiting.isdisjoint(others):
        return old.waiting
    return old.waiting.difference(others) | readers


def _strengthens(source: Source, state: Running) -> Strengthens:
    active = source.active
    power = active.power
    if not power.strengthens and not power.strengthening:
        return ()
    found = [(attribute, value, "") for attribute, value in power.strengthens]
    if power.strengthening:
        found.extend(global_strengths(power, active.count, active.context, state.chances))
    return tuple(found) * source.times


def _unkeyed(given: Iterable[tuple[str, float, str]]) -> dict[str, Values]:
    values: dict[str, Values] = {}
    for attribute, value, key in given:
        if not key:
            values[attribute] = (*values.get(attribute, ()), value)
    return values


def _given(source: Source, strengths: Mapping[str, float], state: Running) -> Given:
    active = source.active
    sums: Mapping[int, Values]
    if active.power.constant is not None:
        sums = active.power.constant
        keyed: Sequence[Keyed] = ()
    else:
        added, keyed = contributions(
            active.power, active.count, active.slotted, strengths, active.context, state.chances
        )
        sums = _grouped(added)
    if source.times > 1:
        sums = {number: values * source.times for number, values in sums.items()}
    return Given(sums, tuple(keyed))


def _grouped(added: Iterable[Contribution]) -> dict[int, Values]:
    """Contributions by the sum that they are for."""
    sums: dict[int, Values] = {}
    for number, value in added:
        sums[number] = (*sums[number], value) if number in sums else (value,)
    return sums


def _strongest(given: Iterable[Given]) -> Given:
    """Of all contributions with one key, attribute and sum the strongest."""
    strongest: dict[tuple[str, str, int], float] = {}
    for each in given:
        for keyed in each.keyed:
            place = keyed.key, keyed.attribute, keyed.sum
            strongest[place] = stronger(keyed.value, strongest.get(place, 0.0))
    sums: dict[int, Values] = {}
    for (_, _, number), value in strongest.items():
        sums[number] = (*sums.get(number, ()), value)
    return Given(sums)


def _enter(
    columns: Columns[Place],
    key: str,
    before: Mapping[Place, Values],
    after: Mapping[Place, Values],
    touched: set[Place],
) -> None:
    """Write a source's new values into the columns. touched: the columns that are copies
    already; those that become so are added."""
    for place, values in after.items():
        if before and before.get(place) == values:
            continue
        if place not in touched:
            columns[place] = dict(columns.get(place, ()))
            touched.add(place)
        columns[place][key] = values
    for place in before:
        if place not in after:
            if place not in touched:
                columns[place] = dict(columns[place])
                touched.add(place)
            del columns[place][key]


def _with_later(
    sums: list[float],
    columns: Columns[int],
    given: Mapping[str, Given],
    waiting: Mapping[str, Source],
    strengths: Mapping[str, float],
    state: Running,
    frame: Frame,
) -> tuple[list[float], frozenset[int]]:
    """The sums with the effects that read the totals of everything else, and which those change."""
    if not waiting:
        return sums, frozenset()
    columns = dict(columns)
    touched: set[int] = set()
    later = dict(given)
    for key, source in waiting.items():
        active = source.active
        added, keyed = contributions(
            active.power,
            active.count,
            active.slotted,
            strengths,
            knowing(sums, active.context, frame),
            state.chances,
            reads_totals=True,
        )
        found = later[f"{key}, later"] = Given(_grouped(added), tuple(keyed))
        _enter(columns, f"{key}, later", {}, found.sums, touched)
    before = later.pop(_STRONGEST, None)
    after = _strongest(later.values())
    _enter(columns, _STRONGEST, before.sums if before else {}, after.sums, touched)
    final = list(sums)
    for number in touched:
        parts = chain.from_iterable(columns[number].values())
        final[number] = math.fsum((frame.limits.bases[number], *parts))
    return final, frozenset(touched)
