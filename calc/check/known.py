"""A build with what the catalogue knows of it, looked up once."""

from calc.build import Build, SlottedEnhancement, TakenPower
from calc.picks import is_pick
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    Enhancement,
    EnhancementId,
    Power,
    PowerId,
)


class Known:
    """A build with what the catalogue knows of it, looked up once."""

    def __init__(self, build: Build, catalogue: Catalogue) -> None:
        self.build = build
        self.catalogue = catalogue
        found = catalogue.archetypes.get(ArchetypeId(build.archetype))
        self.archetype: Archetype | None = found if found is not None and found.player else None
        order = sorted(build.powers.items(), key=lambda item: (item[1].level, item[0]))
        self.taken: list[tuple[str, TakenPower]] = order
        powers = catalogue.powers
        self.powers: dict[str, Power] = {
            power_id: powers[PowerId(power_id)] for power_id, _ in order if power_id in powers
        }
        self.picks: dict[str, int] = {
            power_id: taken.level
            for power_id, taken in order
            if power_id in self.powers and is_pick(self.powers[power_id], catalogue)
        }
        self.slotted: list[tuple[Power, str, SlottedEnhancement, Enhancement | None]] = [
            (
                self.powers[power_id],
                slot_id,
                slot.enhancement,
                catalogue.enhancements.get(EnhancementId(slot.enhancement.id)),
            )
            for power_id, taken in order
            if power_id in self.powers
            for slot_id, slot in sorted(taken.slots.items())
            if isinstance(slot.enhancement, SlottedEnhancement)
        ]


def names(powers: list[Power]) -> str:
    *first, last = [power.name for power in powers]
    return f"{', '.join(first)} and {last}" if first else last
