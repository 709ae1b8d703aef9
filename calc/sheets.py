"""The sheets of everything that characters of one archetype and level use, and what slots do."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Set
from functools import lru_cache
from typing import Generic, TypeVar

from msgspec import structs

from calc import everywhere, pieces
from calc.active import MAX_DEPTH
from calc.compile import compile_for_pet, compile_power
from calc.compile_sheet import Caster, compile_sheet, name_of
from calc.effects import reaches_pets
from calc.figure_types import PetPowerFigures
from calc.frame import Frame, Slots
from calc.kept import kept
from calc.listening import Listens, listens, with_others
from calc.pets import Summoned, summoned
from calc.power_numbers import own_numbers
from calc.powers import CompiledPower
from calc.sheet import OWN, Block, Bringing, Sheet, sheet_of
from calc.stats import NUMBER
from calc.tables import table
from calc.use import Outcome, Outcomes, plan, strengthened
from calc.used import Everywhere, InSlots, Shown, Used
from gamedata.catalogue import (
    ArchetypeId,
    EnhancementId,
    EntityId,
    PowerId,
)

TO_HIT = NUMBER["offense.to_hit"]
_SHEETS = 2048
_GIFTS = 8192
_SLOTTINGS = 8192
_OUTCOMES = 1024  # a few kilobytes each
_PLANS = 2048
_SITUATIONS = 64
_CERTAIN = 1.0 - 1e-9
_NOTHING_IN_SLOTS = InSlots((), (), {})
_COUNTLESS = ("once", "teammates")  # times that no count multiplies

Thing = TypeVar("Thing")


class Kept(Generic[Thing]):
    """Things under all that they depend on, the oldest goes first."""

    def __init__(self) -> None:
        self._things: OrderedDict[Hashable, Thing] = (
            OrderedDict()
        )  # a dict looks long for its first
        self.get = self._things.get

    def keep(self, key: Hashable, thing: Thing) -> None:
        if len(self._things) >= _OUTCOMES:
            self._things.popitem(last=False)
        self._things[key] = thing


class Sheets:
    """Sheets for one frame, kept by what they depend on; the oldest unused goes first."""

    def __init__(self, frame: Frame, changed_tags: Set[str]) -> None:
        self.frame = frame
        self.changed_tags = changed_tags
        self.catalogue = frame.catalogue
        self.caster = Caster(
            frame.archetype,
            frame.level,
            name_of(frame.archetype),
            pvp=frame.pvp,
            combat=frame.combat,
        )
        self.of_power = kept(_SHEETS, self._of_power)
        self.of_pet = kept(_SHEETS, self._of_pet)
        self.of_piece = kept(_SHEETS, self._of_piece)
        self._besides = kept(_SHEETS, self._does_besides)
        self.of_proc = kept(_SHEETS, self._of_proc)
        self._happening = kept(_SHEETS, self._happening_by)
        self.used = kept(_SHEETS, self._used)
        self.in_slots = kept(_SLOTTINGS, self._in_slots)
        self.everywhere = kept(_SHEETS, self._everywhere)
        self.hearing = kept(_SHEETS, self._hearing)
        self.for_pet = kept(_GIFTS, self._for_pet)
        self.is_for_pets = kept(_GIFTS, self._is_for_pets)
        self.of_pet_itself = kept(_SHEETS, self._of_pet_itself)
        self.pets_in = kept(_SHEETS, self._pets_in)
        self.summoned = kept(_SHEETS, self._summoned)
        self.summoned_by = kept(_SHEETS, self._summoned_by)
        self.slotted = kept(_SLOTTINGS, self._slotted)
        self._copied = kept(_SLOTTINGS, self._work_copied)
        self.outcome = _outcomes()
        self.own_numbers = kept(_SHEETS, self._own_numbers)
        self.slotted_alike: Kept[Shown] = Kept()
        self.unslotted_alike: Kept[Shown] = Kept()
        self.unslotted_in = kept(_SITUATIONS, self._unslotted_in)
        self.pets: Kept[PetPowerFigures] = Kept()
        self.listens = kept(_SHEETS, self._listens)

    def _used(self, own: PowerId, instead: PowerId) -> Used:
        """A power that one has, and the one that is used when it is."""
        sheet, power = self.of_power(instead), self.frame.power
        # What decides what is used instead, and on how many: it does so for modes and grants too.
        reads = power(own).brings_by | power(instead).brings_by
        hears = self.listens(sheet)
        effects = sheet.enhanceable[len(OWN) :]
        return Used(
            self.catalogue.powers[own],
            sheet,
            hears if reads <= hears.reads else structs.replace(hears, reads=hears.reads | reads),
            (0.0,) * len(sheet.enhanceable),
            tuple(wanted.attribute for wanted in effects if wanted.by_globals),
            bool(sheet.bringing) or any(each.times not in _COUNTLESS for each in sheet.blocks),
            sheet.is_plain and not sheet.bringing and not sheet.has_ppm,
        )

    def _hearing(self, used: Used, works: tuple[Sheet, ...]) -> Listens:
        """What a power listens to, with what works in it by chance."""
        return with_others(used.hears, [self.listens(each) for each in works])

    def _unslotted_in(self, *_: Hashable) -> Kept[Shown]:
        """What powers without slots come to in one situation; empty at first."""
        return Kept()

    def _in_slots(self, enhancements: tuple[str, ...], host: PowerId) -> InSlots:
        besides = [self._besides(EnhancementId(each)) for each in enhancements]
        if not any(besides):  # most pieces only enhance
            return _NOTHING_IN_SLOTS
        by_slot = tuple(
            self.of_piece(EnhancementId(each), host) if does else None
            for each, does in zip(enhancements, besides, strict=True)
        )
        return InSlots(
            by_slot,
            tuple(piece for piece in by_slot if piece is not None),
            self._chances_in(enhancements),
        )

    def _does_besides(self, enhancement: EnhancementId) -> bool:
        """Whether an enhancement does something besides enhancing."""
        piece = self.catalogue.enhancements[enhancement]
        return not pieces.only_enhances(piece) or bool(pieces.changing_chances(piece))

    def _everywhere(self, procs: tuple[PowerId, ...], host: PowerId) -> Everywhere:
        found = [(proc, works) for proc in procs if (works := self.of_proc(proc, host))]
        return Everywhere(
            tuple(proc for proc, _ in found),
            tuple(works for _, works in found),
            all(self._is_settled(works) for _, works in found),
        )

    def _chances_in(self, enhancements: tuple[str, ...]) -> Mapping[str, float]:
        """What pieces add to chances in the power that they sit in, by tag."""
        found: dict[str, float] = {}
        for each in enhancements:
            piece = self.catalogue.enhancements[EnhancementId(each)]
            for template, tags in pieces.changing_chances(piece):
                unit = table(self.frame.archetype, template.table, self.frame.level)
                for tag in tags:
                    found[tag] = found.get(tag, 0.0) + template.scale * unit
        return found

    def _of_power(self, power: PowerId, *, by_foes: bool = False) -> Sheet:
        """A power of the character's own. Raises KeyError for an unknown one.

        by_foes: foes execute it whom another power hit.
        """
        found = self.catalogue.powers[power]
        return compile_sheet(found, self.caster, self.changed_tags, by_foes=by_foes)

    def _of_pet(self, power: PowerId, own_class: ArchetypeId, *, own_tables: bool) -> Sheet:
        """A power of somebody summoned. own_tables: those of their class, not the creator's."""
        archetypes = self.catalogue.archetypes
        archetype = archetypes.get(own_class) if own_tables else None
        caster = Caster(
            archetype or self.frame.archetype,
            self.frame.level,
            name_of(archetypes[own_class]) if own_class in archetypes else "",
            self.caster.name,
            pvp=self.frame.pvp,
            combat=self.frame.combat,
        )
        return compile_sheet(self.catalogue.powers[power], caster, self.changed_tags)

    def _of_piece(self, enhancement: EnhancementId, host: PowerId) -> Sheet | None:
        """What a piece does by chance when its host power is used: its procs; None without."""
        piece = self.catalogue.enhancements[enhancement]
        if pieces.only_enhances(piece):
            return None
        as_power = pieces.in_host(piece, self.catalogue.powers[host])
        sheet = compile_sheet(as_power, self.caster, self.changed_tags, enhanced=False)
        blocks = tuple(block for block in sheet.blocks if _comes_by_chance(block))
        bringing = tuple(each for each in sheet.bringing if _comes_by_chance(each.block))
        if not blocks and not bringing:
            return None
        return sheet_of(as_power, sheet.enhanceable, blocks, bringing, sheet.fixed)

    def _own_numbers(
        self, sheet: Sheet, own: PowerId, to_hit: float, of_level: float
    ) -> dict[str, float]:
        return own_numbers(sheet.power, self.catalogue.powers[own], to_hit, of_level)

    def _happening_by(self, proc: PowerId) -> everywhere.Happening:
        return everywhere.happening(self.catalogue.powers[proc])

    def _of_proc(self, proc: PowerId, host: PowerId) -> Sheet | None:
        """What a proc that works in all powers does when one is used; None for nothing."""
        as_power = everywhere.in_host(self._happening(proc), self.catalogue.powers[host])
        if as_power is None:
            return None
        sheet = compile_sheet(as_power, self.caster, self.changed_tags, enhanced=False)
        bringing = tuple(each for each in sheet.bringing if not each.grants)
        if not sheet.blocks and not bringing:
            return None
        return sheet_of(as_power, sheet.enhanceable, sheet.blocks, bringing, sheet.fixed)

    def _is_settled(self, sheet: Sheet) -> bool:
        """Whether what a proc does follows from how likely it and its ticks are."""
        executed = [self.of_power(each) for bringing in sheet.bringing for each in bringing.powers]
        return all(block.is_fixed for block in sheet.blocks) and not any(
            other.bringing or other.open or not other.is_plain for other in executed
        )

    def _listens(self, sheet: Sheet) -> Listens:
        """What a sheet listens to, with all that it brings."""
        known = self.catalogue.powers
        found: dict[Hashable, Sheet] = {}
        newest: list[tuple[Sheet, Summoned | None]] = [(sheet, None)]  # and whose it is
        while newest:
            brought: dict[Hashable, tuple[Sheet, Summoned | None]] = {}
            for one, whose in newest:
                for bringing in one.bringing:
                    pet = self.summoned(bringing)
                    theirs = [(power, pet) for power in pet.powers] if pet is not None else []
                    for power, by in (*theirs, *((each, whose) for each in bringing.powers)):
                        place = (power, by and by.own_class, by and by.copies_strengths)
                        if power in known and place not in found:
                            brought[place] = (self._of(power, by), by)
            found.update((place, each) for place, (each, _) in brought.items())
            newest = list(brought.values())
        return listens(sheet, found.values())

    def _of(self, power: PowerId, whose: Summoned | None) -> Sheet:
        """A power of the character, or of somebody summoned."""
        if whose is None:
            return self.of_power(power)
        return self.of_pet(power, whose.own_class, own_tables=not whose.copies_strengths)

    def _for_pet(
        self, power: PowerId, pet: EntityId, by_foes: bool = False
    ) -> CompiledPower | None:
        """What a power gives pets of a kind; None for nothing that figures show."""
        if not self.is_for_pets(power):
            return None
        given = compile_for_pet(
            self.catalogue.powers[power],
            self.catalogue.entities[pet],
            self.frame.archetype,
            self.frame.level,
            self.changed_tags,
            pvp=self.frame.pvp,
            by_foes=by_foes,
        )
        return given if given.grants or given.executes or _shows(given) else None

    def _is_for_pets(self, power: PowerId) -> bool:
        """Whether a power may give something to pets of any kind: few do."""
        return reaches_pets(self.catalogue.powers[power])

    def _of_pet_itself(self, power: PowerId, own_class: ArchetypeId) -> CompiledPower | None:
        """What an auto power gives the pet that has it; None for nothing that figures show."""
        found = self.catalogue.powers.get(power)
        archetype = self.catalogue.archetypes.get(own_class)
        if found is None or found.type != "Auto" or archetype is None:
            return None
        given = compile_power(
            found,
            archetype,
            self.frame.level,
            self.changed_tags,
            enhanced=False,
            pvp=self.frame.pvp,
        )
        return given if _shows(given) else None

    def _pets_in(self, power: PowerId) -> tuple[Summoned, ...]:
        """Whom a power summons, itself or by what it executes, but for copies of the summoner."""
        found: list[Summoned] = []
        seen, newest = {power}, [power]
        for _ in range(MAX_DEPTH):
            brought: list[PowerId] = []
            for each in newest:
                for bringing in self.of_power(each).bringing:
                    pet = self.summoned(bringing)
                    if pet is not None:
                        brings = [pet, *(inner for inner, _ in self.summoned_by(bringing))]
                        found.extend(each for each in brings if not each.copies_strengths)
                    brought.extend(
                        other
                        for other in bringing.powers
                        if other in self.catalogue.powers and other not in seen
                    )
            seen.update(brought)
            newest = brought
        return tuple(found)

    def _summoned(self, bringing: Bringing) -> Summoned | None:
        if bringing.summons is None:
            return None
        template = bringing.block.template
        return summoned(bringing.summons, template, self.frame.archetype, self.catalogue)

    def _summoned_by(self, bringing: Bringing) -> tuple[tuple[Summoned, float], ...]:
        """Whom somebody summoned brings, and how likely each: a creeper's vines, burning oil.

        Without what stands in its place, which is shown as itself.
        """
        found: list[tuple[Summoned, float]] = []
        pet = self.summoned(bringing)
        if pet is None or pet.jumps:
            return ()
        for power in pet.powers:
            sheet = self.of_pet(power, pet.own_class, own_tables=not pet.copies_strengths)
            for each in sheet.bringing:
                inner = self.summoned(each)
                block = each.block
                if inner is None or "PseudoPet" in block.template.flags:
                    continue
                likely = block.likelihood(sheet.fixed, {})
                if likely > 0.0:
                    found.append((structs.replace(inner, is_part=False), likely))
        return tuple(found)

    def _slotted(
        self,
        sheet: Sheet,
        slots: Slots,
        boosts: tuple[PowerId, ...] = (),
        *,
        copied: bool = False,
    ) -> tuple[float, ...]:
        """What the slots come to after ED, by position in the sheet's `enhanceable`.

        copied: they are a summoner's; of these only pieces of a type that the power takes work.
        """
        if copied and slots:
            work = self._copied(tuple([each.id for each in slots]), sheet.power.id)
            slots = tuple([each for each, works in zip(slots, work, strict=True) if works])
        if not slots and not boosts:
            return (0.0,) * len(sheet.enhanceable)
        given = self.frame.enhanced(sheet.power.id, slots, boosts)
        return tuple([given.get(attribute, 0.0) for attribute in sheet.slotted])

    def _work_copied(self, enhancements: tuple[str, ...], power: PowerId) -> tuple[bool, ...]:
        """Which of a summoner's pieces work in a power of who is summoned."""
        accepted = self.catalogue.powers[power].enhancement_types
        known = self.catalogue.enhancements
        return tuple(
            any(kind in accepted for kind in known[EnhancementId(each)].enhancement_types)
            for each in enhancements
        )


def _outcomes() -> Outcomes:
    """What sheets come to, remembered; plans, which all strengths share, are so longer."""
    plans = lru_cache(_PLANS)(plan)

    @lru_cache(_OUTCOMES)
    def outcome(
        sheet: Sheet,
        strengths: tuple[float, ...],
        count: int,
        likelihoods: tuple[float, ...],
        factor: float,
        via: str,
    ) -> Outcome:
        planned = plans(sheet, count, likelihoods, factor, via)
        return strengthened(planned, strengths, sheet.fixed)

    return outcome


def _shows(power: CompiledPower) -> bool:
    """Whether it changes strengths or to-hit: what figures of attacks follow from."""
    return bool(power.strengthens or power.strengthening) or any(
        number == TO_HIT
        for number, _, _ in (*power.always, *(row for part in power.parts for row in part.rows))
    )


def _comes_by_chance(block: Block) -> bool:
    return bool(block.ppm or block.chances) or block.chance < _CERTAIN
