"""Who is summoned by a power: which powers they have, with whose tables, how often.

Source: the design's `calc.md` §11, "Summons".
"""

from msgspec import Struct

from calc.damage import ticks
from calc.effects import flatten
from calc.tables import table
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    EntityParams,
    Power,
    PowerId,
    Template,
)

_HENCHMEN = "Henchmen"  # the tag of what a set bonus gives to those of a mastermind
_HENCHMAN = "Class_Henchman"
_INFO = "_Info"  # a power that is there to be read: it says what others do, once


class Summoned(Struct, frozen=True, gc=False):
    """What one summoning template brings.

    archetype: whose tables and limits count: the creator's, or their own class's. own_class: the
    class that conditions see. copies_boosts: the summoner's slots work in powers that take the
    same types. copies_strengths: the summoner's global strengths too. is_part: a thing that is
    there for the power only, whose damage is the power's; others are pets.
    duration_s: None until killed. pulses: by power, how often it is used while they are there.
    """

    name: str
    archetype: Archetype
    own_class: ArchetypeId
    powers: tuple[PowerId, ...]
    pulses: tuple[int, ...]
    copies_boosts: bool = False
    copies_strengths: bool = False
    is_part: bool = False
    duration_s: float | None = 0.0

    @property
    def are_henchmen(self) -> bool:
        return self.own_class.startswith(_HENCHMAN)

    def damages(self, power: PowerId) -> bool:
        """Whether a power's damage is to be counted: that of powers to be read, if there are."""
        return power.endswith(_INFO) or not any(each.endswith(_INFO) for each in self.powers)


def summoned(
    params: EntityParams, template: Template, creator: Archetype, catalogue: Catalogue
) -> Summoned:
    """What a template summons. What the catalogue does not know has no powers."""
    entity = catalogue.entities.get(params.entity)
    flags = template.flags
    copies = (
        entity is None
        or entity.copies_creator
        or "CopyCreatorMods" in flags
        or "PseudoPet" in flags
    )
    own_class = entity.archetype if entity else ArchetypeId(params.archetype)
    powers = tuple(
        power for power in (entity.powers if entity else params.powers) if power in catalogue.powers
    )
    return Summoned(
        entity.name if entity else params.name,
        creator if copies else catalogue.archetypes.get(own_class, creator),
        own_class,
        powers,
        tuple(_pulses(catalogue.powers[power], template.duration_s) for power in powers),
        copies_boosts="CopyBoosts" in flags,
        copies_strengths=copies,
        is_part=copies
        and (entity is None or not any(catalogue.powers[each].type == "Click" for each in powers)),
        duration_s=template.duration_s,
    )


def for_henchmen(bonus: Power, archetype: Archetype, level: int) -> tuple[tuple[str, float], ...]:
    """What a set bonus gives a mastermind's henchmen, 40 % of his own part: by attribute, their
    strengths and `ToHit`."""
    return tuple(
        (attribute, effect.template.scale * table(archetype, effect.template.table, level))
        for effect in flatten(bonus)
        if _HENCHMEN in effect.tags
        for attribute in effect.template.attributes
        if effect.template.aspect == "Strength"
        or (attribute == "ToHit" and effect.template.aspect == "Current")
    )


def _pulses(power: Power, duration_s: float | None) -> int:
    if power.id.endswith(_INFO):
        return 1
    if power.type == "Click":
        return ticks(duration_s, power.recharge_s + power.cast_s)
    return ticks(duration_s, power.period_s)
