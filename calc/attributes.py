"""The game's attributes: what an archetype calls them, and which stats they add to.

A template names attributes in one spelling (`Smashing_Dmg`), an archetype's limits in another
(`damage_type.smashing`). With the template's aspect an attribute says what a number means.
Source: the design's `calc.md` §2.2, §4.
"""

from calc.stats import DAMAGE_TYPES, DEFENSE_TYPES, MEZ_TYPES, NUMBER, POSITIONS, STATS

# Sums that no player reads, but that totals follow from; they stand behind the stats.
FLYING = len(STATS)
JUMP_HEIGHT_CAP = FLYING + 1
SUMS = JUMP_HEIGHT_CAP + 1  # how many sums there are

_DEFENSE_WORDS = {
    "melee": "Melee",
    "ranged": "Ranged",
    "aoe": "Area",
    "negative": "Negative_Energy",
} | {word: word.capitalize() for word, _, _ in DAMAGE_TYPES if word != "negative"}
_DAMAGE_WORDS = {word: f"{attribute.title()}_Dmg" for word, _, attribute in DAMAGE_TYPES}
_MEZ_WORDS = tuple(word.capitalize() for word, _ in MEZ_TYPES)
DEFENSES = frozenset({"Base_Defense", *_DEFENSE_WORDS.values()})

LIMITED_BY: dict[str, str] = {
    # An archetype's list of limits for `defense` is malformed; all defenses have the same ones.
    "Base_Defense": "defense_type.melee_attack",
    "ToHit": "to_hit",
    "HitPoints": "hit_points",
    "Absorb": "absorb",
    "Endurance": "endurance",
    "Regeneration": "regeneration",
    "Recovery": "recovery",
    "RechargeTime": "recharge_time",
    "EnduranceDiscount": "endurance_discount",
    "Accuracy": "accuracy",
    "Range": "range",
    "InterruptTime": "interrupt_time",
    "RunningSpeed": "speed_running",
    "FlyingSpeed": "speed_flying",
    "JumpingSpeed": "speed_jumping",
    "JumpHeight": "jump_height",
    "PerceptionRadius": "perception_radius",
    "StealthRadius_PVE": "stealth_radius",
    "StealthRadius_PVP": "stealth_radius_player",
    "ThreatLevel": "threat_level",
    "Heal_Dmg": "damage_type.heal",
    "Knockback": "knock_back",
    "Knockup": "knock_up",
    "Fly": "fly",
    **{mez: mez.lower() for mez in (*_MEZ_WORDS, "Afraid") if mez not in ("Knockback", "Knockup")},
    **{f"{attribute.title()}_Dmg": f"damage_type.{attribute}" for _, _, attribute in DAMAGE_TYPES},
    **{
        _DEFENSE_WORDS[word]: f"defense_type.{'aoe' if word == 'aoe' else word}_attack"
        for word, _ in POSITIONS
    },
    **{
        _DEFENSE_WORDS[word]: f"defense_type.{attribute}_attack"
        for word, _, attribute in DAMAGE_TYPES
    },
}
"""By attribute: its name in an archetype's blocks (`strength_maximum` and so on)."""

Feeds = tuple[tuple[int, float], ...]
"""The sums that a number adds to, each with the factor to the stat's unit."""


def _feeds() -> dict[tuple[str, str], Feeds]:
    feeds: dict[tuple[str, str], Feeds] = {}

    def feed(attribute: str, aspect: str, *stats: str, factor: float = 1.0) -> None:
        per_unit = (factor * STATS[NUMBER[stat]].per_unit for stat in stats)
        feeds[attribute, aspect] = tuple(
            zip((NUMBER[stat] for stat in stats), per_unit, strict=True)
        )

    for word, _ in DEFENSE_TYPES:
        feed(_DEFENSE_WORDS[word], "Current", f"defense.{word}")
        feed(f"{_DEFENSE_WORDS[word]}_Elusivity", "Strength", f"elusivity.{word}")
    feed("Base_Defense", "Current", *(f"defense.{word}" for word, _ in DEFENSE_TYPES))
    feed("ElusivityBase", "Strength", *(f"elusivity.{word}" for word, _ in DEFENSE_TYPES))
    for word, attribute in _DAMAGE_WORDS.items():
        feed(attribute, "Resistance", f"resistance.{word}")
        feed(attribute, "Strength", f"offense.damage.{word}")
    for mez in _MEZ_WORDS:
        # Magnitude on oneself is mez that one suffers; what is below zero protects.
        feed(mez, "Current", f"protection.{mez.lower()}", factor=-1.0)
        feed(mez, "Resistance", f"status_resistance.{mez.lower()}")
    for attribute, aspect, stat in (
        ("HitPoints", "Maximum", "health.max"),
        ("Absorb", "Maximum", "health.absorb"),
        ("Regeneration", "Current", "health.regeneration"),
        ("Endurance", "Maximum", "endurance.max"),
        ("Recovery", "Current", "endurance.recovery"),
        ("RechargeTime", "Strength", "offense.recharge"),
        ("Accuracy", "Strength", "offense.accuracy"),
        ("Range", "Strength", "offense.range"),
        ("EnduranceDiscount", "Strength", "offense.endurance_discount"),
        ("Heal_Dmg", "Strength", "offense.heal"),
        ("ToHit", "Current", "offense.to_hit"),
        ("ThreatLevel", "Current", "offense.threat"),
        ("Level_Shift", "Current", "level_shift"),
        ("RunningSpeed", "Current", "movement.run"),
        ("FlyingSpeed", "Current", "movement.fly"),
        ("JumpingSpeed", "Current", "movement.jump"),
        ("JumpHeight", "Current", "movement.jump_height"),
        ("RunningSpeed", "Maximum", "movement.run_cap"),
        ("FlyingSpeed", "Maximum", "movement.fly_cap"),
        ("JumpingSpeed", "Maximum", "movement.jump_cap"),
        ("StealthRadius_PVE", "Current", "stealth.pve"),
        ("StealthRadius_PVP", "Current", "stealth.pvp"),
        ("PerceptionRadius", "Current", "perception"),
        ("Base_Defense", "Resistance", "debuff_resistance.defense"),
        ("ToHit", "Resistance", "debuff_resistance.to_hit"),
        ("RechargeTime", "Resistance", "debuff_resistance.recharge"),
        ("Recovery", "Resistance", "debuff_resistance.recovery"),
        ("Regeneration", "Resistance", "debuff_resistance.regeneration"),
        ("Endurance", "Resistance", "debuff_resistance.endurance"),
        ("PerceptionRadius", "Resistance", "debuff_resistance.perception"),
        ("RunningSpeed", "Resistance", "debuff_resistance.run_speed"),
        ("FlyingSpeed", "Resistance", "debuff_resistance.fly_speed"),
        ("JumpingSpeed", "Resistance", "debuff_resistance.jump_speed"),
        ("JumpHeight", "Resistance", "debuff_resistance.jump_height"),
        ("Accuracy", "Resistance", "debuff_resistance.accuracy"),
        ("Range", "Resistance", "debuff_resistance.range"),
    ):
        feed(attribute, aspect, stat)
    jump_height = STATS[NUMBER["movement.jump_height"]].per_unit
    feeds["JumpHeight", "Maximum"] = ((JUMP_HEIGHT_CAP, jump_height),)
    feeds["Fly", "Current"] = ((FLYING, 1.0),)
    return feeds


FEEDS: dict[tuple[str, str], Feeds] = _feeds()
"""By attribute and aspect; what is absent is state, or a number that is in no total."""

_LOOKS = "how one looks, or what one sees"
_STATE = "a state that changes no stat"
_STORY = "for the game's scripts and rewards"
_CRITTERS = "what critters do"
_METER = "fills a meter, which the scenario sets"
_SWITCHES = "takes away, or readies, what the build switches"
_ONE_OFF = "happens once: in its power's figures"
_NO_PLAYER = "damage of a type that no stat is about"
_NO_STAT = "resistance to what no stat is about"

IGNORED: dict[str, str] = {
    "Null": "a mark without an effect",
    **dict.fromkeys(
        (
            *("Translucency", "Set_Costume", "Vision_Phase", "Exclusive_Vision_Phase"),
            *("Jump Pack", "Hover_Board", "Ninja_Run", "Glide", "Magic_Carpet", "Steam_Jump"),
            *("Clear_Fog", "View_Attributes"),
        ),
        _LOOKS,
    ),
    **dict.fromkeys(
        (
            *("Untouchable", "Intangible", "OnlyAffectsSelf", "Combat_Phase", "Silent_Kill"),
            *("MovementControl", "MovementFriction", "TimeToRoot", "Stealth"),
        ),
        _STATE,
    ),
    **dict.fromkeys(
        (
            *("Debt_Protection", "ExperienceGain", "InfluenceGain", "PrestigeGain", "Reward"),
            *("Reward_Source_Team", "Script_Notify", "Set_Script_Value", "Add_Token", "Set_Token"),
            *("Designer_Status", "Clear_Damagers"),
        ),
        _STORY,
    ),
    **dict.fromkeys(("Avoid", "Evade", "Add_Behavior"), _CRITTERS),
    **dict.fromkeys(("Meter", "Rage"), _METER),
    **dict.fromkeys(("Revoke_Power", "Recharge_Power", "Unset_Mode", "Cancel_Effects"), _SWITCHES),
    "Create_Entity": "summons: in its power's figures",
    "Power_Chance_Mod": "changes a chance in its own power: in its figures",
    **dict.fromkeys(
        (
            *("Special_Dmg", "Electrical_Dmg", "Radiation_Dmg", "Sonic_Dmg", "Quantum_Dmg"),
            *("Unique1_Dmg", "Unique2_Dmg", "Unique3_Dmg"),
        ),
        _NO_PLAYER,
    ),
}
"""Attributes that no total follows from, whatever their aspect, and why."""

IGNORED_ASPECTS: dict[tuple[str, str], str] = {
    **{
        (attribute, aspect): _ONE_OFF
        for attribute in (*_DAMAGE_WORDS.values(), "Heal_Dmg", "Endurance", "HitPoints", "Absorb")
        for aspect in ("Absolute", "Current")
    },
    **{
        (attribute, "Resistance"): "Base_Defense beside it says the same"
        for attribute in sorted(DEFENSES - {"Base_Defense"})
    },
    **{
        ("Afraid", aspect): "Terrorized beside it says the same"
        for aspect in ("Current", "Resistance")
    },
    **{
        (attribute, "Resistance"): _NO_STAT
        for attribute in ("Heal_Dmg", "HitPoints", "Absorb", "EnduranceDiscount", "Fly")
    },
    **{
        (attribute, "Maximum"): "a limit of stealth: only stories set it"
        for attribute in ("StealthRadius_PVE", "StealthRadius_PVP")
    },
}
"""The same for an attribute in one aspect, where others feed a total."""


def ignored(attribute: str, aspect: str) -> str:
    """Why no total follows from an attribute's number; "" when one does, or nobody knows."""
    return IGNORED.get(attribute) or IGNORED_ASPECTS.get((attribute, aspect), "")
