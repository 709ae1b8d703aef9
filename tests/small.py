"""A catalogue made by hand: as little as the rules need, with ids as the game writes them."""

from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    BoostSet,
    BoostSetId,
    Catalogue,
    Category,
    CategoryId,
    EffectGroup,
    Enhancement,
    EnhancementId,
    Expression,
    Power,
    PowerId,
    Powerset,
    PowersetId,
    Template,
)

MELEE_TYPES = ("Enhance Accuracy", "Enhance Damage", "Enhance Recharge Speed")
DEFENSE_TYPES = ("Enhance Defense", "Reduce Endurance Cost")

_powers: dict[PowerId, Power] = {}
_powersets: dict[PowersetId, Powerset] = {}


def _power(powerset: str, name: str, **fields: object) -> None:
    power_id = PowerId(f"{powerset}.{name}")
    settings: dict[str, object] = {"type": "Click", "level": 1, "max_slots": 6} | fields
    _powers[power_id] = Power(
        power_id,
        name.replace("_", " "),
        PowersetId(powerset),
        **settings,  # type: ignore[arg-type]
    )
    known = _powersets[PowersetId(powerset)]
    _powersets[known.id] = Powerset(
        known.id, known.name, known.category, known.requires, (*known.powers, power_id)
    )


def _powerset(powerset: str, requires: str = "") -> None:
    category, _, name = powerset.partition(".")
    _powersets[PowersetId(powerset)] = Powerset(
        PowersetId(powerset), name.replace("_", " "), CategoryId(category), Expression(requires)
    )


def _attacks(powerset: str, *levels: int) -> None:
    _powerset(powerset)
    for number, level in enumerate(levels, 1):
        _power(
            powerset,
            f"Attack_{number}",
            level=level,
            enhancement_types=MELEE_TYPES,
            set_groups=("Melee Damage",),
            targets_affected=("Foe (Alive)",),
        )


def _armors(powerset: str, *levels: int) -> None:
    _powerset(powerset)
    for number, level in enumerate(levels, 1):
        _power(
            powerset,
            f"Armor_{number}",
            type="Toggle",
            level=level,
            enhancement_types=DEFENSE_TYPES,
            set_groups=("Defense Sets",),
            targets_affected=("Self",),
        )


_attacks("Scrapper_Melee.Dark_Melee", 1, 1, 2, 6, 8, 12, 18, 26, 32)
_power(
    "Scrapper_Melee.Dark_Melee",
    "Soul_Drain",
    level=12,
    enhancement_types=MELEE_TYPES,
    targets_affected=("Foe (Alive)",),
    max_targets=10,
    effects=(EffectGroup((Template(("ToHit",), target="Self", stack="Stack"),)),),
)
_attacks("Scrapper_Melee.Claws", 1, 1, 2, 6)
_armors("Scrapper_Defense.Shield_Defense", 1, 1, 2, 6, 8, 12, 18, 26, 32)
_power("Scrapper_Defense.Shield_Defense", "True_Grit", type="Auto", level=4)
for _stance in ("Defensive", "Offensive"):
    _power(
        "Scrapper_Defense.Shield_Defense",
        f"{_stance}_Stance",
        type="Toggle",
        level=10,
        exclusion_groups=("Stance_Group",),
        enhancement_types=DEFENSE_TYPES,
    )
_armors("Scrapper_Defense.Invulnerability", 1, 1, 2)
_attacks("Tanker_Melee.Dark_Melee", 1, 2)
_armors("Tanker_Defense.Shield_Defense", 1, 1, 2)
_attacks("Arachnos_Soldiers.Arachnos_Soldier", 1, 1, 2)
_attacks("Arachnos_Soldiers.Bane_Spider_Soldier", 1, 1, 2)
_attacks("Arachnos_Soldiers.Crab_Spider_Soldier", 1, 1, 2)
_armors("Training_Gadgets.Training_and_Gadgets", 1, 2)
_armors("Training_Gadgets.Bane_Spider_Training", 1, 24)
_armors("Training_Gadgets.Crab_Spider_Training", 1, 24)

_powerset("Pool.Fighting")
_power("Pool.Fighting", "Boxing", level=1, enhancement_types=MELEE_TYPES)
_power("Pool.Fighting", "Kick", level=1, enhancement_types=MELEE_TYPES)
_power(
    "Pool.Fighting",
    "Tough",
    type="Toggle",
    level=14,
    enhancement_types=("Enhance Damage Resistance",),
    set_groups=("Resist Damage",),
    requires="Pool.Fighting.Boxing || Pool.Fighting.Kick",
)
_power(
    "Pool.Fighting",
    "Weave",
    type="Toggle",
    level=14,
    enhancement_types=DEFENSE_TYPES,
    set_groups=("Defense Sets",),
    requires="Pool.Fighting.Boxing && Pool.Fighting.Kick || Pool.Fighting.Boxing && "
    "Pool.Fighting.Tough || Pool.Fighting.Kick && Pool.Fighting.Tough",
)
_powerset("Pool.Leaping")
_power("Pool.Leaping", "Jump_Kick", level=1, enhancement_types=MELEE_TYPES)
_power("Pool.Leaping", "Long_Jump", type="Toggle", level=4, enhancement_types=("Enhance Jump",))
_power(
    "Pool.Leaping",
    "Double_Jump",
    level=0,
    auto_issue=True,
    requires="Pool.Leaping.Long_Jump",
    enhancement_types=("Enhance Jump",),
)
_powerset("Pool.Speed")
_power("Pool.Speed", "Hasten", level=1, enhancement_types=("Enhance Recharge Speed",))
for _pool in ("Flight", "Leadership", "Medicine"):
    _armors(f"Pool.{_pool}", 1, 4, 14)
_powerset("Pool.Gadgetry", requires="0")
_powerset("Pool.Fitness")
for _epic, _class in (("Scrapper_Soul_Mastery", "Scrapper"), ("Tank_Dark_Mastery", "Tanker")):
    _powerset(f"Epic.{_epic}")
    for _number, _requires in enumerate(("", " && (ownPowerNum?(Epic) > 1)"), 1):
        _power(
            f"Epic.{_epic}",
            f"Epic_{_number}",
            level=35,
            enhancement_types=MELEE_TYPES,
            set_groups=("Melee Damage",),
            requires=f"($archetype == @Class_{_class}){_requires}",
        )
_powerset("Inherent.Fitness")
for _name, _types in (("Health", "Enhance Heal"), ("Stamina", "Enhance Endurance Modification")):
    _power("Inherent.Fitness", _name, type="Auto", auto_issue=True, enhancement_types=(_types,))
_powerset("Inherent.Inherent")
_power("Inherent.Inherent", "Brawl", auto_issue=True, enhancement_types=MELEE_TYPES)
_power(
    "Inherent.Inherent",
    "Sprint",
    type="Toggle",
    auto_issue=True,
    enhancement_types=("Enhance Running Speed",),
)
_power(
    "Inherent.Inherent",
    "Critical_Hit",
    type="Auto",
    auto_issue=True,
    max_slots=0,
    requires="$archetype == @Class_Scrapper",
)
_power("Inherent.Inherent", "Gauntlet", auto_issue=True, requires="$archetype == @Class_Tanker")
_powerset("Incarnate.Alpha")
_power("Incarnate.Alpha", "Agility_Core_Paragon", type="Auto", max_slots=0)
_power("Incarnate.Alpha", "Cardiac_Boost", type="Auto", max_slots=0)
_powerset("Incarnate.Destiny")
_power("Incarnate.Destiny", "Ageless_Invocation", max_slots=0)
_powerset("Incarnate.Hybrid")
_power("Incarnate.Hybrid", "Assault_Genome", type="Toggle", max_slots=0)
_powerset("Prestige.Prestige_Sprints")
_power("Prestige.Prestige_Sprints", "Glide", type="Toggle", enhancement_types=("Enhance Jump",))
_powerset("Temporary_Powers.Temporary_Powers")
_power("Temporary_Powers.Temporary_Powers", "Jetpack", type="Toggle", max_slots=0)
_powerset("Temporary_Powers.Accolades")
_power("Temporary_Powers.Accolades", "The_Atlas_Medallion", type="Auto", max_slots=0)
_power("Temporary_Powers.Accolades", "Marshall", type="Auto", max_slots=0)

_enhancements: dict[EnhancementId, Enhancement] = {}
_boost_sets: dict[BoostSetId, BoostSet] = {}


def _enhancement(enhancement_id: str, name: str, **fields: object) -> EnhancementId:
    key = EnhancementId(enhancement_id)
    _enhancements[key] = Enhancement(key, name, **fields)  # type: ignore[arg-type]
    return key


for _aspect, _type in (
    ("Damage", "Enhance Damage"),
    ("Accuracy", "Enhance Accuracy"),
    ("Recharge", "Enhance Recharge Speed"),
    ("Defense_Buff", "Enhance Defense"),
    ("Heal", "Enhance Heal"),
    ("Run", "Enhance Running Speed"),
    ("Jump", "Enhance Jump"),
):
    _word = _aspect.replace("_", " ")
    for _prefix, _origins in (
        ("Generic", ()),
        ("Mutation_Magic", ("Magic", "Mutation")),
        ("Magic", ("Magic",)),
        ("Science", ("Science",)),
    ):
        _enhancement(
            f"{_prefix}_{_aspect}",
            f"{_prefix.replace('_', '/')}: {_word}",
            enhancement_types=(_type,),
            origins=_origins,
            aspects=(_word,),
            combinable=True,
        )
    _enhancement(
        f"Crafted_{_aspect}",
        f"Invention: {_word}",
        enhancement_types=(_type,),
        aspects=(_word,),
        boostable=True,
        ignores_level_differences=True,
        min_level=7,
    )
_enhancement(
    "Hamidon_Damage_Accuracy",
    "Hamidon: Accuracy/Damage",
    enhancement_types=("Enhance Multiple", "Enhance Damage", "Enhance Accuracy"),
    combinable=True,
)
_enhancement(
    "Yins_Omni",
    "Yins Omni",
    enhancement_types=("Enhance Damage",),
    slot_requires="char>accesslevel >= 9",
    combinable=True,
)


def _boost_set(
    boost_set: str,
    group: str,
    levels: tuple[int, int],
    forms: tuple[str, ...] = ("Crafted", "Attuned"),
    uniques: str = "",
    unique_with: str = "",
    **fields: object,
) -> None:
    """A set of six pieces, A to F. uniques: the letters of which a build holds one."""
    name = boost_set.replace("_", " ")
    pieces = []
    for position, letter in enumerate("ABCDEF"):
        variants = tuple(EnhancementId(f"{form}_{boost_set}_{letter}") for form in forms)
        others = (EnhancementId(f"{unique_with}_{letter}"),) if unique_with else ()
        for variant in variants:
            is_attuned = "Attuned" in variant
            _enhancement(
                variant,
                f"{name}: Piece {letter}",
                boost_set=BoostSetId(boost_set),
                position=position,
                aspects=(f"Piece {letter}",),
                attuned=is_attuned,
                boostable=not is_attuned and letter != "F",
                proc=letter == "F",
                ignores_level_differences=True,
                unique_group=(*variants, *others) if letter in uniques else (),
                **{"min_level": max(1, levels[0] - 3)} | fields,
            )
        pieces.append(variants)
    _boost_sets[BoostSetId(boost_set)] = BoostSet(
        BoostSetId(boost_set), name, group, "", (), *levels, tuple(pieces)
    )


_boost_set("Luck_of_the_Gambler", "Defense Sets", (25, 50))
_boost_set("Kismet", "Defense Sets", (10, 30), uniques="E")
_boost_set("Steadfast_Protection", "Resist Damage", (10, 30), uniques="B")
_boost_set("Makos_Bite", "Melee Damage", (30, 50))
_boost_set(
    "Hecatomb", "Melee Damage", (50, 50), ("Crafted", "Superior_Attuned"), "ABCDEF", only_at_50=True
)
_boost_set(
    "Scrappers_Strike",
    "Melee Damage",
    (10, 50),
    ("Attuned",),
    "ABCDEF",
    "Superior_Attuned_Superior_Scrappers_Strike",
    restricted_archetypes=(ArchetypeId("Class_Scrapper"),),
)
_boost_set(
    "Superior_Scrappers_Strike",
    "Melee Damage",
    (50, 50),
    ("Superior_Attuned",),
    "ABCDEF",
    "Attuned_Scrappers_Strike",
    restricted_archetypes=(ArchetypeId("Class_Scrapper"),),
    only_at_50=True,
)

_categories = {
    powerset.category: Category(
        powerset.category,
        powerset.category.replace("_", " "),
        tuple(one.id for one in _powersets.values() if one.category == powerset.category),
    )
    for powerset in _powersets.values()
}

SMALL = Catalogue(
    release="small",
    hash="small",
    archetypes={
        ArchetypeId(f"Class_{name}"): Archetype(
            ArchetypeId(f"Class_{name}"),
            name.replace("_", " "),
            player=True,
            primary=CategoryId(primary),
            secondary=CategoryId(secondary),
        )
        for name, primary, secondary in (
            ("Scrapper", "Scrapper_Melee", "Scrapper_Defense"),
            ("Tanker", "Tanker_Defense", "Tanker_Melee"),
            ("Arachnos_Soldier", "Arachnos_Soldiers", "Training_Gadgets"),
        )
    }
    | {ArchetypeId("Class_Minion_Pets"): Archetype(ArchetypeId("Class_Minion_Pets"), "Pets")},
    categories=_categories,
    powersets=_powersets,
    powers=_powers,
    enhancements=_enhancements,
    boost_sets=_boost_sets,
)
