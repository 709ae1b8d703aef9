"""The parity profile: our catalogue with Mids' rounding and older records, in tests alone.

With the same numbers put in, the same have to come out. What differs between Mids and the export
is data, and the export is the game's: so these records are nowhere but here.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from gamedata.catalogue import (
    Archetype,
    Aspect,
    Catalogue,
    EffectGroup,
    Expression,
    Power,
    PowerId,
    Template,
)
from tests.golden.mids import STATES, MidsEffect, MidsPower

SCALARS = {
    "Accuracy": "accuracy",
    "EndCost": "endurance_cost",
    "InterruptTime": "interrupt_s",
    "Range": "range_ft",
    "RechargeTime": "recharge_s",
    "CastTime": "cast_s",
}
OTHER_COST = {  # and accuracy
    "Pool.Leaping.Long_Jump": "0.228, the export 0.2275",
    "Dominator_Assault.Arsenal_Assault.Buckshot": "10.19, the export 10.192",
    "Dominator_Assault.Arsenal_Assault.Trip_Mine": "18.51, the export 18.512",
}
"""Of these powers Mids has rounded scalars."""

OTHER_EFFECTS = {
    "Scrapper_Melee.Dark_Melee.Smite": "against players 0.41812 and 1.25436 of the other table",
    "Scrapper_Melee.Dark_Melee.Siphon_Life": "against players 2.7274 of the other table",
    "Scrapper_Melee.Dark_Melee.Soul_Drain": "no toxic damage; also toxic",
    "Scrapper_Melee.Dark_Melee.Shadow_Maul": "8.528 endurance, 8 x 0.2695; 11.024, 8 x 0.2023",
    "Scrapper_Melee.Dark_Melee.Midnight_Grasp": "against players 0.1 a tick; 0.0789",
    "Scrapper_Defense.Shield_Defense.Against_all_Odds": "taunts for 17 s; 13.6",
    "Epic.Stalker_Soul_Mastery.Moonbeam": "3.56 at once; 4.5 after 3 s, by another power",
    "Pool.Leadership.Defense": "against players toxic too; not",
    "Inherent.Inherent.Rest": "Fly and Teleport -100, defenses' strength -1000; -1000, speeds",
    "Inherent.Fitness.Hurdle": "lasts 10.25 s; 0.75 s",
    "Dominator_Control.Arsenal_Control.Liquid_Nitrogen": "7 ticks of 0.2; 0.95 in all",
    "Dominator_Control.Arsenal_Control.Cloaking_Device": (
        "0.18 endurance, defense 0.233 x Ranged_Buff_Def, 250 ft; 0.182, 0.25 and 0.5 x "
        "Melee_Buff_Def, 200 ft"
    ),
    "Dominator_Control.Arsenal_Control.Flash_Bang": "controllers' Overpower; not",
    "Dominator_Control.Arsenal_Control.Tear_Gas": (
        "no damage, damage -0.2 for 60 s, hold 25; 16 x 0.3, -0.15 for 20 s, hold 5 and 8"
    ),
    "Dominator_Control.Arsenal_Control.Cryo_Freeze_Ray": "8.53 endurance, holds 12; 8.528, 10",
    "Dominator_Assault.Arsenal_Assault.Targeting_Drone": "0.155 endurance, 0.5 s; 0.156, 0.75 s",
    "Dominator_Assault.Arsenal_Assault.Ignite": (
        "11.86 endurance, 1.106 and 1.253 x 0.1 of ranged; 11.865, 0.1 of melee and 0.1254"
    ),
    "Dominator_Assault.Arsenal_Assault.Heavy_Blow": (
        "11.86 endurance, accuracy 1, knockback 0.802; 10.192, 1.05, 0.804"
    ),
}
"""Of these powers Mids has other records of what they do: Mids'; the export's."""

NOT_ENHANCED = (  # Mids lets nothing into what a power redirects to, the export does
    "Dominator_Assault.Arsenal_Assault.Sniper_Rifle",
    "Pets.Dominator_AR_Snipe.Sniper_Rifle_Normal",
)
SCALES = {"Pets.Trip_Mine_Dominator.TripMine_Info": {1.0954: 1.0953}}
JUMP_SPEED_CAP = 114.4 / 21
TABLES = {"Class_Scrapper": {"melee_pvpdamage": (-79.3313,)}}  # the export: -79.3578

MINION = "target>arch eq 'Class_Minion_Grunt'"
FOE_NO_MINION = f"target>enttype eq 'critter' && !({MINION})"
NEVER = "0"
CONDITIONS: dict[tuple[str, int], str] = {
    # Mids' dump says only how many conditions there are.
    ("Smite", 6): MINION,
    ("Smite", 7): FOE_NO_MINION,
    ("Siphon_Life", 5): MINION,
    ("Siphon_Life", 6): FOE_NO_MINION,
    ("Soul_Drain", 18): MINION,
    ("Soul_Drain", 19): FOE_NO_MINION,
    ("Shadow_Maul", 6): MINION,
    ("Shadow_Maul", 7): FOE_NO_MINION,
    ("Midnight_Grasp", 8): MINION,
    ("Midnight_Grasp", 9): FOE_NO_MINION,
    ("Moonbeam", 0): "!Source.Mode?(kEngaged)",
    ("Moonbeam", 1): f"!Source.Mode?(kEngaged) && {FOE_NO_MINION}",
    ("Moonbeam", 2): MINION,
    ("Moonbeam", 5): "!Source.Mode?(kEngaged)",
    ("Moonbeam", 6): "!Source.Mode?(kEngaged)",
    **{("Moonbeam", index): "Source.Mode?(kEngaged)" for index in (12, 13)},
    **{("Moonbeam", index): NEVER for index in (3, 7, 8, *range(14, 24))},
}


def as_mids_has_it(catalogue: Catalogue, golden: Iterable[MidsPower], common: Path) -> Catalogue:
    """The catalogue with Mids' records of a golden build's powers. common: the dumps' folder."""
    classes = msgspec.json.decode((common / "archetypes.json").read_bytes())
    theirs = {each["ClassName"]: each for each in classes}
    archetypes = {
        key: _class(archetype, theirs[key]) if archetype.player else archetype
        for key, archetype in catalogue.archetypes.items()
    }
    powers = dict(catalogue.powers)
    for one in golden:
        if one.id in OTHER_COST or one.id in OTHER_EFFECTS:
            powers[one.id] = _with_scalars(powers[one.id], one)
        if one.id in OTHER_EFFECTS:
            powers[one.id] = _with_effects(powers[one.id], one)
    for name in NOT_ENHANCED:
        powers[PowerId(name)] = structs.replace(powers[PowerId(name)], enhancement_types=())
    for name, scales in SCALES.items():
        power = powers[PowerId(name)]
        effects = tuple(_rescaled(group, scales) for group in power.effects)
        powers[power.id] = structs.replace(power, effects=effects)
    return structs.replace(catalogue, archetypes=archetypes, powers=powers)


def _class(archetype: Archetype, theirs: dict[str, Any]) -> Archetype:
    """Whole hit points, inventions to three decimals, and caps as Mids has them."""
    maximum = dict(archetype.maximum)
    maximum["hit_points"] = (theirs["Hitpoints"],)
    maximum["speed_jumping"] = (JUMP_SPEED_CAP,)
    for stealth in ("stealth_radius", "stealth_radius_player"):  # Mids caps none
        del maximum[stealth]
    return structs.replace(
        archetype,
        tables={
            name: tuple(round(value, 3) for value in curve) if "_boosts_" in name else curve
            for name, curve in archetype.tables.items()
        }
        | TABLES.get(archetype.id, {}),
        maximum=maximum,
        maximum_maximum={**archetype.maximum_maximum, "hit_points": (theirs["HPCap"],)},
    )


def _with_scalars(power: Power, theirs: MidsPower) -> Power:
    fields: dict[str, Any] = {ours: theirs.before[name] for name, ours in SCALARS.items()}
    return structs.replace(power, **fields)


def _with_effects(power: Power, theirs: MidsPower) -> Power:
    """What Mids says that a power does, and whom it does it to."""
    for_others = any(
        effect.definition is not None and effect.definition["ToWho"] == "Target"
        for effect in theirs.effects
    )
    targets = ("Foe (Alive)",) if for_others else power.targets_affected
    return structs.replace(
        power,
        targets_affected=targets,
        effects=_groups(theirs),
        activation_effects=(),
        redirects=(),
    )


def _groups(power: MidsPower) -> tuple[EffectGroup, ...]:
    return tuple(
        _group(effect, effect.definition, CONDITIONS.get((power.short, effect.index), ""))
        for effect in power.effects
        if effect.definition is not None and effect.kind not in STATES
    )


def _group(effect: MidsEffect, definition: dict[str, Any], requires: str) -> EffectGroup:
    if definition["SpecialCase"] == "Containment":
        requires = NEVER  # of controllers
    pvp = {"PvE": "never", "PvP": "only", "Any": ""}[effect.mode]
    return EffectGroup(
        (_template(effect, definition),),
        chance=definition["BaseProbability"],
        requires=Expression(requires),
        pvp=pvp,  # type: ignore[arg-type]
    )


def _template(effect: MidsEffect, definition: dict[str, Any]) -> Template:
    lasts = definition["AttribType"] == "Duration"
    aspect: Aspect = effect.aspect or "Current"  # type: ignore[assignment]
    if effect.attribute in ("Taunt", "Placate", "Heal_Dmg"):
        aspect = "Absolute"
    ticks, duration = definition["Ticks"], definition["nDuration"]
    stack = "Stack" if definition["VariableModified"] or definition["Stacking"] == "Yes" else ""
    return Template(
        (effect.attribute,),
        aspect=aspect,
        type="Duration" if lasts else "Magnitude",
        table=definition["ModifierTable"].lower(),
        scale=definition["Scale"] * (1.0 if lasts else definition["nMagnitude"]),
        magnitude=definition["nMagnitude"],
        duration_s=duration,
        target="Self" if definition["ToWho"] == "Self" else "AnyAffected",
        period_s=duration / (ticks - 0.5) if ticks > 1 else 0.0,
        delay_s=definition["DelayedTime"],
        stack=stack or "Replace",
        flags=() if definition["Buffable"] else ("IgnoreStrength",),
    )


def _rescaled(group: EffectGroup, scales: Mapping[float, float]) -> EffectGroup:
    return structs.replace(
        group,
        templates=tuple(
            structs.replace(each, scale=scales.get(each.scale, each.scale))
            for each in group.templates
        ),
        children=tuple(_rescaled(child, scales) for child in group.children),
    )
