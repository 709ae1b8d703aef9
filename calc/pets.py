"""Who is summoned by a power: which powers they have, with whose tables, how often.

Assumed, since the export cannot say it: lightning that jumps strikes others than whom it comes
from, each jump once; and of what waits for somebody to fall, one falls.

Source: the design's `calc.md` §11, "Summons".
"""

from msgspec import Struct

from calc.damage import ticks
from calc.states import modes_on_foes
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    EntityId,
    EntityParams,
    Power,
    PowerId,
    Template,
)

_STRUCK = "chain_induction"  # the mode of those whom lightning struck, and strikes no more
_INFO = "_Info"  # a power that is there to be read: it says what others do, once


class Summoned(Struct, frozen=True, gc=False):
    """What one summoning template brings.

    entity: "" for an unnamed thing. archetype: whose tables and limits count: the creator's, or
    their own class's. own_class: the class that conditions see. copies_boosts: the summoner's
    slots work in powers that take the same types. copies_strengths: the summoner's global
    strengths too. is_part: a thing that is there for the power only, whose damage is the power's;
    others are pets. jumps: it strikes others than the power's target (Chain Induction, Ion).
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
    jumps: bool = False
    duration_s: float | None = 0.0
    entity: EntityId = EntityId("")

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
    jumps = any(_STRUCK in modes_on_foes(catalogue.powers[power]) for power in powers)
    return Summoned(
        entity.name if entity else params.name,
        creator if copies else catalogue.archetypes.get(own_class, creator),
        own_class,
        powers,
        tuple(pulses(catalogue.powers[power], template.duration_s) for power in powers),
        copies_boosts="CopyBoosts" in flags,
        copies_strengths=copies,
        is_part=copies
        and not jumps
        and (entity is None or not any(catalogue.powers[each].type == "Click" for each in powers)),
        jumps=jumps,
        duration_s=template.duration_s,
        entity=entity.id if entity else EntityId(""),
    )


def _waits_for_the_dead(power: Power) -> bool:
    affected = power.targets_affected
    return bool(affected) and all(target.endswith("(Dead)") for target in affected)


def pulses(power: Power, duration_s: float | None) -> int:
    """How often a power is used by somebody who is there that long."""
    if power.id.endswith(_INFO) or _waits_for_the_dead(power):
        return 1
    if power.type == "Click":
        return ticks(duration_s, power.recharge_s + power.cast_s)
    return ticks(duration_s, power.period_s)
