"""The catalogue: what the game's data says, in the shapes that rules and maths use.

Facts only. Nothing here knows of builds, and no number is derived: what a value means and
how values combine is `calc`. Ids are the game's own full names; display names are for people
and not unique. Levels count from 1; 0 means "not by level". Durations are seconds, distances
feet, angles radians. Sequences keep the order of the game.
"""

from typing import Literal, NewType

from msgspec import Struct

ArchetypeId = NewType("ArchetypeId", str)  # Class_Scrapper
CategoryId = NewType("CategoryId", str)  # Scrapper_Melee
PowersetId = NewType("PowersetId", str)  # Scrapper_Melee.Dark_Melee
PowerId = NewType("PowerId", str)  # Scrapper_Melee.Dark_Melee.Smite
EnhancementId = NewType("EnhancementId", str)  # Crafted_Luck_of_the_Gambler_A
BoostSetId = NewType("BoostSetId", str)  # Luck_of_the_Gambler
EntityId = NewType("EntityId", str)  # Pets_Decoy
Expression = NewType("Expression", str)  # infix, city-of-data grammar; "" is "always"

Curve = tuple[float, ...]
"""A value by level: entry i is level i + 1, the last entry holds for every level above.

Trailing repeats are trimmed, so a constant has one entry.
"""

PowerType = Literal[
    "Auto", "Click", "Toggle", "Enhancement", "Global Enhancement", "Inspiration", "Boost", ""
]
Aspect = Literal["Current", "Maximum", "Absolute", "Strength", "Resistance", ""]
TemplateType = Literal["Magnitude", "Duration", "Constant", "Expression", ""]


class Archetype(Struct, frozen=True, omit_defaults=True, gc=False):
    """A class: a player's archetype, or what a pet or henchman is.

    Attribute names are the export's, groups joined with a dot: `hit_points`,
    `damage_type.smashing`, `defense_type.ranged_attack`. Table names are lower case.
    """

    id: ArchetypeId
    name: str
    player: bool = False
    primary: CategoryId = CategoryId("")
    secondary: CategoryId = CategoryId("")
    restrictions: tuple[str, ...] = ()
    base: dict[str, float] = {}
    minimum: dict[str, float] = {}
    strength_minimum: dict[str, float] = {}
    resistance_minimum: dict[str, float] = {}
    maximum: dict[str, Curve] = {}  # for hit points and endurance: the base value
    maximum_maximum: dict[str, Curve] = {}  # the cap of `maximum`
    strength_maximum: dict[str, Curve] = {}
    resistance_maximum: dict[str, Curve] = {}
    diminishing_strength: dict[str, float] = {}  # how far buffs count in PvP
    diminishing_current: dict[str, float] = {}
    diminishing_resistance: dict[str, float] = {}
    tables: dict[str, Curve] = {}


class Category(Struct, frozen=True, omit_defaults=True, gc=False):
    """A group of powersets: an archetype's primaries, `Pool`, `Epic`, `Inherent`."""

    id: CategoryId
    name: str
    powersets: tuple[PowersetId, ...] = ()


class Powerset(Struct, frozen=True, omit_defaults=True, gc=False):
    """Powers in the order in which the game lists them."""

    id: PowersetId
    name: str
    category: CategoryId
    requires: Expression = Expression("")
    powers: tuple[PowerId, ...] = ()


class PowerParams(Struct, frozen=True, omit_defaults=True, gc=False, tag="power"):
    """Which powers a granting, revoking, executing or recharging template names."""

    powers: tuple[PowerId, ...] = ()
    count: int = 1
    powersets: tuple[PowersetId, ...] = ()
    categories: tuple[CategoryId, ...] = ()


class EntityParams(Struct, frozen=True, omit_defaults=True, gc=False, tag="entity"):
    """What a Create_Entity template summons: an entity, or an unnamed thing with powers."""

    entity: EntityId = EntityId("")
    name: str = ""
    archetype: str = ""
    powers: tuple[PowerId, ...] = ()


class FilterParams(Struct, frozen=True, omit_defaults=True, gc=False, tag="filter"):
    """Which effects a chance modifier or a cancellation speaks of."""

    tags: tuple[str, ...] = ()
    powers: tuple[PowerId, ...] = ()
    powersets: tuple[PowersetId, ...] = ()
    categories: tuple[CategoryId, ...] = ()


Params = PowerParams | EntityParams | FilterParams


class Event(Struct, frozen=True, omit_defaults=True, gc=False):
    """A happening that suppresses, or is needed by, a template."""

    event: str
    seconds: float = 0.0  # how long it counts after it happened
    always: bool = False


class Template(Struct, frozen=True, omit_defaults=True, gc=False):
    """The smallest effect: the same number for each of its attributes.

    Its magnitude follows from `type`: Magnitude is scale x table (`magnitude` is no factor),
    Duration has `magnitude` for scale x table seconds, Constant is `magnitude`, Expression is
    `magnitude_expression`.
    """

    attributes: tuple[str, ...]
    aspect: Aspect = ""
    type: TemplateType = "Magnitude"
    table: str = ""  # lower case
    scale: float = 0.0
    magnitude: float = 0.0
    duration_s: float | None = 0.0  # None: until killed
    magnitude_expression: Expression = Expression("")
    duration_expression: Expression = Expression("")
    target: str = "AnyAffected"
    application: str = "OnTick"
    period_s: float = 0.0
    delay_s: float = 0.0
    tick_chance: float = 1.0
    tick_magnitude_multiplier: float = 1.0
    tick_magnitude_additive: float = 0.0
    stack: str = "Replace"
    caster_stack: str = "Individual"
    stack_limit: int = 2
    stack_key: str = ""
    flags: tuple[str, ...] = ()  # names only: IgnoreStrength, Boost, ...
    boost_mod_allowed: str = ""  # "": any enhancement may change it
    jit_requires: Expression = Expression("")
    mode: str = ""
    cancel_events: tuple[str, ...] = ()
    suppress_events: tuple[Event, ...] = ()
    required_events: tuple[Event, ...] = ()
    params: Params | None = None


class EffectGroup(Struct, frozen=True, omit_defaults=True, gc=False):
    """Templates under one condition and one chance; children apply only when it does."""

    templates: tuple[Template, ...] = ()
    children: tuple["EffectGroup", ...] = ()
    chance: float = 1.0  # as stored: may lie outside 0..1
    ppm: float = 0.0
    delay_s: float = 0.0
    radius_inner_ft: float = -1.0  # -1: the power's own
    radius_outer_ft: float = -1.0
    requires: Expression = Expression("")
    pvp: Literal["", "only", "never"] = ""
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Redirect(Struct, frozen=True, omit_defaults=True, gc=False):
    """The power that is used instead while `condition` holds."""

    power: PowerId
    condition: Expression = Expression("")


class Power(Struct, frozen=True, omit_defaults=True, gc=False):
    """Anything with effects that is not an enhancement: also set bonuses and pets' powers."""

    id: PowerId
    name: str
    powerset: PowersetId
    type: PowerType = ""
    level: int = 0  # the lowest level at which it can be picked; 0: never by level
    auto_issue: bool = False
    requires: Expression = Expression("")
    activate_requires: Expression = Expression("")
    target_requires: Expression = Expression("")
    archetypes: tuple[str, ...] = ()
    effect_area: str = "SingleTarget"
    target_type: str = "Self"
    target_type_secondary: str = ""
    targets_affected: tuple[str, ...] = ()
    targets_autohit: tuple[str, ...] = ()
    attack_types: tuple[str, ...] = ()
    accuracy: float = 1.0
    cast_s: float = 0.0
    root_s: float = 0.0
    interrupt_s: float = 0.0
    recharge_s: float = 0.0
    period_s: float = 0.0  # a toggle's tick: endurance_cost is per period
    endurance_cost: float = 0.0
    range_ft: float = 0.0
    range_secondary_ft: float = 0.0
    radius_ft: float = 0.0
    arc_rad: float = 0.0
    max_targets: int = 0  # 0: one target or none
    max_targets_expression: Expression = Expression("")
    chain_into: PowerId = PowerId("")  # used right after this one
    chain_effect: Expression = Expression("")  # factor on each further target of a Chain
    number_allowed: int = 1  # copies that count: the rule of five for set bonuses
    max_slots: int = 0  # 6, or 0 for a power that takes no enhancements
    enhancement_types: tuple[str, ...] = ()  # without the origins
    set_groups: tuple[str, ...] = ()  # which boost sets fit, by their `group`
    proc_allowed: bool = True
    procs_only_on_main_target: bool = False
    ignore_strength: bool = False
    strengths_disallowed: tuple[str, ...] = ()
    global_strengths_disallowed: tuple[str, ...] = ()
    exclusion_groups: tuple[str, ...] = ()
    recharge_groups: tuple[str, ...] = ()
    modes_required: tuple[str, ...] = ()
    modes_disallowed: tuple[str, ...] = ()
    modes_suspended: tuple[str, ...] = ()
    show_in_info: bool = True
    show_in_manage: bool = True
    charges: int = 0
    lifetime_s: float = 0.0  # a temporary power's, by the wall clock
    lifetime_ingame_s: float = 0.0  # the same, by time played
    redirects: tuple[Redirect, ...] = ()
    effects: tuple[EffectGroup, ...] = ()
    activation_effects: tuple[EffectGroup, ...] = ()


class Enhancement(Struct, frozen=True, omit_defaults=True, gc=False):
    """What sits in a slot. The export's power for it is `Boosts.<id>.<id>`."""

    id: EnhancementId
    name: str  # the label that tells its aspects: Luck of the Gambler: Defense/Endurance
    boost_set: BoostSetId = BoostSetId("")
    position: int = 0  # index of its piece in the set (A is 0)
    enhancement_types: tuple[str, ...] = ()  # without the origins
    origins: tuple[str, ...] = ()  # Magic, Mutation, ...; none: any origin
    aspects: tuple[str, ...] = ()
    boost_type: str = ""
    attuned: bool = False
    boostable: bool = False  # takes boosters, +1 to +5
    combinable: bool = False  # origin and special kinds: -3 to +3
    superior: bool = False
    proc: bool = False
    catalyzes_to: EnhancementId = EnhancementId("")
    max_level: int = 50
    min_level: int = 1  # the lowest character level at which it can be slotted
    min_bonus_level: int = 1  # below it (exemplared) its set bonuses stop
    bonuses_ignore_exemplar: bool = False
    ignores_level_differences: bool = False
    slot_requires: Expression = Expression("")
    restricted_archetypes: tuple[ArchetypeId, ...] = ()
    unique_group: tuple[EnhancementId, ...] = ()  # at most one of these in a build
    only_at_50: bool = False
    global_bonuses: tuple[PowerId, ...] = ()
    type: PowerType = "Enhancement"
    targets_affected: tuple[str, ...] = ()
    number_allowed: int = 1
    effects: tuple[EffectGroup, ...] = ()
    activation_effects: tuple[EffectGroup, ...] = ()


class SetBonus(Struct, frozen=True, omit_defaults=True, gc=False):
    """One row of a boost set: these powers, while that many pieces sit in one power."""

    powers: tuple[PowerId, ...]
    min_pieces: int
    max_pieces: int = 6
    requires: Expression = Expression("")  # a piece bonus names its piece here
    pvp: bool = False


class BoostSet(Struct, frozen=True, omit_defaults=True, gc=False):
    """Enhancements that belong together. `pieces` are the variants by position."""

    id: BoostSetId
    name: str
    group: str  # what powers name in `set_groups`
    rarity: str = ""
    categories: tuple[str, ...] = ()
    min_level: int = 1
    max_level: int = 50
    pieces: tuple[tuple[EnhancementId, ...], ...] = ()
    bonuses: tuple[SetBonus, ...] = ()


class Entity(Struct, frozen=True, omit_defaults=True, gc=False):
    """A pet, a henchman or another summoned thing."""

    id: EntityId
    name: str
    archetype: ArchetypeId
    powers: tuple[PowerId, ...] = ()
    copies_creator: bool = False
    commandable: bool = False
    tags: tuple[str, ...] = ()


class Catalogue(Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything, by id. `hash` names the contents: equal hash, equal answers."""

    release: str
    hash: str
    archetypes: dict[ArchetypeId, Archetype] = {}
    categories: dict[CategoryId, Category] = {}
    powersets: dict[PowersetId, Powerset] = {}
    powers: dict[PowerId, Power] = {}
    enhancements: dict[EnhancementId, Enhancement] = {}
    boost_sets: dict[BoostSetId, BoostSet] = {}
    entities: dict[EntityId, Entity] = {}
    exclusion_groups: dict[str, tuple[PowerId, ...]] = {}
    recharge_groups: dict[str, tuple[PowerId, ...]] = {}
