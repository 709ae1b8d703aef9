"""Raw archetypes, powersets, powers and entities -> catalogue: the game's case, levels from 1.

Pure: what is not understood has been reported before (`check.py`) and becomes a default here.
"""

from typing import get_args

from gamedata.catalogue import (
    Archetype,
    Category,
    Curve,
    Entity,
    Expression,
    Power,
    Powerset,
    PowersetId,
    PowerType,
    Redirect,
)
from gamedata.convert_effects import effects
from gamedata.lean import lean
from gamedata.names import Names, archetype_id
from gamedata.raw import (
    Numbers,
    RawArchetype,
    RawCategory,
    RawEntity,
    RawPower,
    RawPowerset,
)
from gamedata.vocabulary import ORIGINS

LEVELS = 105
MAX_SLOTS = 6

POWER_TYPES: dict[str, PowerType] = {word: word for word in get_args(PowerType)}


def curve(values: list[float]) -> Curve:
    """By level, without the repeats at the end."""
    end = len(values)
    while end > 1 and values[end - 1] == values[end - 2]:
        end -= 1
    return tuple(values[:end])


def _flat(numbers: Numbers) -> dict[str, float | list[float]]:
    """Groups joined with a dot."""
    flat: dict[str, float | list[float]] = {}
    for name, value in numbers.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{inner}": number for inner, number in value.items()})
        else:
            flat[name] = value
    return flat


def _scalars(numbers: Numbers) -> dict[str, float]:
    return {k: v for k, v in sorted(_flat(numbers).items()) if not isinstance(v, list)}


def _curves(numbers: Numbers) -> dict[str, Curve]:
    """Without empty lists. `defense` holds its numbers twice, one block after the other."""
    flat = sorted(_flat(numbers).items())
    return {k: curve(v[:LEVELS]) for k, v in flat if isinstance(v, list) and v}


def archetype(raw: RawArchetype, player: bool, names: Names) -> Archetype:
    """Categories are a player's only: pets' classes name some that mean nothing."""
    strength, current, resistance = (
        _scalars(factors[0]) if factors else {}
        for factors in (
            raw.attrib_diminishing_str,
            raw.attrib_diminishing_cur,
            raw.attrib_diminishing_res,
        )
    )
    return lean(
        Archetype(
            id=archetype_id(raw.name),
            name=raw.display_name or "",
            player=player,
            primary=names.category(raw.primary_category or "" if player else ""),
            secondary=names.category(raw.secondary_category or "" if player else ""),
            restrictions=raw.restrictions,
            base=_scalars(raw.attrib_base),
            minimum=_scalars(raw.attrib_min),
            strength_minimum=_scalars(raw.attrib_strength_min),
            resistance_minimum=_scalars(raw.attrib_resistance_min),
            maximum=_curves(raw.attrib_max),
            maximum_maximum=_curves(raw.attrib_max_max),
            strength_maximum=_curves(raw.attrib_strength_max),
            resistance_maximum=_curves(raw.attrib_resistance_max),
            diminishing_strength=strength,
            diminishing_current=current,
            diminishing_resistance=resistance,
            tables={
                name.lower(): curve(table.values)
                for name, table in sorted(raw.named_tables.items())
                if table.values
            },
        )
    )


def category(raw: RawCategory, powersets: tuple[PowersetId, ...], names: Names) -> Category:
    return lean(Category(names.category(raw.name), raw.display_name or "", powersets))


def powerset(
    id_: PowersetId, raw: RawPowerset, powers: tuple[Power, ...], names: Names
) -> Powerset:
    return lean(
        Powerset(
            id=id_,
            name=raw.display_name or "",
            category=names.category(id_.split(".", 1)[0]),
            requires=Expression(raw.requires),
            powers=tuple(power.id for power in powers),
        )
    )


def without_origins(types: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in types if word not in ORIGINS)


def power(raw: RawPower, names: Names) -> Power:
    types = without_origins(raw.boosts_allowed)
    return lean(
        Power(
            id=names.power(raw.full_name),
            name=raw.display_name or "",
            powerset=names.powerset(".".join(raw.full_name.split(".", 2)[:2])),
            type=POWER_TYPES.get(raw.type, ""),
            level=raw.available_level + 1,
            auto_issue=raw.auto_issue,
            requires=Expression(raw.requires),
            activate_requires=Expression(raw.activate_requires),
            target_requires=Expression(raw.target_requires),
            archetypes=tuple(map(archetype_id, raw.archetypes)),
            effect_area=raw.effect_area,
            target_type=raw.target_type,
            target_type_secondary=raw.target_type_secondary or "",
            targets_affected=raw.targets_affected,
            targets_autohit=raw.targets_autohit,
            attack_types=raw.attack_types,
            accuracy=raw.accuracy,
            cast_s=raw.activation_time,
            root_s=raw.root_time,
            interrupt_s=raw.interrupt_time,
            recharge_s=raw.recharge_time,
            period_s=raw.activate_period,
            endurance_cost=raw.endurance_cost,
            range_ft=raw.range,
            range_secondary_ft=raw.range_secondary,
            radius_ft=raw.radius,
            arc_rad=raw.arc,
            max_targets=raw.max_targets_hit,
            max_targets_expression=Expression(raw.max_targets_expression),
            chain_into=names.power(raw.chain_into_power_name or ""),
            chain_effect=Expression(raw.chain_effect_expr),
            number_allowed=raw.number_allowed,
            max_slots=min(raw.max_boosts, MAX_SLOTS) if types else 0,
            enhancement_types=types,
            set_groups=raw.allowed_boostset_cats,
            proc_allowed=raw.proc_allowed != "None",
            procs_only_on_main_target=raw.procs_only_on_main_target,
            ignore_strength=raw.ignore_strength,
            strengths_disallowed=raw.strengths_disallowed,
            global_strengths_disallowed=raw.global_strengths_disallowed,
            exclusion_groups=raw.exclusion_groups,
            recharge_groups=raw.recharge_groups,
            modes_required=raw.modes_required,
            modes_disallowed=raw.modes_disallowed,
            modes_suspended=raw.modes_suspended,
            show_in_info=raw.show_in_info,
            show_in_manage=raw.show_in_manage,
            charges=raw.number_of_charges,
            lifetime_s=raw.power_lifetime,
            lifetime_ingame_s=raw.power_lifetime_ingame,
            redirects=tuple(
                lean(Redirect(names.power(each.name), Expression(each.condition_expression)))
                for each in raw.redirect
            ),
            effects=effects(raw.effects, names),
            activation_effects=effects(raw.activation_effects, names),
        )
    )


def entity(raw: RawEntity, names: Names) -> Entity:
    """Named as at its lowest level: some change their name with the level."""
    labels = raw.levels[0].display_names if raw.levels else ()
    return lean(
        Entity(
            id=names.entity(raw.name),
            name=(labels[0] or "") if labels else "",
            archetype=archetype_id(raw.defaults.character_class_name),
            powers=tuple(map(names.power, raw.defaults.power_full_names)),
            copies_creator=raw.copy_creator_mods,
            commandable=bool(raw.commandable_pet),
            tags=raw.power_tags,
        )
    )
