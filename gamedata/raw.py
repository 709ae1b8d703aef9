"""The rows of the City of Data raw export, as exported: names, units and level bases untouched.

Only what a planner needs is a field here; what is known and left out is listed in `shapes.py`.
Every field has a default, because a revision may add or drop some (the reader reports that).
"""

from msgspec import Struct

Number = float | list[float]
Numbers = dict[str, float | list[float] | dict[str, Number]]
"""Attribute -> number, or group -> {attribute -> number}; a list has one number per level."""


class RawTable(Struct, frozen=True):
    name: str = ""
    values: list[float] = []


class RawArchetype(Struct, frozen=True):
    name: str
    class_key: str = ""
    display_name: str | None = None
    primary_category: str | None = None
    secondary_category: str | None = None
    restrictions: tuple[str, ...] = ()
    attrib_base: Numbers = {}
    attrib_min: Numbers = {}
    attrib_strength_min: Numbers = {}
    attrib_resistance_min: Numbers = {}
    attrib_max: Numbers = {}
    attrib_max_max: Numbers = {}
    attrib_strength_max: Numbers = {}
    attrib_resistance_max: Numbers = {}
    attrib_diminishing_str: tuple[Numbers, ...] = ()
    attrib_diminishing_cur: tuple[Numbers, ...] = ()
    attrib_diminishing_res: tuple[Numbers, ...] = ()
    named_tables: dict[str, RawTable] = {}


class RawArchetypeIndex(Struct, frozen=True):
    player_archetypes: tuple[str, ...] = ()
    npc_archetypes: tuple[str, ...] = ()


class RawRoot(Struct, frozen=True):
    revision: str
    power_categories: tuple[str, ...] = ()


class RawCategory(Struct, frozen=True):
    name: str
    display_name: str | None = None
    powerset_names: tuple[str, ...] = ()


class RawPowerset(Struct, frozen=True):
    name: str
    display_name: str | None = None
    requires: str = ""
    power_names: tuple[str, ...] = ()
    available_level: tuple[int, ...] = ()


class RawEvent(Struct, frozen=True, gc=False):
    event: str
    post_event_duration: float = 0.0
    always: bool = False


class RawParams(Struct, frozen=True, gc=False):
    """Of every type; which fields belong to which is in `shapes.py`."""

    type: str
    count: int = 1
    power_names: tuple[str, ...] = ()
    powerset_names: tuple[str, ...] = ()
    category_names: tuple[str, ...] = ()
    entity_def: str | None = None
    class_name: str | None = None
    display_name: str | None = None
    redirects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class RawTemplate(Struct, frozen=True, gc=False):
    attribs: tuple[str, ...]
    aspect: str = ""
    type: str = "Magnitude"
    table: str = ""
    scale: float = 0.0
    magnitude: float = 0.0
    duration: str = "0 seconds"
    magnitude_expression: str = ""
    duration_expression: str = ""
    application_type: str = "OnTick"
    application_period: float = 0.0
    tick_chance: float = 1.0
    tick_mag_multiplier: float = 1.0
    tick_mag_additive: float = 0.0
    delay: float = 0.0
    target: str = "AnyAffected"
    stack: str = "Replace"
    caster_stack: str = "Individual"
    stack_limit: int = 2
    stack_key: str | None = None
    flags: tuple[str, ...] = ()
    boost_mod_allowed: str = "Science_Boost"
    cancel_events: tuple[str, ...] = ()
    suppress_events: tuple[RawEvent, ...] = ()
    required_events: tuple[RawEvent, ...] = ()
    jit_requires: str = ""
    mode_name: str | None = None
    params: RawParams | None = None


class RawEffect(Struct, frozen=True, gc=False):
    chance: float = 1.0
    ppm: float = 0.0
    delay: float = 0.0
    radius_inner: float = -1.0
    radius_outer: float = -1.0
    requires_expression: str = ""
    is_pvp: str = "EITHER"
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    templates: tuple[RawTemplate, ...] = ()
    child_effects: tuple["RawEffect", ...] = ()


class RawRedirect(Struct, frozen=True, gc=False):
    name: str
    condition_expression: str = ""


class RawBoostInfo(Struct, frozen=True, gc=False):
    slot_requires: str = ""
    ignores_level_differences: bool = False
    bonuses_ignore_exemplar: bool = False
    combinable: bool = False
    boostable: bool = False
    attuned: bool = False
    catalyzes_to: tuple[str, str] | None = None
    max_level: int = 50
    min_slot_level: int = -3
    min_bonus_level: int = 0
    computed_name: str | None = None
    aspects: tuple[str, ...] = ()
    superior_scales: bool = False
    boostset_name: str | None = None
    global_bonuses: tuple[tuple[str, str | None], ...] | None = None
    is_proc: bool = False
    restricted_ats: tuple[str, ...] | None = None
    unique_group: tuple[str, ...] | None = None
    only_at_50: bool = False
    boost_type: str | None = None


class RawPower(Struct, frozen=True):
    """A power, an enhancement (category Boosts) or a set bonus (category Set_Bonus)."""

    full_name: str
    display_name: str | None = None
    type: str = ""
    powerset: str = ""
    available_level: int = 0
    auto_issue: bool = False
    requires: str = ""
    activate_requires: str = ""
    target_requires: str = ""
    archetypes: tuple[str, ...] = ()
    effect_area: str = ""
    target_type: str = ""
    target_type_secondary: str | None = None
    targets_affected: tuple[str, ...] = ()
    targets_autohit: tuple[str, ...] = ()
    attack_types: tuple[str, ...] = ()
    accuracy: float = 1.0
    activation_time: float = 0.0
    root_time: float = 0.0
    interrupt_time: float = 0.0
    recharge_time: float = 0.0
    activate_period: float = 0.0
    endurance_cost: float = 0.0
    range: float = 0.0
    range_secondary: float = 0.0
    radius: float = 0.0
    arc: float = 0.0
    max_targets_hit: int = 0
    max_targets_expression: str = ""
    chain_into_power_name: str | None = None
    chain_effect_expr: str = ""
    number_allowed: int = 1
    max_boosts: int = 0
    boosts_allowed: tuple[str, ...] = ()
    allowed_boostset_cats: tuple[str, ...] = ()
    proc_allowed: str = "All"
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
    number_of_charges: int = 0
    power_lifetime: float = 0.0
    power_lifetime_ingame: float = 0.0
    redirect: tuple[RawRedirect, ...] = ()
    effects: tuple[RawEffect, ...] = ()
    activation_effects: tuple[RawEffect, ...] = ()
    boost_info: RawBoostInfo = RawBoostInfo()


class RawBonus(Struct, frozen=True):
    min_boosts: int
    max_boosts: int = 6
    auto_powers: tuple[str, ...] = ()
    bonus_power: str = ""
    requires: str = ""
    is_pvp_bonus: bool = False


class RawBoostSet(Struct, frozen=True):
    name: str
    display_name: str | None = None
    group_name: str = ""
    conversion_groups: tuple[str, ...] = ()
    boost_lists: tuple[tuple[str, ...], ...] = ()
    min_level: int = 1
    max_level: int = 50
    bonuses: tuple[RawBonus, ...] = ()


class RawBoostSetIndex(Struct, frozen=True):
    set_names: tuple[str, ...] = ()


class RawEntityDefaults(Struct, frozen=True):
    character_class_name: str = ""
    power_full_names: tuple[str, ...] = ()


class RawEntityLevel(Struct, frozen=True):
    display_names: tuple[str | None, ...] = ()


class RawEntity(Struct, frozen=True):
    name: str
    commandable_pet: int = 0
    power_tags: tuple[str, ...] = ()
    copy_creator_mods: bool = False
    defaults: RawEntityDefaults = RawEntityDefaults()
    levels: tuple[RawEntityLevel, ...] = ()


class RawGroup(Struct, frozen=True):
    """An exclusion or recharge group: [display name, lower-case full name] of its powers."""

    group: str
    powers: tuple[tuple[str, str], ...] = ()
