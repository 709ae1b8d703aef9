"""Works a power out for one archetype and level: what is plain, and what needs a look at a build.

Source: the design's `calc.md` §3 to §6, §18.
"""

from collections.abc import Iterable, Iterator, Set

from msgspec import structs

from calc.attributes import FEEDS, LIMITED_BY, ignored
from calc.by_foes import executed_by_foes
from calc.conditions import compiled
from calc.effects import (
    ON_ENABLE,
    Chances,
    SelfEffect,
    felt_by_caster,
    felt_by_pet,
)
from calc.facts import word
from calc.powers import CompiledPower, Enhanceable, Part, Row
from calc.stats import NUMBER
from calc.tables import limit, table
from gamedata.catalogue import Archetype, Entity, FilterParams, Power, PowerParams, Template

PERCEPTION = NUMBER["perception"]
_ONE_FOR_ALL = frozenset({"Suppress", "Replace"})  # with a key: one instance of all powers'


def compile_power(
    power: Power,
    archetype: Archetype,
    level: int,
    changed_tags: Set[str] = frozenset(),
    *,
    enhanced: bool = True,
    pvp: bool = False,
    combat: bool = False,
    by_foes: bool = False,
) -> CompiledPower:
    """A power as it is for an archetype's characters of a level.

    changed_tags: the tags whose chance some power of the catalogue can change; others' chances
    are final. enhanced: false for what nothing strengthens (set bonuses, globals). pvp, combat:
    against players, and while fighting. by_foes: those whom another power hit execute it, so that
    its count is of them; what state it puts one in is for the scenario to say.
    """
    name = word(archetype.id)
    effects = list(felt_by_caster(power, name, level, pvp=pvp, combat=combat, by_foes=by_foes))
    counts_targets = any(effect.times not in ("once", "stacks") for effect in effects)
    fading = _fading(effects) if power.type == "Click" else frozenset()
    compiler = _Compiler(
        power, archetype, level, changed_tags, enhanced=enhanced, counts_targets=counts_targets
    )
    for effect in effects:
        for attributes, fades in _by_fading(effect.effect.template, fading):
            compiler.add(effect, attributes, fades=fades)
    for effect in executed_by_foes(power, name, level, pvp=pvp, combat=combat):
        compiler.add_executed_by_foes(effect)
    result = compiler.result()
    if by_foes:
        return structs.replace(result, modes=(), chances=(), grants=(), by_foes=True)
    return result


def compile_for_pet(
    power: Power,
    pet: Entity,
    archetype: Archetype,
    level: int,
    changed_tags: Set[str] = frozenset(),
    *,
    pvp: bool = False,
    by_foes: bool = False,
) -> CompiledPower:
    """What a power gives to those of a kind whom its caster summons; archetype: the caster's.

    Parameters: `compile_power`.
    """
    compiler = _Compiler(power, archetype, level, changed_tags, enhanced=True, counts_targets=False)
    for effect in felt_by_pet(power, pet, word(archetype.id), level, pvp=pvp, by_foes=by_foes):
        attributes = effect.effect.template.attributes
        lasting = tuple(each for each in attributes if each != "Execute_Power")
        compiler.add(effect, lasting, fades=False)
    return structs.replace(compiler.result(), upkeep=0.0)


def compile_idle(
    power: Power, archetype: Archetype, level: int, changed_tags: Set[str] = frozenset()
) -> CompiledPower:
    """What a power does at all times for one who has it, even while it is off."""
    compiler = _Compiler(
        power, archetype, level, changed_tags, enhanced=False, counts_targets=False
    )
    for effect in felt_by_caster(power, word(archetype.id), level):
        template = effect.effect.template
        if template.application == ON_ENABLE:
            compiler.add(effect, template.attributes, fades=False)
    return structs.replace(compiler.result(), upkeep=0.0)


def unread(
    power: Power,
    effect: SelfEffect,
    attribute: str,
    archetype: Archetype,
    level: int,
    changed_tags: Set[str] = frozenset(),
) -> str | None:
    """Why one attribute of an effect comes to nothing in the compiled power.

    None: it does come to something. "": nobody knows what it means.
    """
    compiler = _Compiler(power, archetype, level, changed_tags, enhanced=True, counts_targets=False)
    if compiler.open_chances(effect.effect.chances) is None:
        return "may happen: its chance is never certain"
    compiler.add(effect, (attribute,), fades=False)
    if compiler.has_parts:
        return None
    if attribute == "Global_Chance_Mod":
        return "guards against its own repetition"
    return ignored(attribute, effect.effect.template.aspect)


def _fading(effects: Iterable[SelfEffect]) -> frozenset[tuple[str, str]]:
    """The attributes and aspects that a power changes in steps, each of which ends earlier than
    the next: what is left of them depends on how long ago it was used."""
    ends: dict[tuple[str, str], set[float]] = {}
    for effect in effects:
        template = effect.effect.template
        if template.duration_s:
            for attribute in template.attributes:
                ends.setdefault((attribute, template.aspect), set()).add(template.duration_s)
    return frozenset(place for place, durations in ends.items() if len(durations) > 1)


def _by_fading(
    template: Template, fading: Set[tuple[str, str]]
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """A template's attributes: those that stay, and those that fade in steps."""
    stays = tuple(each for each in template.attributes if (each, template.aspect) not in fading)
    fades = tuple(each for each in template.attributes if (each, template.aspect) in fading)
    if stays:
        yield stays, False
    if fades:
        yield fades, bool(template.duration_s)


class _Compiler:
    def __init__(
        self,
        power: Power,
        archetype: Archetype,
        level: int,
        changed_tags: Set[str],
        *,
        enhanced: bool,
        counts_targets: bool,
    ) -> None:
        self.power = power
        self.archetype = archetype
        self.level = level
        self.changed_tags = changed_tags
        self.enhanced = enhanced
        self.counts_targets = counts_targets
        self.enhanceable: list[Enhanceable] = []
        self.always: list[Row] = []
        self.parts: list[Part] = []
        self.strengthens: list[tuple[str, float]] = []
        self.strengthening: list[Part] = []
        self.modes: list[Part] = []
        self.chances: list[Part] = []
        self.grants: list[Part] = []
        self.executes: list[Part] = []
        self.foes_execute: list[Part] = []

    def result(self) -> CompiledPower:
        power = self.power
        redirects = tuple((compiled(way.condition), way.power) for way in power.redirects)
        most_targets = compiled(power.max_targets_expression)
        bringing = (
            *self.modes,
            *self.chances,
            *self.grants,
            *self.executes,
            *self.foes_execute,
        )
        brings_by = most_targets.reads.union(
            *(part.reads() for part in bringing), *(condition.reads for condition, _ in redirects)
        )
        counting = (*self.parts, *self.strengthening)
        discount = self._enhanceable("EnduranceDiscount", is_effect=False)
        listening = (*self.enhanceable, discount)
        is_kept_up = power.type == "Toggle" and power.period_s > 0
        return CompiledPower(
            power,
            enhanceable=tuple(self.enhanceable),
            slotted=tuple(each.attribute for each in listening),
            always=tuple(self.always),
            parts=tuple(self.parts),
            strengthens=tuple(self.strengthens),
            strengthening=tuple(self.strengthening),
            modes=tuple(self.modes),
            chances=tuple(self.chances),
            grants=tuple(self.grants),
            executes=tuple(self.executes),
            foes_execute=tuple(self.foes_execute),
            redirects=redirects,
            upkeep=power.endurance_cost / power.period_s if is_kept_up else 0.0,
            discount=discount,
            counts_targets=self.counts_targets,
            most_targets=most_targets if power.max_targets_expression else None,
            needed_modes=_lower(power.modes_required),
            barred_by=_lower((*power.modes_disallowed, *power.modes_suspended)),
            reads_totals=any(part.reads_totals for part in self.parts),
            reads=brings_by.union(*(part.reads() for part in counting)),
            brings_by=brings_by,
            listens=frozenset(each.attribute for each in listening if each.by_globals),
            tags=frozenset(tag for part in counting for _, tags in part.chances for tag in tags),
            gives=bool(self.always or self.parts or self.strengthens or self.strengthening),
            constant=None if self.parts or self.enhanceable or is_kept_up else self._constant(),
        )

    @property
    def has_parts(self) -> bool:
        return any((self.always, self.parts, self.strengthens, self.strengthening)) or any(
            (self.modes, self.chances, self.grants, self.executes)
        )

    def _constant(self) -> dict[int, tuple[float, ...]]:
        sums: dict[int, tuple[float, ...]] = {}
        for number, value, _ in self.always:
            sums[number] = (*sums.get(number, ()), value)
        return sums

    def add(self, effect: SelfEffect, attributes: Iterable[str], *, fades: bool) -> None:
        """attributes: those of the effect's that are meant. fades: they are a step that ends."""
        template = effect.effect.template
        part = self._part(effect)
        if part is None:
            return
        if fades and template.duration_s is not None:
            part = structs.replace(part, until_s=template.duration_s + effect.effect.delay_s)
        for attribute in attributes:
            match attribute:
                case "Set_Mode":
                    self.modes.append(structs.replace(part, mode=template.mode.lower()))
                case "Global_Chance_Mod":
                    self._add_chance(part, effect)
                case "Grant_Power":
                    self._add_powers(self.grants, part, template)
                case "Execute_Power" | "Grant_Boosted_Power":
                    # Both bring a power that has its caller's slots.
                    self._add_powers(self.executes, part, template)
                case _:
                    self._add_number(attribute, part, template)

    def add_executed_by_foes(self, effect: SelfEffect) -> None:
        part = self._part(effect)
        if part is not None:
            self._add_powers(self.foes_execute, part, effect.effect.template)

    def _part(self, effect: SelfEffect) -> Part | None:
        """What an effect's attributes have in common; None when its chance is never certain."""
        template = effect.effect.template
        chances = self.open_chances(effect.effect.chances)
        if chances is None:
            return None
        value = table(self.archetype, template.table, self.level)
        expression = None
        if template.type == "Expression" and template.magnitude_expression:
            expression = compiled(template.magnitude_expression, effect.view)
        by_table = template.type in ("Magnitude", "Expression")
        reads = [*effect.conditions, *effect.unless, *([expression] if expression else ())]
        return Part(
            amount=template.scale * value if by_table else template.magnitude,
            expression=expression,
            scale=template.scale,
            value=value,
            conditions=effect.conditions,
            unless=effect.unless,
            chances=chances,
            # Where a power's count means targets, there is one stack of the rest.
            times="once" if self.counts_targets and effect.times == "stacks" else effect.times,
            limit=effect.limit,
            key=template.stack_key if template.stack in _ONE_FOR_ALL else "",
            reads_totals=any("totals" in condition.reads for condition in reads),
        )

    def open_chances(self, chances: Chances) -> Chances | None:
        """The chances that a modifier can change; None when another one is not certain."""
        changeable = []
        for chance, tags in chances:
            changed = tuple(tag for tag in tags if tag in self.changed_tags)
            if changed:
                changeable.append((chance, changed))
            elif chance < 1.0:
                return None
        return tuple(changeable)

    def _add_chance(self, part: Part, effect: SelfEffect) -> None:
        params = effect.effect.template.params
        if isinstance(params, FilterParams):
            # A modifier inside the very group that it changes guards against its repetition.
            tags = tuple(tag for tag in params.tags if tag not in effect.effect.tags)
            if tags:
                self.chances.append(structs.replace(part, tags=tags))

    def _add_powers(self, parts: list[Part], part: Part, template: Template) -> None:
        if isinstance(template.params, PowerParams) and template.params.powers:
            parts.append(structs.replace(part, powers=template.params.powers))

    def _add_number(self, attribute: str, part: Part, template: Template) -> None:
        is_plain = not (
            part.conditions
            or part.unless
            or part.chances
            or part.expression
            or part.key
            or part.until_s
            or part.times != "once"
        )
        part = structs.replace(part, attribute=attribute)
        if template.aspect == "Strength":
            if is_plain:
                self.strengthens.append((attribute, part.amount))
            else:
                self.strengthening.append(part)
        feeds = FEEDS.get((attribute, template.aspect), ())
        if not feeds:
            return
        unit = 1.0
        if feeds[0][0] == PERCEPTION:  # counts in multiples of how far the archetype sees
            unit = limit(self.archetype, "base.perception_radius", self.level) or 0.0
        index = self._strength_index(attribute, template)
        rows = tuple((number, factor * unit, index) for number, factor in feeds)
        if is_plain:
            self.always.extend((number, part.amount * factor, index) for number, factor, _ in rows)
        else:
            self.parts.append(structs.replace(part, rows=rows))

    def _strength_index(self, attribute: str, template: Template) -> int:
        """Which strength multiplies a template's number; -1: none does."""
        if not self.enhanced or template.type == "Duration" or not is_enhanced(template):
            return -1
        wanted = self._enhanceable(attribute, is_effect=True)
        if wanted not in self.enhanceable:
            self.enhanceable.append(wanted)
        return self.enhanceable.index(wanted)

    def _enhanceable(self, attribute: str, *, is_effect: bool) -> Enhanceable:
        return enhanceable(self.power, attribute, self.archetype, self.level, is_effect=is_effect)


def is_enhanced(template: Template) -> bool:
    """Whether strength multiplies a template's number: a mez's duration has it, no strength has."""
    return not (
        template.aspect == "Strength"
        or template.type == "Constant"
        or "IgnoreStrength" in template.flags
    )


def enhanceable(
    power: Power, attribute: str, archetype: Archetype, level: int, *, is_effect: bool
) -> Enhanceable:
    """Where the strength of an attribute in a power comes from.

    is_effect: the power's `ignore_strength` keeps global strengths out of its effects, but not
    out of its own cost, recharge, accuracy and range.
    """
    allowed = attribute not in power.strengths_disallowed
    limited_by = LIMITED_BY.get(attribute, attribute.lower())
    return Enhanceable(
        attribute,
        by_slots=allowed,
        by_globals=allowed
        and attribute not in power.global_strengths_disallowed
        and not (is_effect and power.ignore_strength),
        minimum=limit(archetype, f"strength_minimum.{limited_by}", level),
        maximum=limit(archetype, f"strength_maximum.{limited_by}", level),
    )


def _lower(modes: Iterable[str]) -> frozenset[str]:
    return frozenset(mode.lower() for mode in modes)
