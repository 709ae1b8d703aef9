"""How much of a catalogue the engine understands."""

from msgspec.structs import replace

from calc.attributes import FEEDS, IGNORED, IGNORED_ASPECTS, ignored
from calc.coverage import Count, Coverage, coverage
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    Category,
    CategoryId,
    EffectGroup,
    Expression,
    Power,
    PowerId,
    PowerParams,
    Powerset,
    PowersetId,
    Template,
)

CATEGORY = CategoryId("Scrapper_Melee")
POWERSET = PowersetId("Scrapper_Melee.Test")


def named(coverage_: Coverage) -> dict[str, set[str]]:
    """By kind: where something is not understood."""
    return {
        kind: set(count.not_understood)
        for counts in (coverage_.effects, coverage_.conditions, coverage_.expressions)
        for kind, count in counts.items()
        if count.not_understood
    }


def catalogue_of(*powers: Power) -> Catalogue:
    scrapper = Archetype(ArchetypeId("Class_Scrapper"), "Scrapper", player=True, primary=CATEGORY)
    own = tuple(power.id for power in powers if power.powerset == POWERSET)
    return Catalogue(
        "test",
        "0",
        archetypes={scrapper.id: scrapper},
        categories={CATEGORY: Category(CATEGORY, "Melee", (POWERSET,))},
        powersets={POWERSET: Powerset(POWERSET, "Test", CATEGORY, powers=own)},
        powers={power.id: power for power in powers},
    )


def power(*groups: EffectGroup, name: str = "Strike", powerset: str = POWERSET) -> Power:
    return Power(
        PowerId(f"{powerset}.{name}"),
        name,
        PowersetId(powerset),
        type="Auto",
        targets_affected=("Self",),
        effects=groups,
    )


def group(
    attribute: str, aspect: str = "Current", requires: str = "", **more: object
) -> EffectGroup:
    template = Template((attribute,), aspect=aspect, scale=1.0, target="Self", **more)  # type: ignore[arg-type]
    return EffectGroup((template,), requires=Expression(requires))


def test_nothing_of_the_game_is_not_understood(full_catalogue: Catalogue) -> None:
    found = coverage(full_catalogue)
    assert found.powers > 8000
    assert found.enhancements > 2500
    assert named(found) == {}
    assert sum(count.evaluated for count in found.effects.values()) > 30_000


def test_nothing_of_the_starter_is_not_understood(catalogue: Catalogue) -> None:
    assert named(coverage(catalogue)) == {}


def test_what_is_new_to_the_engine_is_named() -> None:
    found = coverage(
        catalogue_of(
            power(
                group("ToHit"),
                group("Charisma"),
                group("ToHit", requires="source>kCharisma > 3"),
                group("ToHit", requires="source>kMeter > 0"),
                group("ToHit", type="Expression", magnitude_expression="@StdResult * charm(1)"),
            )
        )
    )
    here = {"Scrapper_Melee.Test.Strike"}
    assert named(found) == {
        "Charisma Current": here,
        "ToHit Current": here,
        "source>kcharisma": here,
        "@stdresult * charm(...)": here,
    }
    assert found.effects["ToHit Current"].evaluated == 3
    assert found.conditions["source>kmeter"].evaluated == 1


def test_what_is_left_out_has_its_reason() -> None:
    found = coverage(
        catalogue_of(
            power(
                group("Translucency"),
                group("ToHit", requires="target>entref != source>entref"),
                group("ToHit", requires="distance > 7"),
                EffectGroup(group("ToHit").templates, chance=0.5),
                EffectGroup(group("ToHit").templates, ppm=2.0),
            )
        )
    )
    assert found.effects["Translucency Current"] == Count(0, {"how one looks, or what one sees": 1})  # type: ignore[arg-type]
    assert sorted(found.effects["ToHit Current"].ignored) == [
        "happens by chance, per minute: in its power's figures",
        "in no situation that a build can tell: distance",
        "its conditions leave the caster out",
        "may happen: its chance is never certain",
    ]


def test_what_a_power_brings_is_walked_too() -> None:
    granted = power(group("Charisma"), name="Granted", powerset="Redirects.Test")
    unrelated = power(group("Charisma"), name="Unrelated", powerset="Redirects.Test")
    grant = group("Grant_Power", params=PowerParams((granted.id,)))
    found = coverage(catalogue_of(power(grant), granted, unrelated))
    assert found.powers == 2
    assert named(found) == {"Charisma Current": {granted.id}}


def test_no_attribute_is_both_added_up_and_left_out() -> None:
    assert not [pair for pair in FEEDS if ignored(*pair)]
    assert not [attribute for attribute, _ in IGNORED_ASPECTS if attribute in IGNORED]


def on_foes(*groups: EffectGroup) -> Power:
    """An attack: what it does is felt by foes."""
    aimed = tuple(
        replace(
            group_,
            templates=tuple(replace(each, target="AnyAffected") for each in group_.templates),
        )
        for group_ in groups
    )
    return replace(power(*aimed), type="Click", targets_affected=("Foe (Alive)",))


def test_what_others_feel_is_in_figures_or_has_its_reason() -> None:
    found = coverage(
        catalogue_of(
            on_foes(
                group("ToHit"),
                group("ToHit", requires="target.HasTag?(Raid)"),
                group("Set_Mode"),
                group("Null"),
            )
        )
    )
    assert found.effects["ToHit Current"].ignored == {
        "felt by others: in its power's figures": 1,
        "felt by others, in no situation that a build can tell: target.hastag?(...)": 1,
    }
    assert found.effects["Set_Mode Current"].ignored == {"a state of others that has no figure": 1}
    assert found.effects["Null Current"].ignored == {"a mark without an effect": 1}
    assert named(found) == {}


def test_a_random_roll_counts_by_its_chance() -> None:
    """In a condition; in the middle of a formula nobody knows it."""
    found = coverage(
        catalogue_of(
            on_foes(group("ToHit", requires="target>kHitPoints% < 100 * rand()")),
            power(
                group("ToHit", type="Expression", magnitude_expression="@StdResult * rand()"),
                name="Gamble",
            ),
        )
    )
    assert found.conditions["rand(...)"] == Count(1)
    assert found.conditions["target>khitpoints%"] == Count(1)
    assert found.expressions["@stdresult * rand()"].ignored == {
        "nobody can know it before it happens": 1
    }
