"""Whole builds' figures of each power against those that Mids Reborn computed.

Input: `../shared/goldens/builds/<name>/<name>.mbd`; expected: its `enhanced_powers.json`.
Tolerance: 1e-4 absolutely or 5e-4 of the value. Scalars are compared one by one. Mids lists an
effect for each condition under which it can have another size, whether or not it holds; each of
its effects that applies without conditions has to be among ours. Where the export and Mids'
database differ the export is right: those numbers are exempt by name below.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from calc import mbd
from calc.build import Build
from calc.engine import Engine
from calc.figure_types import EffectFigure, Figures
from gamedata.catalogue import Catalogue, Curve, EffectGroup, PowerId

ABSOLUTE = 1e-4
RELATIVE = 5e-4

SCRAPPERS = (
    "shield_scrapper_noslots",
    "shield_scrapper_slotted",
    "shield_scrapper_set_bonuses",
    "hasten_2rech",
)
INCARNATE = "arsenal_dominator_incarnate"
DOMINATORS = ("arsenal_dominator_noslots", INCARNATE)

# Mids' field, our key after slotting, our key of its `Base`.
SCALARS = (
    ("Accuracy", "power.accuracy", "power.accuracy_multiplier"),
    ("EndCost", "power.endurance", "power.endurance"),
    ("InterruptTime", "power.interrupt", "power.interrupt"),
    ("Range", "power.range", "power.range"),
    ("RechargeTime", "power.recharge", "power.recharge"),
    ("CastTime", "power.cast", "power.cast"),
    ("DamagePerActivation", "power.damage", ""),
)
ALIASES = {
    "Dominator_Control.Arsenal_Control.Tri_Cannon": "Dominator_Control.Arsenal_Control.Gun_Drone",
    "Redirects.Arsenal_Assault.Sniper_Rifle_Normal": (
        "Dominator_Assault.Arsenal_Assault.Sniper_Rifle"
    ),
    "Dominator_Assault.Arsenal_Assault.Elbow_Strike": (
        "Dominator_Assault.Arsenal_Assault.Heavy_Blow"
    ),
}
NO_POWERS_OF_THE_GAME = {
    "Inherent.Inherent.Special_Set_Bonuses",
    "Inherent.Inherent.Double_Jump",
    "Inherent.Inherent.Fast_Snipe",
}

OLD = "Mids has an old record"
ROUNDED = "Mids has a rounded cost"
REDIRECTED = "Mids shows the power itself, the game uses what it redirects to"
EXEMPT: dict[tuple[str, str], str] = {
    ("Shadow_Maul", "EndCost"): f"{OLD}: 8.528, the export 11.024",
    ("Shadow_Maul", "DamagePerActivation"): f"{OLD}: 8 x 0.2695, the export 8 x 0.2023",
    **{
        ("Moonbeam", field): REDIRECTED
        for field in ("Accuracy", "CastTime", "InterruptTime", "DamagePerActivation")
    },
    ("Liquid_Nitrogen", "DamagePerActivation"): (
        "Mids counts 7 ticks of 0.2; the export's power to be read says 0.95 in all"
    ),
    ("Tear_Gas", "Accuracy"): f"{OLD}: 0.85, the export 1",
    ("Tear_Gas", "DamagePerActivation"): f"{OLD}, without damage; the export 16 pulses of 0.3",
    ("Cloaking_Device", "EndCost"): f"{OLD}: 0.09 a pulse, the export 0.091",
    ("Targeting_Drone", "EndCost"): f"{OLD}: 0.155 a second, the export 0.156",
    ("Heavy_Blow", "Accuracy"): f"{OLD}: 1, the export 1.05",
    **{(power, "EndCost"): ROUNDED for power in ("Long_Jump",)},
}
EXEMPT_INCARNATE = {
    ("Sniper_Rifle", "RechargeTime"): "Mids lets no Alpha into what a power redirects to"
}
PARITY = 1e-4
MIDS_RECORDS: dict[str, dict[str, Any]] = {
    "Scrapper_Melee.Dark_Melee.Shadow_Maul": {"endurance_cost": 8.528},
    "Pool.Leaping.Long_Jump": {"endurance_cost": 0.228},
    "Dominator_Assault.Arsenal_Assault.Buckshot": {"endurance_cost": 10.19},
    "Dominator_Assault.Arsenal_Assault.Ignite": {"endurance_cost": 11.86},
    "Dominator_Assault.Arsenal_Assault.Trip_Mine": {"endurance_cost": 18.51},
    "Dominator_Assault.Arsenal_Assault.Heavy_Blow": {"endurance_cost": 11.86, "accuracy": 1.0},
    "Dominator_Assault.Arsenal_Assault.Targeting_Drone": {"endurance_cost": 0.155},
    "Dominator_Control.Arsenal_Control.Cryo_Freeze_Ray": {"endurance_cost": 8.53},
    "Dominator_Control.Arsenal_Control.Cloaking_Device": {"endurance_cost": 0.18},
    "Dominator_Control.Arsenal_Control.Tear_Gas": {"accuracy": 0.85},
}
MIDS_SCALES = {
    "Scrapper_Melee.Dark_Melee.Shadow_Maul": {0.2023: 0.2695, 1.6183: 2.156},
    "Dominator_Assault.Arsenal_Assault.Ignite": {0.1254: 0.1253},
    # 0.1106 x Ranged_Damage, where the export has 0.1 x Melee_Damage.
    "Redirects.Assault_Rifle.Ignite": {0.1: 0.100067},
    "Pets.Trip_Mine_Dominator.TripMine_Info": {1.0954: 1.0953},
}
PARITY_EXEMPT = {  # whole powers of Mids' are others
    *(("Moonbeam", field) for field in ("Accuracy", "CastTime", "InterruptTime")),
    *((power, "DamagePerActivation") for power in ("Moonbeam", "Liquid_Nitrogen", "Tear_Gas")),
}
EXEMPT_EFFECTS: dict[tuple[str, str], str] = {
    ("Shadow_Maul", "Damage"): f"{OLD}: 0.2695, the export 0.2023",
    ("Rest", "Mez"): f"{OLD}: of how it keeps one from moving",
    ("Rest", "Fly"): f"{OLD}: -100, the export -1000",
    ("Liquid_Nitrogen", "SpeedRunning"): f"{OLD}: 0.72, the export 0.9 x Melee_Slow",
    ("Cloaking_Device", "Defense"): f"{OLD}: 0.233, the export 0.25 and 0.5 x Melee_Buff_Def",
    ("Cloaking_Device", "StealthRadius"): f"{OLD}: 250 ft, the export 200",
    ("Flash_Bang", "Mez"): "Mids shows dominators the controllers' Overpower",
    ("Ignite", "Mez"): "Mids' Terrorized is the export's Afraid, of the flames",
    ("Ignite", "Damage"): f"{OLD}: 1.106 and 1.253, the export 0.1 and 0.1254 x 10",
    ("Sniper_Rifle", "Damage"): "Mids lists the quick shot beside the aimed one",
    ("Tear_Gas", "DamageBuff"): f"{OLD}: -0.2 for 60 s, the export -0.15 for 20 s",
    ("Heavy_Blow", "Mez"): f"{OLD}: 0.802, the export 0.804 x Melee_Knockback",
    ("Cryo_Freeze_Ray", "Mez"): f"{OLD}: 12, the export 10 x Ranged_Immobilize",
}

DAMAGE = {
    "Smashing": "Smashing",
    "Lethal": "Lethal",
    "Fire": "Fire",
    "Cold": "Cold",
    "Energy": "Energy",
    "Negative": "Negative_Energy",
    "Toxic": "Toxic",
    "Psionic": "Psionic",
    "Special": "Special",
}
DEFENSE = DAMAGE | {"Melee": "Melee", "Ranged": "Ranged", "AoE": "Area", "None": "Base_Defense"}
OTHERS = {
    "Absorb": "Absorb",
    "Defense": "Base_Defense",
    "Endurance": "Endurance",
    "Fly": "Fly",
    "Heal": "Heal_Dmg",
    "HitPoints": "HitPoints",
    "JumpHeight": "JumpHeight",
    "MaxJumpSpeed": "JumpingSpeed",
    "MaxRunSpeed": "RunningSpeed",
    "PerceptionRadius": "PerceptionRadius",
    "RechargeTime": "RechargeTime",
    "Recovery": "Recovery",
    "Regeneration": "Regeneration",
    "SpeedFlying": "FlyingSpeed",
    "SpeedJumping": "JumpingSpeed",
    "SpeedRunning": "RunningSpeed",
    "StealthRadius": "StealthRadius_PVE",
    "StealthRadiusPlayer": "StealthRadius_PVP",
    "ThreatLevel": "ThreatLevel",
    "ToHit": "ToHit",
}
NO_NUMBER = {  # states, grants and looks, whose magnitude says nothing
    *("EntCreate", "ExecutePower", "GlobalChanceMod", "GrantPower", "RevokePower", "SetMode"),
    *("PowerRedirect", "ModifyAttrib", "NullBool", "Jumppack", "Rage", "LevelShift", "Stealth"),
    *("MovementControl", "MovementFriction", "Translucency"),
}

# What Mids adds to a power that summons or redirects has no definition in the dumps.
ADDED = {"PvMode": "", "ActiveConditionalsCount": 0, "SpecialCase": "None", "BaseProbability": 1}


def near(ours: float, theirs: float, relative: float = RELATIVE) -> bool:
    difference = abs(ours - theirs)
    return difference <= ABSOLUTE or difference <= relative * abs(theirs)


def meant(effect: dict[str, Any]) -> tuple[str, str]:
    """Our attribute and aspect for an effect of Mids'; the aspect "" is any."""
    match effect["EffectType"]:
        case "Damage":
            return f"{DAMAGE[effect['DamageType']]}_Dmg", "Absolute"
        case "DamageBuff":
            return f"{DAMAGE[effect['DamageType']]}_Dmg", "Strength"
        case "Resistance":
            return f"{DAMAGE[effect['DamageType']]}_Dmg", "Resistance"
        case "Defense":
            return DEFENSE[effect["DamageType"]], "Current"
        case "Mez":
            return effect["MezType"], ""
        case "MezResist":
            return effect["MezType"], "Resistance"
        case "Enhancement" | "ResEffect" as kind:
            aspect = "Strength" if kind == "Enhancement" else "Resistance"
            match effect["ETModifies"]:
                case "Mez":
                    return effect["MezType"], aspect
                case "Defense" if kind == "Enhancement":
                    return DEFENSE[effect["DamageType"]], aspect
                case other:
                    return OTHERS[other], aspect
        case "MaxRunSpeed" | "MaxJumpSpeed" as kind:
            return OTHERS[kind], "Maximum"
        case kind:
            return OTHERS[kind], ""


def stands_for(ours: EffectFigure, attribute: str, aspect: str) -> bool:
    """Whether an effect is about that; the base of all defenses is about each."""
    if aspect and ours.aspect != aspect:
        return False
    return ours.attribute == attribute or (
        attribute in DEFENSE.values() and ours.attribute == "Base_Defense"
    )


def is_found(
    theirs: dict[str, Any], attribute: str, aspect: str, found: Figures, *, pulses: bool
) -> bool:
    """pulses: the power is a toggle or auto, where Mids says how long a pulse lasts, or nothing."""
    effects = [
        *found.effects,
        *(effect for pet in found.pets for power in pet.powers for effect in power.effects),
    ]
    for ours in effects:
        if not stands_for(ours, attribute, aspect):
            continue
        if not near(ours.magnitude, theirs["Math_Mag"]):
            continue
        lasts = pulses or bool(found.pets or ours.via) or aspect == "Absolute"
        if lasts or near(ours.duration_s or 0.0, theirs["Math_Duration"]):
            return True
    return False


def build_of(name: str, goldens: Path, catalogue: Catalogue) -> Build:
    return mbd.read((goldens / "builds" / name / f"{name}.mbd").read_bytes(), catalogue).build


def golden_powers(name: str, goldens: Path) -> list[tuple[PowerId, dict[str, Any], dict[str, Any]]]:
    """Our id, what Mids computed, and the effects' definitions."""
    folder = goldens / "builds" / name
    enhanced = msgspec.json.decode((folder / "enhanced_powers.json").read_bytes())
    plain = msgspec.json.decode((folder / "powers_effects.json").read_bytes())
    return [
        (PowerId(ALIASES.get(one["FullName"], one["FullName"])), one, other)
        for one, other in zip(enhanced, plain, strict=True)
        if one["FullName"] not in NO_POWERS_OF_THE_GAME
    ]


def compare_scalars(
    name: str,
    goldens: Path,
    catalogue: Catalogue,
    exempt: Collection[tuple[str, str]],
    relative: float = RELATIVE,
) -> tuple[dict[str, int], list[tuple[object, ...]]]:
    """How many of Mids' scalars were compared, and which differ. An exemption has to be needed."""
    figures = Engine(catalogue).figures(build_of(name, goldens, catalogue))
    compared = {"non-zero": 0, "zero": 0, "exempt": 0}
    wrong: list[tuple[object, ...]] = []
    for power, golden, _ in golden_powers(name, goldens):
        found = figures[power]
        short = power.rpartition(".")[2]
        for field, key, base_key in SCALARS:
            pairs = [(found.after.get(key, 0.0), golden[field], "after")]
            if base_key:
                pairs.append((found.before.get(base_key, 0.0), golden["Base"][field], "before"))
            if (short, field) in exempt:
                compared["exempt"] += len(pairs)
                needed = not all(near(ours, theirs, relative) for ours, theirs, _ in pairs)
                assert needed, f"{short} {field} needs no exemption"
                continue
            for ours, theirs, side in pairs:
                compared["non-zero" if theirs else "zero"] += 1
                if not near(ours, theirs, relative):
                    wrong.append((power, field, side, ours, theirs))
    return compared, wrong


@pytest.mark.parametrize("name", [*SCRAPPERS, *DOMINATORS])
def test_every_scalar_of_every_power(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    exempt = EXEMPT | (EXEMPT_INCARNATE if name == INCARNATE else {})
    compared, wrong = compare_scalars(name, goldens, full_catalogue, exempt)
    with capsys.disabled():
        print(f"\n{name}: scalars {compared}", end=" ")  # noqa: T201
    assert wrong == []
    assert compared["non-zero"] >= 180


@pytest.mark.parametrize("name", [*SCRAPPERS, *DOMINATORS])
def test_every_scalar_with_the_records_of_mids(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the same numbers put in, the same come out, to 1e-4."""
    exempt = PARITY_EXEMPT | (set(EXEMPT_INCARNATE) if name == INCARNATE else set())
    compared, wrong = compare_scalars(name, goldens, as_mids_has_it(full_catalogue), exempt, PARITY)
    with capsys.disabled():
        print(f"\n{name}: scalars with Mids' records {compared}", end=" ")  # noqa: T201
    assert wrong == []
    assert compared["non-zero"] >= 180


def as_mids_has_it(catalogue: Catalogue) -> Catalogue:
    """The catalogue with Mids' rounded tables and older records."""
    archetypes = {
        key: structs.replace(archetype, tables=_rounded(archetype.tables))
        if archetype.player
        else archetype
        for key, archetype in catalogue.archetypes.items()
    }
    powers = dict(catalogue.powers)
    for name, fields in MIDS_RECORDS.items():
        powers[PowerId(name)] = structs.replace(powers[PowerId(name)], **fields)
    for name in MIDS_SCALES:
        power = powers[PowerId(name)]
        effects = tuple(_rescaled(group, MIDS_SCALES[name]) for group in power.effects)
        powers[power.id] = structs.replace(power, effects=effects)
    return structs.replace(catalogue, archetypes=archetypes, powers=powers)


def _rounded(tables: Mapping[str, Curve]) -> dict[str, Curve]:
    """Mids keeps the values of inventions to three decimals."""
    return {
        name: tuple(round(value, 3) for value in curve) if "_boosts_" in name else curve
        for name, curve in tables.items()
    }


def _rescaled(group: EffectGroup, scales: Mapping[float, float]) -> EffectGroup:
    return structs.replace(
        group,
        templates=tuple(
            structs.replace(each, scale=scales.get(each.scale, each.scale))
            for each in group.templates
        ),
        children=tuple(_rescaled(child, scales) for child in group.children),
    )


def compare_effects(
    name: str, goldens: Path, catalogue: Catalogue
) -> tuple[dict[str, int], list[tuple[object, ...]], set[tuple[str, str]]]:
    """How many of Mids' effects are found, which are not, and the exemptions that were needed."""
    figures = Engine(catalogue).figures(build_of(name, goldens, catalogue))
    compared = {"found": 0, "conditional": 0, "exempt": 0, "no number": 0}
    wrong: list[tuple[object, ...]] = []
    used = set()
    for power, golden, plain in golden_powers(name, goldens):
        pulses = catalogue.powers[power].type in ("Toggle", "Auto")
        short = power.rpartition(".")[2]
        definitions = {definition["Index"]: definition for definition in plain["Effects"]}
        for theirs in golden["Effects"]:
            kind = theirs["EffectType"]
            definition = definitions.get(theirs["Index"], ADDED)
            if definition["PvMode"] == "PvP":
                continue
            if kind in NO_NUMBER or not theirs["Math_Mag"]:
                compared["no number"] += 1
                continue
            attribute, aspect = meant(theirs)
            if is_found(theirs, attribute, aspect, figures[power], pulses=pulses):
                compared["found"] += 1
            elif (
                definition["ActiveConditionalsCount"]
                or definition["SpecialCase"] != "None"
                or not definition["BaseProbability"]
            ):
                compared["conditional"] += 1
            elif (short, kind) in EXEMPT_EFFECTS:
                compared["exempt"] += 1
                used.add((short, kind))
            else:
                wrong.append((short, kind, attribute, theirs["Math_Mag"], theirs["Math_Duration"]))
    return compared, wrong, used


@pytest.mark.parametrize("name", [*SCRAPPERS, *DOMINATORS])
def test_every_effect_of_every_power(
    name: str, goldens: Path, full_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    compared, wrong, _ = compare_effects(name, goldens, full_catalogue)
    with capsys.disabled():
        print(f"\n{name}: effects {compared}", end=" ")  # noqa: T201
    assert wrong == []
    assert compared["found"] >= 200


def test_every_exemption_of_effects_is_needed(goldens: Path, full_catalogue: Catalogue) -> None:
    needed = [
        compare_effects(name, goldens, full_catalogue)[2] for name in (*SCRAPPERS[:1], *DOMINATORS)
    ]
    assert set().union(*needed) == set(EXEMPT_EFFECTS)
