"""Reading the build files of Mids Reborn (`.mbd`).

A build is taken over whole, also where it breaks rules: those become findings. What cannot be
taken over as it stands (a name that the catalogue lacks, a number out of range) is a problem
each, and the rest is read all the same.

Two keys are passed over because they follow from the rest: `LastPower`, `InherentSlotsUsed`.
Sources: files of Mids Reborn 3.8, descriptions of 3.6.
"""

import re

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from calc import defaults, incarnates, mids_names, slotting
from calc.build import (
    FORMAT,
    MAX_LEVEL,
    MAX_NOTES,
    MAX_POWERS,
    OWN_SLOT,
    Build,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
)
from calc.canonical import may_be_absent, without_defaults
from calc.mbd_file import (
    BuildFileError,
    EnhancementEntry,
    File,
    Number,
    PowerEntry,
    SlotEntry,
    decode,
    part,
    whole,
)
from calc.mbd_names import Names
from calc.picks import is_pick
from gamedata.catalogue import Catalogue, Enhancement, EnhancementId, Power
from gamedata.queries import DISABLED

__all__ = ["BuildFileError", "Imported", "Problem", "read"]

MAX_ENTRIES = 200  # real files have 33 to 50
SLOTS_OF_A_POWER = 6
MAX_PROBLEMS = 200
MAX_TITLE = 80
_OFF = TakenPower(on=False)

_UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Problem(Struct, frozen=True, omit_defaults=True):
    """One thing that was not taken over as it stands.

    code: unknown_power, changed_level, ...; message: a sentence for a player; subject: what the
    file says, shortened and without characters that cannot be seen.
    """

    code: str
    message: str
    subject: str = ""


class Imported(Struct, frozen=True):
    """A build, and what of the file is not in it."""

    build: Build
    problems: tuple[Problem, ...]


def read(text: str | bytes, catalogue: Catalogue) -> Imported:
    """Read one build file.

    Raises BuildFileError, and nothing else, when it is none or cannot be read.
    """
    return _Reader(decode(text), catalogue).imported()


class _Reader:
    """Takes one file over, piece by piece, and notes what cannot be."""

    def __init__(self, file: File, catalogue: Catalogue) -> None:
        self.file = file
        self.catalogue = catalogue
        self.names = Names(catalogue)
        self.problems: list[Problem] = []
        self.powers: dict[str, TakenPower] = {}
        self.incarnates: dict[str, str] = {}
        self.accolades: dict[str, bool] = {}
        self.obtained = self.alternatives = 0

    def note(self, code: str, message: str, subject: object = "") -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(code, message, _shown(subject)))
        elif len(self.problems) == MAX_PROBLEMS:
            self.problems.append(Problem("more_problems", "There are more problems like these."))

    def imported(self) -> Imported:
        self.check_database()
        head = Build(
            FORMAT,
            title=self.title(),
            archetype=self.archetype(),
            origin=self.origin(),
            level=self.character_level(),
            powersets=self.powersets(),
            powers=self.powers,
            incarnates=self.incarnates,
            accolades=self.accolades,
            scenarios={"solo": Scenario(title="Solo")},
            notes=self.notes(),
        )
        self.read_powers()
        self.note_what_is_not_kept()
        return Imported(head, tuple(self.problems))

    # The character

    def check_database(self) -> None:
        database = self.file.built_with.database
        if database.lower() != "homecoming":
            message = "The build is for another game's data; its names were looked up in this one."
            self.note("other_database", message, database)

    def title(self) -> str:
        name = self.file.name or ""
        clean = _UNSEEN.sub("", name).strip()
        if clean != name.strip():
            self.note("changed_name", "Characters that cannot be seen were left out.", name)
        if len(clean) > MAX_TITLE:
            self.note("changed_name", f"The name was cut to {MAX_TITLE} characters.", name)
        return clean[:MAX_TITLE]

    def notes(self) -> str:
        """The comment: its lines stay lines."""
        comment = (self.file.comment or "").replace("\r\n", "\n").replace("\r", "\n").strip()
        clean = "".join(each for each in comment if each in "\n\t" or not _UNSEEN.match(each))
        if clean != comment:
            message = "Characters of the comment that cannot be seen were left out."
            self.note("changed_notes", message)
        if len(clean) > MAX_NOTES:
            self.note("changed_notes", f"The comment was cut to {MAX_NOTES} characters.")
        return clean[:MAX_NOTES]

    def archetype(self) -> str:
        key = self.names.archetype(self.file.class_)
        if key is None:
            self.note(
                "unknown_archetype", "The archetype is not in this game data.", self.file.class_
            )
        return key or ""

    def origin(self) -> str:
        origin = self.file.origin
        if origin not in ("", *mids_names.ORIGINS):
            self.note("unknown_origin", "There is no such origin.", origin)
            return ""
        return origin

    def character_level(self) -> int:
        """Stored from 0, as a text."""
        stored = str(self.file.level)
        if re.fullmatch("[0-9]{1,2}", stored) and int(stored) < MAX_LEVEL:
            return int(stored) + 1
        self.note("changed_level", "The character's level is none; 50 was taken.", stored)
        return MAX_LEVEL

    def powersets(self) -> Powersets:
        stored = self.file.power_sets
        for name in filter(None, stored[8:]):
            self.note("too_many_powersets", "A build has no place for this powerset.", name)
        found = [self.powerset(name or "") for name in stored[:8]]
        found += [""] * (8 - len(found))
        pools = {pool: True for pool in found[3:7] if pool}
        return Powersets(primary=found[0], secondary=found[1], epic=found[7], pools=pools)

    def powerset(self, name: str) -> str:
        if name.lower() in ("", "inherent.inherent"):
            return ""
        key = self.names.powerset(name)
        if key is None:
            self.note("unknown_powerset", "The powerset is not in this game data.", name)
        return key or ""

    # Powers

    def read_powers(self) -> None:
        entries = self.file.power_entries
        if len(entries) > MAX_ENTRIES:
            self.note("too_many_powers", f"Only the first {MAX_ENTRIES} entries were read.")
        for position, raw in enumerate(entries[:MAX_ENTRIES], 1):
            entry = part(raw, PowerEntry)
            if entry is None:
                self.note("damaged_entry", f"Entry {position} of the powers could not be read.")
            elif entry.power_name and entry.power_name.lower() not in mids_names.ONLY_IN_MIDS:
                self.read_power(entry)
                for sub in entry.sub_power_entries[:MAX_ENTRIES]:
                    if sub.power_name and sub.stat_include:
                        self.read_power(PowerEntry(sub.power_name, stat_include=True))

    def read_power(self, entry: PowerEntry) -> None:
        name = entry.power_name
        key = self.names.power(name)
        if key is None:
            lost = f" with its {_slots(entry)}" if entry.slot_entries else ""
            self.note("unknown_power", f"The power is not in this game data; left out{lost}.", name)
            return
        power = self.catalogue.powers[key]
        if key.startswith("Incarnate."):
            self.read_incarnate(entry, power)
        elif key.startswith("Temporary_Powers.Accolades."):
            self.accolades[key] = entry.stat_include
        elif key in self.powers:
            self.note(
                "repeated_power", f"{power.name} is there twice; the second was left out.", name
            )
        else:
            taken = self.taken(entry, power)
            is_idle = power.requires == DISABLED and taken == _OFF
            if is_idle or may_be_absent(taken, power, self.catalogue):
                return
            if len(self.powers) < MAX_POWERS:
                self.powers[key] = taken
            else:
                self.note("too_many_powers", "A build holds no more powers; left out.", name)

    def read_incarnate(self, entry: PowerEntry, power: Power) -> None:
        slot = incarnates.slot_of(power)
        if not slot:
            self.note("not_offered", f"{power.name} fills none of the incarnate slots.", power.id)
        elif slot in self.incarnates:
            self.note(
                "repeated_power", f"The {slot} slot is filled twice; the first was kept.", power.id
            )
        else:
            self.incarnates[slot] = power.id
            taken = without_defaults(TakenPower(on=entry.stat_include), power)
            if not may_be_absent(taken, power, self.catalogue) and len(self.powers) < MAX_POWERS:
                self.powers[power.id] = taken

    def taken(self, entry: PowerEntry, power: Power) -> TakenPower:
        taken = TakenPower(
            level=self.pick_level(entry, power) if is_pick(power, self.catalogue) else 0,
            # Mids has no switch for what upgrades henchmen: its "off" says nothing.
            on=entry.stat_include or defaults.upgrades_henchmen(power),
            count=self.count(entry.variable_value, power),
            slots=self.slots(entry, power),
        )
        if entry.proc_include:
            taken = msgspec.structs.replace(taken, slots=self.with_procs(taken.slots, power))
        return without_defaults(taken, power)

    def with_procs(self, slots: dict[str, Slot], power: Power) -> dict[str, Slot]:
        """The slots with every proc in them switched on."""
        switched: dict[str, Slot] = {}
        for key, slot in slots.items():
            held = slot.enhancement
            if held is not UNSET and self.catalogue.enhancements[EnhancementId(held.id)].proc:
                switched[key] = Slot(slot.level, msgspec.structs.replace(held, proc=True))
        if not switched:
            self.note("not_kept", f"{power.name} has no proc to count.", power.id)
        return slots | switched

    def pick_level(self, entry: PowerEntry, power: Power) -> int:
        level = whole(entry.level, 1, MAX_LEVEL)
        if level is None:
            self.note("changed_level", f"{power.name} was picked at no level.", entry.level)
        return level or 0

    def count(self, stored: Number, power: Power) -> int | UnsetType:
        """Mids writes 0 also for a power that knows no number of targets."""
        count = whole(stored, 0, 100)
        if count is None:
            self.note("changed_count", f"{power.name} cannot have so many targets.", stored)
            return UNSET
        return UNSET if count == 0 and not defaults.gives_per_target(power) else count

    # Slots

    def slots(self, entry: PowerEntry, power: Power) -> dict[str, Slot]:
        slots: dict[str, Slot] = {}
        if len(entry.slot_entries) > SLOTS_OF_A_POWER:
            message = f"{power.name} has more than six slots; the rest was left out."
            self.note("too_many_slots", message, _slots(entry))
        for position, raw in enumerate(entry.slot_entries[:SLOTS_OF_A_POWER]):
            stored = part(raw, SlotEntry)
            if stored is None:
                self.note("damaged_entry", f"A slot of {power.name} could not be read.")
                stored = SlotEntry()
            self.alternatives += stored.flipped_enhancement != Raw(b"null")
            enhancement = self.enhancement(stored.enhancement, power)
            if position:
                slots[f"s{position}"] = Slot(self.slot_level(stored, power), enhancement)
            elif enhancement is not UNSET:
                slots[OWN_SLOT] = Slot(0, enhancement)
        return slots

    def slot_level(self, stored: SlotEntry, power: Power) -> int:
        level = whole(stored.level, 1, MAX_LEVEL)
        if level is None:
            self.note(
                "changed_level", f"A slot of {power.name} was added at no level.", stored.level
            )
        return level or 0

    def enhancement(self, raw: Raw, power: Power) -> SlottedEnhancement | UnsetType:
        if raw == Raw(b"null"):
            return UNSET
        stored = part(raw, EnhancementEntry)
        if stored is None:
            self.note("damaged_entry", f"An enhancement in {power.name} could not be read.")
            return UNSET
        self.obtained += stored.obtained
        name = stored.uid or stored.enhancement
        if not name:
            return UNSET
        look_up = self.names.enhancement if stored.uid else self.names.labelled
        found = look_up(name, stored.grade, self.file.origin)
        if found is None:
            message = f"The enhancement in {power.name} is not in this game data."
            self.note("unknown_enhancement", message, name)
            return UNSET
        return self.slotted(found, stored, f"{found.name} in {power.name}")

    def slotted(
        self, found: Enhancement, stored: EnhancementEntry, what: str
    ) -> SlottedEnhancement:
        relative = mids_names.RELATIVE_LEVELS.get(stored.relative_level)
        if relative is None:
            message = f"{what} counts for nothing in the file; its full strength was taken."
            self.note("changed_strength", message, stored.relative_level)
            relative = 0
        if slotting.has_relative_level(found):
            kept = max(-3, min(relative, 3))
            if kept != relative:
                message = f"{what} can be {kept:+d} at most."
                self.note("changed_strength", message, stored.relative_level)
            return SlottedEnhancement(found.id, relative=kept)
        kept = relative if found.boostable and relative > 0 else 0
        if kept != relative:
            message = f"{what} takes no boosters; it was taken over without."
            self.note("changed_strength", message, stored.relative_level)
        return SlottedEnhancement(found.id, self.level(found, stored, what), boosters=kept)

    def level(self, found: Enhancement, stored: EnhancementEntry, what: str) -> int:
        """The level of a crafted invention, within those at which it exists; else 0."""
        bounds = slotting.levels(found, self.catalogue)
        if bounds is None:
            return 0
        low, high = bounds
        level = whole(stored.io_level, 0, 999)
        kept = max(low, min(high if level is None else level + 1, high))
        if level is None or kept != level + 1:
            message = f"{what} exists from level {low} to {high}; level {kept} was taken."
            self.note("changed_level", message, stored.io_level)
        return kept

    def note_what_is_not_kept(self) -> None:
        file = self.file
        kept_nowhere = {
            "the alignment": file.alignment if file.alignment != "Hero" else "",
            "which pieces were obtained": self.obtained,
            "alternative slottings": self.alternatives,
        }
        for what, value in kept_nowhere.items():
            if value:
                self.note("not_kept", f"A build has no place for {what}.", value)


def _slots(entry: PowerEntry) -> str:
    count = len(entry.slot_entries)
    return f"{count} slot{'s' if count != 1 else ''}"


def _shown(value: object) -> str:
    """A file's words in a message: short, and nothing in them that cannot be seen."""
    text = _UNSEEN.sub(" ", str(value)).strip()
    return text if len(text) <= 100 else f"{text[:99]}…"
