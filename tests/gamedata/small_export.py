"""A very small export, written by hand: every kind of row once, complete in its fields."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gamedata import raw, shapes
from gamedata.shapes import Shape

Files = dict[str, Any]  # entry -> JSON value, or bytes as they are
WriteExport = Callable[..., Path]

ALL_ORIGINS = (
    "Magic_Boost",
    "Mutation_Boost",
    "Natural_Boost",
    "Science_Boost",
    "Technology_Boost",
)


def exported(shape: Shape, row: Struct) -> dict[str, Any]:
    """A row as the export has it: with the fields that we leave out."""
    value: dict[str, Any] = msgspec.to_builtins(row)
    return _complete(shape, value)


def _complete(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    for field in shape.ignored:
        value.setdefault(field, None)
    if params := value.get("params"):
        known = shapes.PARAMETERS[params["type"]]
        assert known is not None
        value["params"] = {field: inner for field, inner in params.items() if field in known}
    for field, nested in shape.nested.items():
        inner = value.get(field)
        for child in inner if isinstance(inner, list | tuple) else (inner,):
            if isinstance(child, dict):
                _complete(nested, child)
    return value


def power(full_name: str, **fields: Any) -> dict[str, Any]:
    category, powerset, name = full_name.split(".", 2)
    words = {
        "display_name": name.replace("_", " "),
        "powerset": f"{category}.{powerset}",
        "type": "Click",
        "effect_area": "SingleTarget",
        "target_type": "Self",
    }
    return exported(shapes.POWER, raw.RawPower(full_name, **{**words, **fields}))


def _powersets(files: Files, category: str, powersets: dict[str, list[dict[str, Any]]]) -> None:
    folder = f"powers/{category.lower()}"
    names = tuple(f"{category}.{name}".lower() for name in powersets)
    files[f"{folder}/index.json"] = exported(
        shapes.CATEGORY, raw.RawCategory(category, category, names)
    )
    for name, powers in powersets.items():
        files[f"{folder}/{name.lower()}/index.json"] = exported(
            shapes.POWERSET,
            raw.RawPowerset(
                name,
                name.replace("_", " "),
                power_names=tuple(str(row["full_name"]) for row in powers),
                available_level=tuple(int(str(row["available_level"])) for row in powers),
            ),
        )
        for row in powers:
            parts = str(row["full_name"]).lower().split(".", 2)
            files[f"powers/{'/'.join(parts)}.json"] = row


def damage(scale: float) -> raw.RawEffect:
    template = raw.RawTemplate(
        ("Smashing_Dmg",),
        aspect="Absolute",
        table="Melee_Damage",
        scale=scale,
        duration="0.75 seconds",
        flags=("IgnoreStrength (4)", "CancelOnMiss (2)"),
    )
    return raw.RawEffect(templates=(template,), is_pvp="PVE_ONLY", requires_expression="rand() < 1")


def naming(attribute: str, kind: str, **params: Any) -> raw.RawEffect:
    inner = raw.RawParams(kind, **params)
    return raw.RawEffect(
        templates=(raw.RawTemplate((attribute,), "Absolute", table="melee_damage", params=inner),)
    )


def _archetype(name: str, **fields: Any) -> dict[str, Any]:
    row = raw.RawArchetype(
        name,
        f"@class_{name}",
        name.title(),
        attrib_base={"to_hit": 0.75, "damage_type": {"smashing": 0.0}},
        attrib_max={"hit_points": [100.0 + i for i in range(105)], "insight": []},
        attrib_resistance_max={"defense": [0.2] * 49 + [0.95] * 56 + [0.2] * 49 + [0.95] * 56},
        named_tables={
            "melee_damage": raw.RawTable("Melee_Damage", [-float(i) for i in range(105)]),
            "melee_ones": raw.RawTable("Melee_Ones", [1.0] * 105),
        },
        **fields,
    )
    return exported(shapes.ARCHETYPE, row)


def _boost(name: str, types: Iterable[str], **info: Any) -> dict[str, Any]:
    return power(
        f"Boosts.{name}.{name}",
        type="Enhancement",
        boosts_allowed=(*types, *ALL_ORIGINS),
        boost_info=raw.RawBoostInfo(computed_name=name.replace("_", " "), **info),
    )


def small_export() -> Files:
    """The entries of the small export."""
    files: Files = {
        "index.json": {"revision": "homecoming-test_1"},
        "archetypes/index.json": {
            "revision": "homecoming-test_1",
            "player_archetypes": ["scrapper"],
            "npc_archetypes": ["minion_pets"],
        },
        "archetypes/scrapper.json": _archetype(
            "scrapper", primary_category="Scrapper_MELEE", secondary_category="Scrapper_Defense"
        ),
        "archetypes/minion_pets.json": _archetype("minion_pets"),
        "powers/index.json": exported(
            shapes.ROOT,
            raw.RawRoot(
                "homecoming-test_1",
                (
                    "Scrapper_Melee",
                    "Scrapper_Defense",
                    "Pool",
                    "Epic",
                    "Boosts",
                    "Set_Bonus",
                    "Pets",
                ),
            ),
        ),
        "exclusion_groups/speed_group.json": {
            "group": "Speed_Group",
            "powers": [["Pool.Speed.Hasten", "pool.speed.hasten"]],
        },
        "recharge_groups/fast_group.json": {
            "group": "Fast_Group",
            "powers": [["Pool.Speed.Hasten", "pool.speed.hasten"]],
        },
        "entities/pets_decoy.json": exported(
            shapes.ENTITY,
            raw.RawEntity(
                "Pets_Decoy",
                commandable_pet=1,
                defaults=raw.RawEntityDefaults("minion_pets", ("Pets.Decoy.Punch",)),
                levels=(raw.RawEntityLevel(("Decoy",)),),
            ),
        ),
        "boost_sets/index.json": {
            "revision": "homecoming-test_1",
            "set_names": ["kismet"],
            "set_display_names": ["Kismet"],
        },
        "boost_sets/kismet.json": exported(
            shapes.BOOST_SET,
            raw.RawBoostSet(
                "Kismet",
                "Kismet",
                "Defense Sets",
                ("Rarity: Rare", "Category: Defense"),
                (
                    (
                        "Boosts.Crafted_Kismet_A.Crafted_Kismet_A",
                        "Boosts.Attuned_Kismet_A.Attuned_Kismet_A",
                    ),
                ),
                10,
                30,
                (raw.RawBonus(2, auto_powers=("set_bonus.set_bonus.small_accuracy",)),),
            ),
        ),
    }
    smite = power(
        "Scrapper_Melee.Dark_Melee.Smite",
        effects=(damage(1.32),),
        archetypes=("scrapper",),
        redirect=(raw.RawRedirect("pets.decoy.punch", "Always"),),
        max_boosts=6,
        boosts_allowed=("Enhance Damage", *ALL_ORIGINS),
    )
    decoy = power(
        "Scrapper_Melee.Dark_Melee.Decoy",
        available_level=7,
        effects=(naming("Create_Entity", "EntCreate", entity_def="pets_decoy"),),
    )
    _powersets(files, "Scrapper_Melee", {"Dark_Melee": [smite, decoy]})
    shield = power(
        "Scrapper_Defense.Shield_Defense.Deflection",
        type="Toggle",
        boosts_allowed=("Enhance Defense", *ALL_ORIGINS),
        allowed_boostset_cats=("Defense Sets",),
        max_boosts=6,
    )
    _powersets(files, "Scrapper_Defense", {"Shield_Defense": [shield]})
    hasten = power("Pool.Speed.Hasten", exclusion_groups=("Speed_Group",), available_level=3)
    _powersets(files, "Pool", {"Speed": [hasten]})
    gloom = power("Epic.Soul_Mastery.Gloom", requires="$archetype == @Class_Scrapper")
    _powersets(files, "Epic", {"Soul_Mastery": [gloom]})
    kismet = {"boostset_name": "kismet", "min_slot_level": 6, "max_level": 30}
    boosts = (
        _boost(
            "Crafted_Kismet_A",
            ("Enhance Defense",),
            catalyzes_to=("boosts.attuned_kismet_a.attuned_kismet_a", "Kismet"),
            **kismet,
        ),
        _boost("Attuned_Kismet_A", ("Enhance Defense",), attuned=True, **kismet),
        _boost("Crafted_Damage", ("Enhance Damage",), aspects=("Damage",)),
    )
    _powersets(files, "Boosts", {str(row["full_name"]).split(".")[1]: [row] for row in boosts})
    bonus = power("Set_Bonus.Set_Bonus.Small_Accuracy", type="Auto", number_allowed=5)
    _powersets(files, "Set_Bonus", {"Set_Bonus": [bonus]})
    _powersets(files, "Pets", {"Decoy": [power("Pets.Decoy.Punch", archetypes=("minion_pets",))]})
    return files
