"""What a character has without picking it (`calc.md` §9, §14.2)."""

from msgspec.structs import replace

from calc import build as document
from calc.build import Build, Powersets, TakenPower
from calc.owned import copies, owned
from gamedata.catalogue import (
    Catalogue,
    Category,
    CategoryId,
    Expression,
    Power,
    PowerId,
    Powerset,
    PowersetId,
)


def _power(power_id: str, requires: str = "", *, issued: bool = True, level: int = 1) -> Power:
    powerset = PowersetId(power_id.rpartition(".")[0])
    return Power(
        PowerId(power_id),
        power_id,
        powerset,
        level=level,
        auto_issue=issued,
        requires=Expression(requires),
    )


def _catalogue(*powers: Power) -> Catalogue:
    sets: dict[PowersetId, list[PowerId]] = {}
    for power in powers:
        sets.setdefault(power.powerset, []).append(power.id)
    powersets = {
        name: Powerset(name, name, CategoryId(name.partition(".")[0]), powers=tuple(members))
        for name, members in sets.items()
    }
    inherent = tuple(name for name in powersets if name.startswith("Inherent."))
    return Catalogue(
        "test",
        "test",
        categories={CategoryId("Inherent"): Category(CategoryId("Inherent"), "Inherent", inherent)},
        powersets=powersets,
        powers={power.id: power for power in powers},
    )


CATALOGUE = _catalogue(
    _power("Inherent.Fitness.Health", "!(Pool.Fitness.Health)"),
    _power("Inherent.Inherent.Critical_Hit", "$archetype == @Class_Scrapper"),
    _power("Inherent.Inherent.Rest", level=2),
    _power("Inherent.Inherent.Old_Costume", "0"),
    _power("Pool.Leaping.Long_Jump", issued=False, level=4),
    _power("Pool.Leaping.Double_Jump", "Pool.Leaping.Long_Jump", level=0),
    _power("Pool.Leaping.Third_Jump", "Pool.Leaping.Double_Jump", level=0),
    _power("Other_Set.Other.Form", "", level=0),
)


def test_the_game_issues_what_the_archetype_and_the_level_allow() -> None:
    build = Build(1, archetype="Class_Scrapper", level=1)
    assert list(owned(build, CATALOGUE)) == [
        "Inherent.Fitness.Health",
        "Inherent.Inherent.Critical_Hit",
    ]
    older = Build(1, archetype="Class_Tanker", level=2)
    assert list(owned(older, CATALOGUE)) == ["Inherent.Fitness.Health", "Inherent.Inherent.Rest"]


def test_an_issued_power_can_bring_the_next() -> None:
    build = Build(
        1,
        archetype="Class_Tanker",
        powersets=Powersets(pools={"Pool.Leaping": True}),
        powers={"Pool.Leaping.Long_Jump": TakenPower(level=4)},
    )
    assert "Pool.Leaping.Third_Jump" in owned(build, CATALOGUE)
    assert "Pool.Leaping.Double_Jump" not in owned(document.empty(), CATALOGUE)


def test_powers_of_other_powersets_are_not_issued() -> None:
    assert "Other_Set.Other.Form" not in owned(document.empty(), CATALOGUE)


def test_picks_come_first_by_level_and_what_the_document_says_of_issued_powers_is_kept() -> None:
    off = TakenPower(on=False)
    build = Build(
        1,
        powers={
            "Inherent.Fitness.Health": off,
            "Unknown.Set.Power": TakenPower(level=1),
            "Pool.Leaping.Long_Jump": TakenPower(level=14),
            "Other_Set.Other.Form": TakenPower(level=6),
        },
    )
    powers = owned(build, CATALOGUE)
    assert list(powers)[:2] == ["Pool.Leaping.Long_Jump", "Inherent.Fitness.Health"]
    assert "Other_Set.Other.Form" in powers
    assert powers[PowerId("Inherent.Fitness.Health")] is off
    assert "Unknown.Set.Power" not in powers


def test_p12_what_nothing_grants_is_not_had() -> None:
    """An issued power without what it requires, and what nobody has among his powers."""
    slotted = TakenPower(on=True)
    alone = Build(1, archetype="Class_Tanker", powers={"Pool.Leaping.Third_Jump": slotted})
    assert "Pool.Leaping.Third_Jump" not in owned(alone, CATALOGUE)
    grown = replace(alone, powers=alone.powers | {"Pool.Leaping.Long_Jump": TakenPower(level=4)})
    assert owned(grown, CATALOGUE)[PowerId("Pool.Leaping.Third_Jump")] is slotted


def test_copies_count_powers_powersets_and_categories() -> None:
    assert copies(["Epic.Soul.Moonbeam", "Epic.Soul.Shadow_Meld"], ["Pool.Speed"]) == {
        "epic.soul.moonbeam": 1,
        "epic.soul": 2,
        "epic": 2,
        "epic.soul.shadow_meld": 1,
        "pool.speed": 1,
    }
