"""What things name, and as what."""

import pytest

from gamedata import references
from gamedata.catalogue import (
    ArchetypeId,
    BoostSet,
    BoostSetId,
    CategoryId,
    EffectGroup,
    Enhancement,
    EnhancementId,
    Entity,
    EntityId,
    EntityParams,
    FilterParams,
    Params,
    Power,
    PowerId,
    PowerParams,
    PowersetId,
    Redirect,
    SetBonus,
    Template,
)


def effect(attribute: str, params: Params | None) -> tuple[EffectGroup, ...]:
    child = EffectGroup(templates=(Template((attribute,), params=params),))
    return (EffectGroup(children=(child,)),)


POWERS = PowerParams((PowerId("A"),), 1, (PowersetId("S"),), (CategoryId("C"),))


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        ("Grant_Power", "power"),
        ("Grant_Boosted_Power", "power"),
        ("Execute_Power", "power"),
        ("Revoke_Power", "mentioned power"),
        ("Recharge_Power", "mentioned power"),
    ],
)
def test_granted_powers_are_needed_and_revoked_ones_only_mentioned(
    attribute: str, kind: str
) -> None:
    found = list(references.of_effects(effect(attribute, POWERS)))
    assert found == [(kind, "A"), ("powerset", "S"), ("category", "C")]


def test_summons() -> None:
    params = EntityParams(EntityId("Imp"), "", "Class_Pets", (PowerId("Bite"),))
    assert list(references.of_effects(effect("Create_Entity", params))) == [
        ("entity", "Imp"),
        ("archetype", "Class_Pets"),
        ("power", "Bite"),
    ]


def test_filters_and_plain_effects() -> None:
    params = FilterParams(("Crit",), (PowerId("A"),), (PowersetId("S"),), (CategoryId("C"),))
    assert list(references.of_effects(effect("Global_Chance_Mod", params))) == [
        ("mentioned power", "A"),
        ("powerset", "S"),
        ("category", "C"),
    ]
    assert list(references.of_effects(effect("ToHit", None))) == []


def test_a_power_turns_into_others() -> None:
    power = Power(
        PowerId("P"),
        "",
        PowersetId("S"),
        redirects=(Redirect(PowerId("R")),),
        chain_into=PowerId("N"),
        effects=effect("Grant_Power", PowerParams((PowerId("A"),))),
        activation_effects=effect("Grant_Power", PowerParams((PowerId("B"),))),
    )
    found = list(references.of_power(power))
    assert found == [("power", "R"), ("power", "N"), ("power", "A"), ("power", "B")]


def test_enhancements_sets_and_entities() -> None:
    piece = Enhancement(
        EnhancementId("E"),
        "",
        boost_set=BoostSetId("S"),
        catalyzes_to=EnhancementId("F"),
        unique_group=(EnhancementId("G"),),
        restricted_archetypes=(ArchetypeId("Class_Brute"),),
        global_bonuses=(PowerId("P"),),
    )
    assert list(references.of_enhancement(piece)) == [
        ("set", "S"),
        ("enhancement", "F"),
        ("enhancement", "G"),
        ("archetype", "Class_Brute"),
        ("power", "P"),
    ]
    boost_set = BoostSet(
        BoostSetId("S"),
        "",
        "",
        pieces=((EnhancementId("E"),),),
        bonuses=(SetBonus((PowerId("P"),), 2),),
    )
    assert list(references.of_boost_set(boost_set)) == [("enhancement", "E"), ("power", "P")]
    entity = Entity(EntityId("I"), "", ArchetypeId("Class_Pets"), (PowerId("P"),))
    assert list(references.of_entity(entity)) == [("archetype", "Class_Pets"), ("power", "P")]
