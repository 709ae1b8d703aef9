"""What Mids Reborn computed for the golden builds, in our words.

Input: `../shared/goldens/builds/<name>/`: `enhanced_powers.json` (scalars and effects as they
come out) and `powers_effects.json` (what the effects are defined as, where Mids says it).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from calc import mbd
from calc.build import Build
from calc.figure_types import EffectFigure
from gamedata.catalogue import Catalogue, PowerId

ABSOLUTE = 1e-4
RELATIVE = 5e-4  # Mids keeps rounded records
PARITY = 1e-4  # with its records in our catalogue

SCRAPPERS = (
    "shield_scrapper_noslots",
    "shield_scrapper_slotted",
    "shield_scrapper_set_bonuses",
    "hasten_2rech",
)
DOMINATOR = "arsenal_dominator_noslots"
INCARNATE = "arsenal_dominator_incarnate"
DOMINATORS = (DOMINATOR, INCARNATE)
GOLDENS = (*SCRAPPERS, *DOMINATORS)

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
POSITIONS = {"Melee": "Melee", "Ranged": "Ranged", "AoE": "Area"}
DEFENSE = DAMAGE | POSITIONS | {"None": "Base_Defense"}
OTHERS = {
    "Absorb": "Absorb",
    "Accuracy": "Accuracy",
    "Defense": "Base_Defense",
    "Endurance": "Endurance",
    "EnduranceDiscount": "EnduranceDiscount",
    "Fly": "Fly",
    "Heal": "Heal_Dmg",
    "HitPoints": "HitPoints",
    "JumpHeight": "JumpHeight",
    "LevelShift": "Level_Shift",
    "MaxJumpSpeed": "JumpingSpeed",
    "MaxRunSpeed": "RunningSpeed",
    "MovementControl": "MovementControl",
    "MovementFriction": "MovementFriction",
    "PerceptionRadius": "PerceptionRadius",
    "Rage": "Rage",
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
    "Translucency": "Translucency",
}
STATES = {
    "EntCreate": "summons: what is summoned has effects of its own",
    "ExecutePower": "runs a power: that has effects of its own",
    "GlobalChanceMod": "changes chances: the effects have them changed",
    "GrantPower": "grants a power: that has effects of its own",
    "Jumppack": "how one looks",
    "ModifyAttrib": "overwrites a scalar: that is compared",
    "NullBool": "nothing",
    "PowerRedirect": "another power is used: that has effects of its own",
    "RevokePower": "takes a power away",
    "SetMode": "a mode: what asks for it has effects of its own",
    "Stealth": "Mids' name for a mode",
}
"""Kinds of Mids' effects whose magnitude says nothing."""
OUR_STATES = {
    "Cancel_Effects": "ends what others did",
    "Designer_Status": "a timer of the game's designers",
    "Global_Chance_Mod": "changes chances: the effects have them changed",
}
"""The same among ours."""


class MidsEffect(Struct, frozen=True):
    """One effect as it comes out.

    aspect: "" is the usual one, Current, or Absolute for what is done once. duration_s: 0 is none
    given. chance, ticks: None where Mids does not say (of what it adds from other powers).
    mode: Any, PvE or PvP. definition: Mids' own, as in `powers_effects.json`.
    """

    kind: str
    index: int
    attribute: str
    aspect: str
    magnitude: float
    duration_s: float
    mode: str
    chance: float | None
    ticks: int | None
    definition: dict[str, Any] | None

    @property
    def label(self) -> str:
        return label(self.attribute, self.aspect)


class MidsPower(Struct, frozen=True):
    """A power: what Mids computed for it before and after slotting."""

    id: PowerId
    before: dict[str, float]
    after: dict[str, float]
    effects: tuple[MidsEffect, ...]

    @property
    def short(self) -> str:
        return self.id.rpartition(".")[2]


def near(ours: float, theirs: float, relative: float = RELATIVE) -> bool:
    difference = abs(ours - theirs)
    return difference <= ABSOLUTE or difference <= relative * abs(theirs)


def build_of(name: str, goldens: Path, catalogue: Catalogue) -> Build:
    return mbd.read((goldens / "builds" / name / f"{name}.mbd").read_bytes(), catalogue).build


def powers_of(name: str, goldens: Path) -> list[MidsPower]:
    """All powers of a golden build that are the game's too."""
    folder = goldens / "builds" / name
    enhanced = msgspec.json.decode((folder / "enhanced_powers.json").read_bytes())
    plain = msgspec.json.decode((folder / "powers_effects.json").read_bytes())
    return [
        MidsPower(
            PowerId(ALIASES.get(one["FullName"], one["FullName"])),
            one["Base"],
            one,
            tuple(_effects(one["Effects"], other["Effects"])),
        )
        for one, other in zip(enhanced, plain, strict=True)
        if one["FullName"] not in NO_POWERS_OF_THE_GAME
    ]


def _effects(
    computed: list[dict[str, Any]], definitions: list[dict[str, Any]]
) -> Iterator[MidsEffect]:
    by_index = {each["Index"]: each for each in definitions}
    for effect in computed:
        definition = by_index.get(effect["Index"])
        if definition is not None and definition["EffectType"] != effect["EffectType"]:
            definition = None  # Mids put what it redirects to in the place of what redirects
        attribute, aspect = meant(effect)
        yield MidsEffect(
            effect["EffectType"],
            effect["Index"],
            attribute,
            aspect,
            effect["Math_Mag"],
            effect["Math_Duration"],
            definition["PvMode"] if definition else "Any",
            definition["BaseProbability"] if definition else None,
            max(definition["Ticks"], 1) if definition else None,
            definition,
        )


def meant(effect: dict[str, Any]) -> tuple[str, str]:
    """Our attribute and aspect for an effect of Mids'; a state keeps Mids' name."""
    match effect["EffectType"]:
        case "Damage":
            return f"{DAMAGE[effect['DamageType']]}_Dmg", "Absolute"
        case "DamageBuff":
            return f"{DAMAGE[effect['DamageType']]}_Dmg", "Strength"
        case "Resistance":
            return f"{DAMAGE[effect['DamageType']]}_Dmg", "Resistance"
        case "Defense":
            return DEFENSE[effect["DamageType"]], "Current"
        case "Elusivity":
            return f"{DEFENSE[effect['DamageType']]}_Elusivity", "Strength"
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
        case "HitPoints":
            return "HitPoints", "Maximum"
        case kind if kind in STATES:
            return kind, ""
        case kind:
            return OTHERS[kind], ""


def label(attribute: str, aspect: str) -> str:
    """What an exemption calls an effect by, ours or Mids'."""
    if attribute in DEFENSE.values():
        return "Defense" if aspect == "Current" else f"Defense {aspect}"
    if aspect == "Strength" and attribute.endswith("_Dmg") and attribute != "Heal_Dmg":
        return "Damage Strength"
    return attribute if aspect in ("", "Current", "Absolute") else f"{attribute} {aspect}"


def is_about(ours: EffectFigure, theirs: MidsEffect) -> bool:
    """Whether both are of one kind; the base of all defenses stands for each of them."""
    if theirs.aspect:
        if ours.aspect != theirs.aspect:
            return False
    elif ours.aspect not in ("Current", "Absolute"):
        return False
    return ours.attribute == theirs.attribute or (
        ours.attribute == "Base_Defense" and theirs.attribute in DEFENSE.values()
    )
