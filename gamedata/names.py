"""Ids as the game writes them. The export spells one id in several cases; these resolve it."""

import re
from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct

from gamedata.catalogue import (
    ArchetypeId,
    BoostSetId,
    CategoryId,
    EnhancementId,
    EntityId,
    PowerId,
    PowersetId,
)

Id = TypeVar("Id", bound=str)


def by_lower(ids: Iterable[Id]) -> dict[str, Id]:
    """Every id by its lower-case form: how names are compared."""
    return {str(name).lower(): name for name in ids}


def archetype_id(name: str) -> ArchetypeId:
    """`scrapper`, `@class_scrapper`, `Class_Scrapper` -> Class_Scrapper."""
    bare = re.sub(r"^@?class_", "", name.lower().replace(" ", "_"))
    return ArchetypeId("Class_" + re.sub(r"[a-z]+", lambda word: word[0].capitalize(), bare))


def enhancement_id(full_name: str) -> EnhancementId:
    """`Boosts.Crafted_Kismet_A.Crafted_Kismet_A` -> Crafted_Kismet_A."""
    return EnhancementId(full_name.rsplit(".", 1)[-1])


class Names(Struct, frozen=True):
    """The ids that an export has, by lower-case form. An id that it lacks stays as written."""

    archetypes: dict[str, ArchetypeId] = {}
    categories: dict[str, CategoryId] = {}
    powersets: dict[str, PowersetId] = {}
    powers: dict[str, PowerId] = {}
    enhancements: dict[str, EnhancementId] = {}
    boost_sets: dict[str, BoostSetId] = {}
    entities: dict[str, EntityId] = {}

    def category(self, name: str) -> CategoryId:
        return self.categories.get(name.lower(), CategoryId(name))

    def powerset(self, name: str) -> PowersetId:
        return self.powersets.get(name.lower(), PowersetId(name))

    def power(self, name: str) -> PowerId:
        return self.powers.get(name.lower(), PowerId(name))

    def enhancement(self, name: str) -> EnhancementId:
        """From an id or a full name."""
        bare = enhancement_id(name)
        return self.enhancements.get(bare.lower(), bare)

    def boost_set(self, name: str) -> BoostSetId:
        return self.boost_sets.get(name.lower(), BoostSetId(name))

    def entity(self, name: str) -> EntityId:
        return self.entities.get(name.lower(), EntityId(name))
