"""What an expression's names mean: the build's facts, and whom `target` stands for.

Source: the design's `calc.md` §5.4 and §14.4.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from gamedata.catalogue import Entity, Power, PowerId, PowersetId

Value = float | bool | str | None
UNKNOWN = None

View = Literal["self", "foe", "ally", "pet", "build"]
"""Whom `target` means: the caster as its own target, a standard foe (a boss), an ally near by, one
of those whom the caster summoned;
`build` reads what a power requires before it can be had.
"""

Reads = Literal[
    "archetype",
    "level",
    "power",
    "setting",
    "pet",
    "owned",
    "modes",
    "situation",
    "teammate",
    "slotted",
    "result",
    "totals",
]
"""What a condition's value depends on."""

FIXED: frozenset[Reads] = frozenset({"archetype", "level", "power", "setting", "pet"})
"""Of these: what is the same for every build of an archetype and level in a setting, and for all
pets of a kind."""


class Facts(Struct, frozen=True, gc=False):
    """What the build says about itself while its totals are computed.

    archetype: without `Class_`, lower case; creator: that of who summoned the caster, "" for
    players. owned: copies of each power, powerset and category, by lower-case id. modes: those
    set by active powers, lower case, without `k`. Percents are
    0 to 100, like the game's. rage: 0 to 100, what an archetype's meter shows.
    activated_s: seconds since powers that fade in steps were used. pvp, combat: the setting,
    against players and while fighting. target_class: of the foe, like an archetype.
    slotted: pieces of each enhancement in the build, lower case. teammates: how many of each
    archetype; teammate: that of the one whom an effect is about just now; pet: the same.
    target_has: copies of powers that the foe has, by lower-case id; target_modes: those that these
    powers set, like one's own.
    """

    archetype: str = ""
    level: int = 50
    owned: Mapping[str, int] = {}
    modes: frozenset[str] = frozenset()
    team: int = 1
    activated_s: float = 0.0
    pvp: bool = False
    combat: bool = False
    target_hit_points_percent: float = 100.0
    target_held: bool = False
    target_class: str = "boss_grunt"
    hit_points_percent: float = 100.0
    endurance_percent: float = 100.0
    rage: float = 0.0
    maximum_hit_points: float = 0.0
    to_hit: float = 0.75
    slotted: Mapping[str, int] = {}
    creator: str = ""
    teammates: Mapping[str, int] = {}
    teammate: str = ""
    target_has: Mapping[str, int] = {}
    target_modes: frozenset[str] = frozenset()
    pet: Entity | None = None


_NO_POWER = Power(PowerId(""), "", PowersetId(""))


class Context(Struct, frozen=True, gc=False):
    """One reading: the build's facts, and the effect in whose place it happens.

    result: scale x table x strength, the magnitude without an expression; strength: S of
    `calc.md` §6.1; value: the table's.
    """

    facts: Facts
    power: Power = _NO_POWER
    slotted_here: Mapping[str, int] = {}
    result: float = 0.0
    strength: float = 1.0
    scale: float = 0.0
    value: float = 0.0


Evaluate = Callable[[Context], Value]
Meaning = tuple[Reads | None, Evaluate]
"""What a name depends on (None: nothing), and its value."""


def word(text: str) -> str:
    """One spelling for a class: `@Class_Scrapper`, `Class_Scrapper`, `Arachnos Soldier`."""
    return text.lower().removeprefix("@").removeprefix("class_").replace(" ", "_")


def area_factor(power: Power) -> float:
    """How much wider than one target a power reaches: 1 for a single target (`calc.md` §12)."""
    match power.effect_area:
        case "SingleTarget" | "Location":
            return 1.0
        case "Cone":
            missing = 360.0 - math.degrees(power.arc_rad)
            return 1.0 + 0.15 * power.radius_ft - 0.00036667 * power.radius_ft * missing
        case _:
            return 1.0 + 0.15 * power.radius_ft


# What a name is, and what it depends on. `x>y` of the source; of a target that is the caster too.
_SOURCE: dict[str, Meaning] = {
    "arch": ("archetype", lambda context: context.facts.archetype),
    "archetype:": ("archetype", lambda context: context.facts.archetype),
    "level": ("level", lambda context: context.facts.level),
    "combatlevel": ("level", lambda context: context.facts.level),
    "khitpoints%": ("situation", lambda context: context.facts.hit_points_percent),
    "kendurance%": ("situation", lambda context: context.facts.endurance_percent),
    "kmeter": ("situation", lambda context: context.facts.rage / 100.0),
    "krage": ("situation", lambda context: context.facts.rage),
    "cur.kmeter": ("situation", lambda context: context.facts.rage / 100.0),
    "max.khitpoints": ("totals", lambda context: context.facts.maximum_hit_points),
    "cur.khitpoints": (
        "totals",
        lambda context: context.facts.maximum_hit_points * context.facts.hit_points_percent / 100.0,
    ),
    "cur.ktohit": ("totals", lambda context: context.facts.to_hit),
}
_OWN: dict[str, Meaning] = {
    "$archetype": ("archetype", lambda context: context.facts.archetype),
    "$archtype": ("archetype", lambda context: context.facts.archetype),
    "@stdresult": ("result", lambda context: context.result),
    "@strength": ("result", lambda context: context.strength),
    "@scale": ("result", lambda context: context.scale),
    "@value": ("result", lambda context: context.value),
    "power.base>activatetime": ("power", lambda context: context.power.cast_s),
    "power.base>rechargetime": ("power", lambda context: context.power.recharge_s),
    "power.base>activateperiod": ("power", lambda context: context.power.period_s),
    "power.base>range": ("power", lambda context: context.power.range_ft),
    "power.base>areafactor": ("power", lambda context: area_factor(context.power)),
    "ispvpmap?": ("setting", lambda context: context.facts.pvp),
    "power.base>powersetname": ("power", lambda context: word(context.power.powerset)),
    "power.base>categoryname": (
        "power",
        lambda context: word(context.power.powerset.partition(".")[0]),
    ),
}
_CONSTANTS: dict[str, Value] = {
    "always": True,
    "true": True,
    "false": False,
    "@effectiveness": 1.0,
    "@tohitroll": 0.5,  # a hit, and no streak breaker
    "@tohit": 0.75,
    "@forcehit": False,
    "@chancemods": 0.0,
    "@customfx": "",
    "distance": 0.0,
    "prevdistance": 0.0,
    "ismissionmap?": False,
    "istutorialmap?": False,
    "isarchitectmap?": False,
    "mapname>": "",
}
# Of the source, and of a target that is the caster.
_CASTER: dict[str, Value] = {
    "enttype": "player",
    "entref": "caster",
    "rank": "",
    "group": "",
    "costume": "",
    "curcostume": "",
    "accesslevel": 0.0,
    "kflyspeed": 0.0,
    "intaskforce": False,
    "isfriend?": True,
    "isoutside?": True,
}
_OTHER: dict[str, Value] = {
    "entref": "target",
    "group": "",
    "costume": "",
    "isoutside?": True,
    "kendurance%": 100.0,
    "kmeter": 0.0,
}
_ALLY: dict[str, Value] = _OTHER | {
    "enttype": "player",
    "rank": "",
    "isfriend?": True,
    "khitpoints%": 100.0,
    "cur.khitpoints": 100.0,
    "max.khitpoints": 100.0,
}
_FOE: dict[str, Meaning] = {
    "enttype": ("setting", lambda context: "player" if context.facts.pvp else "critter"),
    "arch": ("situation", lambda context: context.facts.target_class),
    "rank": ("situation", lambda context: context.facts.target_class),
    "isfriend?": (None, lambda _: False),
    "khitpoints%": ("situation", lambda context: context.facts.target_hit_points_percent),
    # Of others only shares are known: conditions compare one with the other, or with nothing.
    "cur.khitpoints": ("situation", lambda context: context.facts.target_hit_points_percent),
    "max.khitpoints": (None, lambda _: 100.0),
}
_PET: dict[str, Value] = _OTHER | {
    "enttype": "critter",
    "isfriend?": True,
    "khitpoints%": 100.0,
}
_HENCHMEN = "mastermindpets"  # their group; the catalogue's entities have none
_FIGHTING = frozenset(
    {"attacked", "attackedbyother", "hitbyfoe", "damaged", "activateattackclick", "missbyother"}
)
_MEZ = ("held", "hold", "sleep", "stun", "stunned", "immobilize", "immobilized", "terrorized")
_HELD = frozenset(
    f"{prefix}k{hold}" for prefix in ("", "cur.", "mod.") for hold in ("held", "hold")
)
_UNFELT = frozenset(
    {
        f"{prefix}k{mez}"
        for prefix in ("", "cur.", "mod.")
        for mez in (*_MEZ, "confused", "fly", "untouchable", "stealth", "stealthradius")
    }
)


def meaning(name: str, view: View) -> Meaning | None:
    """What a lower-case name stands for; None: nothing that is known here."""
    known = _OWN.get(name)
    if known is not None:
        return known
    if name in _CONSTANTS:
        return _constant(_CONSTANTS[name])
    if name.startswith("@class_"):
        return _constant(word(name))
    if ">" in name:
        whose, attribute = name.split(">", 1)
        return _accessor(whose, attribute, view)
    whose, _, attribute = name.rpartition(".")
    if whose in ("source", "target"):
        return _of_caster(attribute) if whose == "source" else _of_target(attribute, view)
    if "." in name and not name.endswith("?"):
        return "owned", lambda context: name in context.facts.owned
    return None


def _constant(value: Value) -> Meaning:
    return None, lambda _: value


def _accessor(whose: str, attribute: str, view: View) -> Meaning | None:
    """`whose>attribute`, and the tables `source.EventCount>Healed` of what happened to whom."""
    whose, _, table = whose.partition(".")
    match table or whose:
        case "eventtimesince":
            return _time_since(attribute)
        case "eventcount":
            return _constant(0.0)
        case "villainname" if view == "pet" and whose == "target":
            return "pet", lambda context: _is_called(context.facts.pet, attribute)
        case "involume" | "villainname" | "scriptmessage":
            return _constant(False)
        case "teamsize":
            return "situation", lambda context: context.facts.team
        case "boostsslotted":
            return "slotted", lambda context: context.facts.slotted.get(attribute, 0)
        case "powerboostsslotted":
            return "slotted", lambda context: context.slotted_here.get(attribute, 0)
        case "auth":
            return _constant(view == "build")
        case "owner" if attribute == "arch" and whose == "source":
            return "archetype", lambda context: context.facts.creator
        case "source" | "char" | "auto":
            return _of_caster(attribute)
        case "target" | "maintarget":
            return _of_target(attribute, view)
        case _:
            return None


def _time_since(event: str) -> Meaning:
    """Who fights does it now; all else that can happen has not happened."""
    if event not in _FIGHTING:
        return _constant(math.inf)
    return "setting", lambda context: 0.0 if context.facts.combat else math.inf


def _of_caster(attribute: str) -> Meaning | None:
    known = _SOURCE.get(attribute)
    if known is not None:
        return known
    if attribute in _UNFELT:
        return _constant(0.0)
    if attribute in _CASTER:
        return _constant(_CASTER[attribute])
    return None


def _of_target(attribute: str, view: View) -> Meaning | None:
    if view in ("self", "build") or attribute in ("level", "combatlevel"):
        return _of_caster(attribute)
    if view == "foe" and attribute in _HELD:
        return "situation", lambda context: 1.0 if context.facts.target_held else 0.0
    if attribute in _UNFELT:
        return _constant(0.0)
    if view == "foe" and attribute in _FOE:
        return _FOE[attribute]
    if view == "ally" and attribute == "arch":
        return "teammate", lambda context: context.facts.teammate
    if view == "pet" and attribute in _OF_PET:
        return _OF_PET[attribute]
    other = {"foe": _OTHER, "pet": _PET}.get(view, _ALLY)
    return _constant(other[attribute]) if attribute in other else None


def _is_called(pet: Entity | None, name: str) -> bool:
    return pet is not None and pet.id.lower() == name


def _class_of(pet: Entity | None) -> str:
    return word(pet.archetype) if pet is not None else ""


def _group_of(pet: Entity | None) -> str:
    """Of henchmen, also of those who stay for a while; of others it is not asked."""
    if pet is not None and (
        pet.id.lower().startswith(_HENCHMEN) or "TemporaryHenchman" in pet.tags
    ):
        return _HENCHMEN
    return ""


_OF_PET: dict[str, Meaning] = {
    "arch": ("pet", lambda context: _class_of(context.facts.pet)),
    "rank": ("pet", lambda context: _class_of(context.facts.pet)),
    "group": ("pet", lambda context: _group_of(context.facts.pet)),
}
