"""Which fields the export's objects have: those we read, and those we leave out on purpose.

A field that is neither is a surprise, which the reader reports. Left out are texts, art, and
what only the game's interface, its servers or its scripts use.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gamedata import raw

Ignored = Mapping[str, str]  # kind of thing -> its fields, separated by spaces


class Shape:
    """One kind of object: its fields, what is ignored and by which name, and what is inside."""

    def __init__(
        self,
        name: str,
        row: type[Struct],
        ignored: Ignored | None = None,
        nested: Mapping[str, "Shape"] | None = None,
    ) -> None:
        self.name = name
        self.row = row
        self.read = frozenset(field.encode_name for field in msgspec.structs.fields(row))
        self.ignored = {
            field: f"{name}: {kind}"
            for kind, fields in (ignored or {}).items()
            for field in fields.split()
        }
        self.known = self.read | self.ignored.keys()
        self.nested = dict(nested or {})


EVENT = Shape("event", raw.RawEvent)

TEMPLATE = Shape(
    "template",
    raw.RawTemplate,
    {"texts": "messages", "art": "fx", "target information": "target_info"},
    {"suppress_events": EVENT, "required_events": EVENT},
)

EFFECT = Shape(
    "effect group", raw.RawEffect, {"evaluation flags": "eval_flags"}, {"templates": TEMPLATE}
)
EFFECT.nested["child_effects"] = EFFECT

REDIRECT = Shape("redirect", raw.RawRedirect, {"interface": "show_in_info"})

BOOST_INFO = Shape(
    "enhancement",
    raw.RawBoostInfo,
    {"art": "icon", "trading": "tradeable account_bound", "uniqueness (always false)": "is_unique"},
)

POWER = Shape(
    "power",
    raw.RawPower,
    {
        "texts": "display_help display_short_help display_fullname message_caster message_floater "
        "message_attacker_hit message_target_hit message_target_confirm message_float_reward "
        "message_defense_avoidance",
        "art": "icon fx custom_fx fx_only_on_main_target highlight_icon highlight_color "
        "vars_attribmods_can_reference",
        "derived": "name short_name attrib_cache",
        "interface": "self_confirm confirm_requires time_to_confirm cancelable show_buff_icon "
        "show_in_inventory deletable tradeable highlight_expression server_tray_priority "
        "server_tray_requires tray_placement tray_number tray_slot",
        "geometry": "caster_near_ground target_near_ground vec_box_offset vec_box_size "
        "position_center position_distance position_height position_yaw face_target "
        "target_visibility ignore_toggle_max_distance",
        "chain order": "chain_delay chain_forks chain_into_optional chain_target_expr "
        "shuffle_target_list",
        "limits of use": "max_num_charges destroy_on_last_use max_power_lifetime "
        "max_power_lifetime_ingame stacking_lifetime toggle_on_time max_toggle_on_time "
        "toggle_detoggle_time travel_suppression_time",
        "states of caster and target": "cast_when_dead cast_through toggle_ignores "
        "toggle_droppable works_on_untouchable works_through_vision_phase target_untargetable "
        "interrupt_like_sleep ignore_stance remember_stance",
        "server behaviour": "auto_issue_keeps_level ignore_level_gained notify_ai_when "
        "proc_ignore_over_cap proc_ignore_chain_effect do_not_save instance_locked "
        "is_environment_hit enforced_level_bought refreshes_on_active_player_change abusive_buff",
    },
    {
        "redirect": REDIRECT,
        "effects": EFFECT,
        "activation_effects": EFFECT,
        "boost_info": BOOST_INFO,
    },
)

ARCHETYPE = Shape(
    "archetype",
    raw.RawArchetype,
    {
        "texts": "display_help display_short_help",
        "art": "icon",
        "server behaviour": "class_requires default_rank level_up_respecs defiant_scale "
        "deep_sleep_resistance off_defiant_hit_points_attrib",
        "constants": "power_pool_category epic_pool_category is_villain",
    },
)
ARCHETYPE_INDEX = Shape("archetype index", raw.RawArchetypeIndex, {"revision": "revision"})

ROOT = Shape("index of categories", raw.RawRoot)

CATEGORY = Shape(
    "category",
    raw.RawCategory,
    {
        "texts": "display_help display_short_help",
        "derived": "source_file archetypes powerset_display_names powersets_with_requirements",
    },
)

POWERSET = Shape(
    "powerset",
    raw.RawPowerset,
    {
        "texts": "display_help display_short_help display_fullname power_short_helps",
        "art": "icon",
        "derived": "source_file power_display_names",
    },
)

BONUS = Shape("set bonus", raw.RawBonus)

BOOST_SET = Shape("boost set", raw.RawBoostSet, {"derived": "computed"}, {"bonuses": BONUS})
BOOST_SET_INDEX = Shape(
    "index of boost sets",
    raw.RawBoostSetIndex,
    {"revision": "revision", "derived": "set_display_names"},
)

ENTITY = Shape(
    "entity",
    raw.RawEntity,
    {
        "art": "gender inactive_state_weapon",
        "server behaviour": "group_name ally gang game_exclusion can_zone custom_badge_stat "
        "badge_stat_flags",
        "overrides by difficulty": "conditions",
    },
    {
        "defaults": Shape(
            "entity",
            raw.RawEntityDefaults,
            {
                "texts": "description group_description display_class_name display_name",
                "art": "costume",
                "derived": "power_display_names powers is_dynamic condition_hash",
                "server behaviour": "min_level max_level requires spawn_limit spawn_limit_mission "
                "ignore_combat_mods ignore_av_to_eb_scaling rank ai_config reward_scale "
                "additional_rewards power_levels",
            },
        ),
        "levels": Shape(
            "entity",
            raw.RawEntityLevel,
            {"art": "costumes", "server behaviour": "min_level max_level experience"},
        ),
    },
)

GROUP = Shape("group", raw.RawGroup)

# Parameters of a template, by their type: the fields we read, or None for what no planner needs.
_POWERS = frozenset(("type", "count", "power_names", "powerset_names", "category_names"))
_FILTER = frozenset(("type", "tags", "power_names", "powerset_names", "category_names"))
_ENTITY_READ = frozenset(("type", "entity_def", "class_name", "display_name", "redirects"))
_ENTITY_IGNORED = frozenset(
    ("costume_name", "priorities", "ai_config", "category_names", "powerset_names", "power_names")
)
PARAMETERS: dict[str, frozenset[str] | None] = {
    "Power": _POWERS,
    "EffectFilter": _FILTER,
    "EntCreate": _ENTITY_READ | _ENTITY_IGNORED,
    "Behavior": None,
    "Costume": None,
    "Knock": None,
    "Phase": None,
    "Reward": None,
    "ScriptNotify": None,
    "SZEValue": None,
    "Teleport": None,
    "Token": None,
}

IGNORED_FILES = {
    "index.json": "file: revision",
    "attribute_names.json": "file: names of attributes",
    "display_names.json": "file: names of attributes",
    "all_power_search.json": "file: search index",
    "at_power_search.json": "file: search index",
    "powers_by_at.json": "file: derived view",
    "boostset_groups.json": "file: derived view",
    "set_bonuses.json": "file: derived view",
    "set_conversions.json": "file: derived view",
    "entity_names.json": "file: derived view",
    "entities/index.json": "file: derived view",
    "tables/": "file: modifier tables (read from the archetypes)",
    "tags/": "file: derived view",
    "entity_tags/": "file: derived view",
}
"""Entries, and folders with a trailing slash, that repeat what is read elsewhere."""
