"""Which powers a player's build can come to: by choosing, and by what the chosen ones bring."""

from collections.abc import Iterator
from typing import get_args

from msgspec import Struct

from calc.effects import aims, flatten
from calc.incarnates import slot_of
from gamedata.catalogue import (
    ArchetypeId,
    Catalogue,
    CategoryId,
    EntityParams,
    Power,
    PowerId,
    PowerParams,
)
from gamedata.queries import Role, powersets_of

# Whose powers anybody may have: by themselves, from badges, shops and stories, from sets.
EVERYBODYS = tuple(
    CategoryId(name) for name in ("Inherent", "Temporary_Powers", "Prestige", "Set_Bonus")
)
INCARNATE = CategoryId("Incarnate")
_BRINGING = frozenset({"Grant_Power", "Grant_Boosted_Power", "Execute_Power"})


class Reached(Struct, frozen=True):
    """A power, and by whom it can be had.

    archetypes: the players' who can have it as their own; none: only what they summon has it, or
    those to whom they give it.
    """

    power: Power
    archetypes: frozenset[ArchetypeId]


def reached(catalogue: Catalogue) -> Iterator[Reached]:
    """Every power that a build can come to, in the catalogue's order."""
    own: dict[PowerId, frozenset[ArchetypeId]] = {}
    others: set[PowerId] = set()
    waiting = [(power, who) for power, who in _chosen(catalogue) if power in catalogue.powers]
    while waiting:
        power_id, who = waiting.pop()
        known = own.get(power_id)
        if (known is not None and who <= known) or (not who and power_id in others):
            continue
        if who:
            own[power_id] = who | (known or frozenset())
        else:
            others.add(power_id)
        new = brought(catalogue.powers[power_id], catalogue)
        waiting.extend(
            (other, who if is_own else frozenset())
            for other, is_own in new
            if other in catalogue.powers
        )
    for power_id, power in catalogue.powers.items():
        if power_id in own or power_id in others:
            yield Reached(power, own.get(power_id, frozenset()))


def _chosen(catalogue: Catalogue) -> Iterator[tuple[PowerId, frozenset[ArchetypeId]]]:
    players = frozenset(each.id for each in catalogue.archetypes.values() if each.player)
    for archetype in sorted(players):
        for role in get_args(Role):
            for powerset in powersets_of(catalogue, archetype, role):
                yield from ((power, frozenset((archetype,))) for power in powerset.powers)
    for power in catalogue.powers.values():
        if CategoryId(power.powerset.partition(".")[0]) in EVERYBODYS or slot_of(power):
            yield power.id, players


def brought(power: Power, catalogue: Catalogue) -> Iterator[tuple[PowerId, bool]]:
    """What a power brings, and whether its owner has that (or somebody else)."""
    for redirect in power.redirects:
        yield redirect.power, True
    if power.chain_into:
        yield power.chain_into, True
    for effect in flatten(power):
        params = effect.template.params
        if isinstance(params, EntityParams):
            entity = catalogue.entities.get(params.entity)
            for brought in (*params.powers, *(entity.powers if entity else ())):
                yield brought, False
        elif isinstance(params, PowerParams) and not _BRINGING.isdisjoint(
            effect.template.attributes
        ):
            is_own = any(True for _ in aims(effect, power))
            yield from ((brought, is_own) for brought in params.powers)
