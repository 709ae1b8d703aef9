"""The stat registry: every number a player reads, its name, its unit and where it ends.

The keys are a published contract (REST, the live protocol, `cohort totals --json`): they are
never renamed. Labels and groups are the words players know from Mids Reborn. Clients fetch the
registry instead of writing it down again. Source: the design's `stats.md`, `calc.md` §2.2, §10.
"""

from typing import Literal, NewType

from msgspec import Struct

StatKey = NewType("StatKey", str)

Unit = Literal["fraction", "points", "per_second", "feet", "feet_per_second", "magnitude", "levels"]
# percent: fraction x 100, two decimals; whole: cut off, never rounded up; decimal: two decimals
Format = Literal["percent", "whole", "decimal"]

SPEED_FT_PER_S = 21.0  # feet per second of one unit of the game's speed attributes
JUMP_HEIGHT_FT = 4.0  # feet of one unit of jump height


class Stat(Struct, frozen=True, omit_defaults=True, gc=False):
    """What a total means.

    per_unit: what one unit of the game's attribute is in this stat's unit.
    base: included in every total; the same for all archetypes.
    base_from: the archetype's value that the total starts from, as "block.attribute"; it
        comes in addition to `base` and is multiplied by `per_unit`.
    cap: where the cap comes from: the archetype's "block.attribute" (times `per_unit`), or the
        key of the stat that holds it; "" is never capped.
    relative_to: the archetype's value that the stat counts in (regeneration is a multiple of
        the archetype's own); caps are divided by it.
    """

    key: StatKey
    label: str
    group: str
    unit: Unit
    format: Format
    per_unit: float = 1.0
    base: float = 0.0
    base_from: str = ""
    cap: str = ""
    relative_to: str = ""


# Our word for a damage type, Mids' label, the archetype's attribute.
DAMAGE_TYPES = (
    ("smashing", "Smashing", "smashing"),
    ("lethal", "Lethal", "lethal"),
    ("fire", "Fire", "fire"),
    ("cold", "Cold", "cold"),
    ("energy", "Energy", "energy"),
    ("negative", "Negative", "negative_energy"),
    ("toxic", "Toxic", "toxic"),
    ("psionic", "Psionic", "psionic"),
)
POSITIONS = (("melee", "Melee"), ("ranged", "Ranged"), ("aoe", "AoE"))
MEZ_TYPES = (
    ("held", "Held"),
    ("stunned", "Stunned"),
    ("sleep", "Sleep"),
    ("immobilized", "Immobilized"),
    ("knockback", "Knockback"),
    ("knockup", "Knockup"),
    ("repel", "Repel"),
    ("confused", "Confused"),
    ("terrorized", "Terrorized"),
    ("taunt", "Taunt"),
    ("placate", "Placate"),
    ("teleport", "Teleport"),
)
# Our word, Mids' label, the archetype's attribute.
DEBUFFS = (
    ("defense", "Defense", "defense_type.melee_attack"),  # all defenses have the same limits
    ("to_hit", "ToHit", "to_hit"),
    ("recharge", "Recharge Time", "recharge_time"),
    ("recovery", "Recovery", "recovery"),
    ("regeneration", "Regeneration", "regeneration"),
    ("endurance", "Endurance", "endurance"),
    ("perception", "Perception", "perception_radius"),
    ("run_speed", "Run Speed", "speed_running"),
    ("fly_speed", "Fly Speed", "speed_flying"),
    ("jump_speed", "Jump Speed", "speed_jumping"),
    ("jump_height", "Jump Height", "jump_height"),
    ("accuracy", "Accuracy", "accuracy"),
    ("range", "Range", "range"),
)
DEFENSE_TYPES = tuple((word, label) for word, label, _ in DAMAGE_TYPES) + POSITIONS


def _fraction(key: str, label: str, group: str, *, base: float = 0.0, cap: str = "") -> Stat:
    return Stat(StatKey(key), label, group, "fraction", "percent", base=base, cap=cap)


def _resistances() -> tuple[Stat, ...]:
    return tuple(
        _fraction(
            f"resistance.{word}",
            label,
            "Resistance",
            cap=f"resistance_maximum.damage_type.{attribute}",
        )
        for word, label, attribute in DAMAGE_TYPES
    )


def _sustain() -> tuple[Stat, ...]:
    return (
        Stat(
            StatKey("health.max"),
            "Max HP",
            "Health",
            "points",
            "whole",
            base_from="maximum.hit_points",
            cap="maximum_maximum.hit_points",
        ),
        Stat(
            StatKey("health.regeneration"),
            "Regeneration",
            "Health",
            "fraction",
            "percent",
            base=1.0,
            cap="maximum.regeneration",
            relative_to="base.regeneration",
        ),
        Stat(
            StatKey("health.regeneration_per_second"),
            "Regeneration/s",
            "Health",
            "per_second",
            "decimal",
        ),
        Stat(
            StatKey("health.absorb"),
            "Absorb",
            "Health",
            "points",
            "whole",
            cap="maximum_maximum.absorb",
        ),
        Stat(
            StatKey("endurance.max"),
            "Max End",
            "Endurance",
            "points",
            "decimal",
            base_from="maximum.endurance",
            cap="maximum_maximum.endurance",
        ),
        Stat(
            StatKey("endurance.recovery"),
            "End Rec",
            "Endurance",
            "fraction",
            "percent",
            base=1.0,
            cap="maximum.recovery",
            relative_to="base.recovery",
        ),
        Stat(
            StatKey("endurance.recovery_per_second"),
            "End Rec/s",
            "Endurance",
            "per_second",
            "decimal",
        ),
        Stat(
            StatKey("endurance.use_per_second"),
            "End Use/s",
            "Endurance",
            "per_second",
            "decimal",
        ),
        Stat(
            StatKey("endurance.net_per_second"),
            "Net End/s",
            "Endurance",
            "per_second",
            "decimal",
        ),
    )


def _offense() -> tuple[Stat, ...]:
    # Strengths start from 1 in the game; where players read only the bonus, the cap is less 1.
    strengths = (
        ("accuracy", "Accuracy", "accuracy"),
        ("range", "Range", "range"),
        ("endurance_discount", "EndRdx", "endurance_discount"),
        ("heal", "Heal", "damage_type.heal"),
    )
    return (
        _fraction(
            "offense.recharge",
            "Haste",
            "Offense",
            base=1.0,
            cap="strength_maximum.recharge_time",
        ),
        _fraction(
            "offense.damage",
            "Damage",
            "Offense",
            base=1.0,
            cap="strength_maximum.damage_type.smashing",
        ),
        *(
            _fraction(f"offense.{word}", label, "Offense", cap=f"strength_maximum.{attribute}")
            for word, label, attribute in strengths
        ),
        _fraction("offense.to_hit", "ToHit", "Offense"),
        Stat(StatKey("offense.threat"), "Threat", "Offense", "magnitude", "decimal"),
        Stat(StatKey("level_shift"), "Level Shift", "Offense", "levels", "whole"),
        *(
            _fraction(
                f"offense.damage.{word}",
                label,
                "Damage",
                base=1.0,
                cap=f"strength_maximum.damage_type.{attribute}",
            )
            for word, label, attribute in DAMAGE_TYPES
        ),
    )


def _movement() -> tuple[Stat, ...]:
    speeds = (("run", "Run Speed"), ("fly", "Fly Speed"), ("jump", "Jump Speed"))
    attributes = {"run": "speed_running", "fly": "speed_flying", "jump": "speed_jumping"}
    return (
        *(
            Stat(
                StatKey(f"movement.{word}"),
                label,
                "Movement",
                "feet_per_second",
                "decimal",
                per_unit=SPEED_FT_PER_S,
                base_from=f"base.{attributes[word]}",
                cap=f"movement.{word}_cap",
            )
            for word, label in speeds
        ),
        Stat(
            StatKey("movement.jump_height"),
            "Jump Height",
            "Movement",
            "feet",
            "decimal",
            per_unit=JUMP_HEIGHT_FT,
            base_from="base.jump_height",
            cap="maximum.jump_height",
        ),
        *(
            Stat(
                StatKey(f"movement.{word}_cap"),
                f"{label} Cap",
                "Movement",
                "feet_per_second",
                "decimal",
                per_unit=SPEED_FT_PER_S,
                base_from=f"maximum.{attributes[word]}",
                cap=f"maximum_maximum.{attributes[word]}",
            )
            for word, label in speeds
        ),
    )


def _senses() -> tuple[Stat, ...]:
    return (
        Stat(
            StatKey("stealth.pve"),
            "Stealth PvE",
            "Stealth",
            "feet",
            "decimal",
            cap="maximum.stealth_radius",
        ),
        Stat(
            StatKey("stealth.pvp"),
            "Stealth PvP",
            "Stealth",
            "feet",
            "decimal",
            cap="maximum.stealth_radius_player",
        ),
        Stat(
            StatKey("perception"),
            "Perception",
            "Stealth",
            "feet",
            "decimal",
            base_from="base.perception_radius",
            cap="maximum.perception_radius",
        ),
    )


STATS: tuple[Stat, ...] = (
    *(_fraction(f"defense.{word}", label, "Defense") for word, label in DEFENSE_TYPES),
    *_resistances(),
    *_sustain(),
    *_offense(),
    *_movement(),
    *_senses(),
    *(
        Stat(
            StatKey(f"protection.{word}"),
            label,
            "Status Protection",
            "magnitude",
            "decimal",
        )
        for word, label in MEZ_TYPES
    ),
    *(
        _fraction(f"status_resistance.{word}", label, "Status Resistance")
        for word, label in MEZ_TYPES
    ),
    *(
        _fraction(
            f"debuff_resistance.{word}",
            label,
            "Debuff Resistance",
            cap=f"resistance_maximum.{attribute}",
        )
        for word, label, attribute in DEBUFFS
    ),
    *(_fraction(f"elusivity.{word}", label, "Elusivity") for word, label in DEFENSE_TYPES),
)

NUMBER: dict[str, int] = {stat.key: number for number, stat in enumerate(STATS)}
"""Where a stat stands in `STATS`: totals are lists by this number until they go out."""
