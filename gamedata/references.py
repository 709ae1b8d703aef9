"""Which other things a thing of the catalogue names, and as what."""

from collections.abc import Iterator
from typing import Literal

from gamedata.catalogue import (
    BoostSet,
    EffectGroup,
    Enhancement,
    Entity,
    EntityParams,
    FilterParams,
    Power,
    PowerParams,
    Template,
)

Kind = Literal[
    "power", "mentioned power", "powerset", "category", "entity", "archetype", "enhancement", "set"
]
Reference = tuple[Kind, str]

NEEDED = frozenset(("Grant_Power", "Grant_Boosted_Power", "Execute_Power"))
"""What makes the named powers part of this one; others only revoke or recharge them."""


def _of_template(template: Template) -> Iterator[Reference]:
    match template.params:
        case PowerParams(powers=powers, powersets=powersets, categories=categories):
            needed = NEEDED.intersection(template.attributes)
            yield from (("power" if needed else "mentioned power", id_) for id_ in powers)
            yield from (("powerset", id_) for id_ in powersets)
            yield from (("category", id_) for id_ in categories)
        case EntityParams(entity=entity, archetype=archetype, powers=powers):
            if entity:
                yield "entity", entity
            if archetype:
                yield "archetype", archetype
            yield from (("power", id_) for id_ in powers)
        case FilterParams(powers=powers, powersets=powersets, categories=categories):
            yield from (("mentioned power", id_) for id_ in powers)
            yield from (("powerset", id_) for id_ in powersets)
            yield from (("category", id_) for id_ in categories)
        case None:
            pass


def of_effects(groups: tuple[EffectGroup, ...]) -> Iterator[Reference]:
    for group in groups:
        for template in group.templates:
            yield from _of_template(template)
        yield from of_effects(group.children)


def of_power(power: Power) -> Iterator[Reference]:
    """What it turns into, grants, executes, recharges, revokes and summons."""
    yield from (("power", redirect.power) for redirect in power.redirects)
    if power.chain_into:
        yield "power", power.chain_into
    yield from of_effects(power.effects)
    yield from of_effects(power.activation_effects)


def of_enhancement(enhancement: Enhancement) -> Iterator[Reference]:
    if enhancement.boost_set:
        yield "set", enhancement.boost_set
    if enhancement.catalyzes_to:
        yield "enhancement", enhancement.catalyzes_to
    yield from (("enhancement", id_) for id_ in enhancement.unique_group)
    yield from (("archetype", id_) for id_ in enhancement.restricted_archetypes)
    yield from (("power", id_) for id_ in enhancement.global_bonuses)
    yield from of_effects(enhancement.effects)
    yield from of_effects(enhancement.activation_effects)


def of_boost_set(boost_set: BoostSet) -> Iterator[Reference]:
    for variants in boost_set.pieces:
        yield from (("enhancement", id_) for id_ in variants)
    for bonus in boost_set.bonuses:
        yield from (("power", id_) for id_ in bonus.powers)


def of_entity(entity: Entity) -> Iterator[Reference]:
    yield "archetype", entity.archetype
    yield from (("power", id_) for id_ in entity.powers)
