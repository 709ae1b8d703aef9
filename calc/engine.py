"""The engine: a catalogue, and everything that was worked out from it once and is asked often."""

import math
from collections.abc import Iterable, Iterator, Sequence

from calc import bonuses, rules
from calc.active import Active, knowing
from calc.build import Build
from calc.explain import Explanation, explain
from calc.facts import Context
from calc.figure_types import Figures
from calc.frame import Frame
from calc.kept import kept
from calc.pieces import changing_chances
from calc.powers import Contribution, Keyed, contributions, global_strengths, stronger
from calc.remembered import Remembered, remember
from calc.results import Result, figures_after
from calc.running import Running, running
from calc.sheets import Sheets
from calc.shown import all_shown, powers_of, shown
from calc.standing import Situation, situation
from calc.switches import combat_level, scenario_of
from calc.totals import Total, finish
from gamedata.catalogue import (
    ArchetypeId,
    Catalogue,
    EffectGroup,
    EnhancementId,
    FilterParams,
    PowerId,
)

_FRAMES = 32  # archetypes and levels that are kept compiled
_UNSLOTTED = (0.0,)


class Engine:
    """Answers what a build adds up to. One per process and catalogue; not for threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._changed_tags = changed_tags(catalogue)
        self._frame = kept(_FRAMES, self._new_frame)
        self._sheets = kept(_FRAMES, self._new_sheets)

    def _new_frame(
        self, archetype: ArchetypeId, level: int, *, own_level: int, pvp: bool, combat: bool
    ) -> Frame:
        return Frame(
            self.catalogue,
            archetype,
            level,
            self._changed_tags,
            own_level=own_level,
            pvp=pvp,
            combat=combat,
        )

    def _new_sheets(self, frame: Frame) -> Sheets:
        return Sheets(frame, self._changed_tags)

    def frame(self, build: Build) -> Frame:
        """What a build has in common with others of its archetype and level, as its scenario is."""
        scenario = scenario_of(build)
        return self._frame(
            ArchetypeId(build.archetype),
            combat_level(build, scenario),
            own_level=build.level,
            pvp=scenario.pvp,
            combat=scenario.combat,
        )

    def totals(self, build: Build) -> dict[str, Total]:
        """Every stat, in the registry's order.

        What the catalogue does not know adds nothing. Equal builds give equal bits: sums are
        rounded once, at their end, so that no order matters.
        """
        frame = self.frame(build)
        state = running(build, frame)
        sources = list(sources_of(state, frame))
        strengths = strengths_of(sources, state)
        evaluated = [
            contributions(
                source.power, source.count, source.slotted, strengths, source.context, state.chances
            )
            for source in sources
        ]
        sums = add_up(evaluated, frame)
        waiting = [source for source in sources if source.power.reads_totals]
        if waiting:
            evaluated.extend(
                contributions(
                    source.power,
                    source.count,
                    source.slotted,
                    strengths,
                    knowing(sums, source.context, frame),
                    state.chances,
                    reads_totals=True,
                )
                for source in waiting
            )
            sums = add_up(evaluated, frame)
        return finish(sums, frame.limits)

    def remember(self, build: Build, old: Remembered | None = None) -> Remembered:
        """The totals with every step on the way there, from which the next build's follow quickly.

        old: the memory of a similar build, the one before an edit; it stays as it is.
        """
        return remember(build, self.frame(build), old)

    def figures(self, build: Build | Remembered) -> dict[PowerId, Figures]:
        """Of every power that the build has, on or off: what one use costs and does."""
        return {power: found.figures for power, found in all_shown(self._here(build)).items()}

    def power_figures(self, build: Build | Remembered, power: PowerId) -> Figures | None:
        """Of one power only; None for one that the build does not have."""
        here = self._here(build)
        return shown(power, here).figures if power in powers_of(here) else None

    def _here(self, build: Build | Remembered) -> Situation:
        memory = build if isinstance(build, Remembered) else self.remember(build)
        sheets = self._sheets(memory.frame)
        return situation(memory.build, memory.state, sheets, memory.strengths, memory.sums)

    def result(self, build: Build, old: Result | None = None) -> Result:
        """Totals, figures and findings.

        old: the result for a similar build, the one before an edit, from which all is taken that
        still holds; it stays as it is.
        """
        memory = self.remember(build, old.memory if old else None)
        checked = rules.check(build, self.catalogue, old.checked if old else None)
        found, here = figures_after(memory, self._sheets(memory.frame), old)
        return Result(memory, checked, found, here)

    def explain(self, build: Build | Remembered, stat: str) -> Explanation:
        """Where a stat's total comes from. Raises KeyError for a stat that there is not."""
        memory = build if isinstance(build, Remembered) else self.remember(build)
        return explain(memory, stat)


def changed_tags(catalogue: Catalogue) -> frozenset[str]:
    """The tags whose chance some power or enhancement changes."""

    def tags(groups: Iterable[EffectGroup]) -> Iterator[str]:
        for group in groups:
            for template in group.templates:
                if isinstance(template.params, FilterParams) and (
                    "Global_Chance_Mod" in template.attributes
                ):
                    yield from template.params.tags
            yield from tags(group.children)

    in_powers = (
        tag
        for power in catalogue.powers.values()
        for groups in (power.effects, power.activation_effects)
        for tag in tags(groups)
    )
    in_pieces = (
        tag
        for piece in catalogue.enhancements.values()
        for _, changed in changing_chances(piece)
        for tag in changed
    )
    return frozenset((*in_powers, *in_pieces))


def sources_of(state: Running, frame: Frame) -> Iterator[Active]:
    """Everything that gives something: powers, what sits in them, set bonuses."""
    yield from state.powers
    for active in state.powers:
        for slotted in active.slots:
            piece = frame.piece(EnhancementId(slotted.id))
            if piece.gives and slotted.proc is not False:
                yield Active(piece, 1, (), _UNSLOTTED, Context(state.facts, piece.power))
    for power, times in bonuses.counted(state.bonuses, frame.catalogue).items():
        bonus = frame.bonus(power)
        given = Active(bonus, 1, (), _UNSLOTTED, Context(state.facts, bonus.power))
        for _ in range(times):
            yield given


def strengths_of(sources: Iterable[Active], state: Running) -> dict[str, float]:
    """The global strength of each attribute, from magnitudes that nothing enhances."""
    values: dict[str, list[float]] = {}
    keyed: dict[tuple[str, str], float] = {}
    for source in sources:
        power = source.power
        for attribute, value in power.strengthens:
            values.setdefault(attribute, []).append(value)
        if not power.strengthening:
            continue
        given = global_strengths(power, source.count, source.context, state.chances)
        for attribute, value, key in given:
            if key:
                keyed[key, attribute] = stronger(value, keyed.get((key, attribute), 0.0))
            else:
                values.setdefault(attribute, []).append(value)
    for (_, attribute), value in keyed.items():
        values.setdefault(attribute, []).append(value)
    return {attribute: math.fsum(given) for attribute, given in values.items()}


def add_up(
    evaluated: Iterable[tuple[Sequence[Contribution], Sequence[Keyed]]], frame: Frame
) -> list[float]:
    values = [[base] for base in frame.limits.bases]
    strongest: dict[tuple[str, str, int], float] = {}
    for added, keyed in evaluated:
        for number, value in added:
            values[number].append(value)
        for each in keyed:
            place = each.key, each.attribute, each.sum
            strongest[place] = stronger(each.value, strongest.get(place, 0.0))
    for (_, _, number), value in strongest.items():
        values[number].append(value)
    return [math.fsum(given) for given in values]
