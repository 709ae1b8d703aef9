"""The rule book: what a legal build is, and what happens when a rule is broken.

Some rules refuse an operation: what cannot exist in the game in any order, or has no meaning.
Others are only findings, because people plan out of order: an editor may leave them for later.
Many are both: refused to a person, and a finding on a build that a file, another archetype or
another release brought in. A rule's id never changes; tests carry it.

Sources: calc.md 5 and 14; what planners let people do.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from calc.operation_types import Refused


class Rule(Struct, frozen=True):
    """id: group and number. code: what programs test. remedy: what a player can do about it."""

    id: str
    code: str
    sentence: str
    refuses: bool = False
    finds: bool = False
    remedy: str = ""


class Breach(Struct, frozen=True):
    """One rule, broken by this build or that operation. power, slot: where."""

    code: str
    message: str
    power: str = ""
    slot: str = ""


RULES = (
    # C: what the catalogue knows
    Rule(
        "C1",
        "unknown_archetype",
        "The archetype is one of the game data in use, and a player's.",
        refuses=True,
        finds=True,
        remedy="Choose an archetype.",
    ),
    Rule(
        "C2",
        "unknown_powerset",
        "Powersets are those of the game data in use.",
        refuses=True,
        finds=True,
        remedy="Choose another powerset.",
    ),
    Rule(
        "C3",
        "unknown_power",
        "Powers are those of the game data in use.",
        refuses=True,
        finds=True,
        remedy="Drop it, or use game data that has it.",
    ),
    Rule(
        "C4",
        "unknown_enhancement",
        "Enhancements are those of the game data in use.",
        refuses=True,
        finds=True,
        remedy="Put another enhancement into the slot.",
    ),
    Rule(
        "C5",
        "unknown_origin",
        "There are five origins.",
        refuses=True,
        finds=True,
        remedy="Choose an origin.",
    ),
    Rule(
        "C6",
        "build_full",
        "A build holds a limited number of powers, and a power of slots.",
        refuses=True,
    ),
    Rule(
        "C7",
        "not_restorable",
        "What is brought back of an earlier build is part of a build with the rest of this one.",
        refuses=True,
    ),
    # A: archetype and powersets
    Rule(
        "A1",
        "no_archetype",
        "Powersets follow from the archetype, so it is chosen first.",
        refuses=True,
        finds=True,
        remedy="Choose an archetype.",
    ),
    Rule(
        "A2",
        "wrong_powerset",
        "The primary and the secondary are among those of the archetype, pools are pools, and an "
        "epic powerset is one that the archetype may have.",
        refuses=True,
        finds=True,
        remedy="Choose another powerset.",
    ),
    Rule(
        "A3",
        "closed_powerset",
        "Some powersets exist in the data but cannot be chosen.",
        refuses=True,
        finds=True,
        remedy="Choose another powerset.",
    ),
    Rule(
        "A4",
        "too_many_pools",
        "A character has at most four power pools.",
        refuses=True,
        finds=True,
        remedy="Give up a pool.",
    ),
    Rule("A5", "already_chosen", "A pool is chosen once.", refuses=True),
    Rule("A6", "not_chosen", "Only a chosen pool can be given up.", refuses=True),
    Rule(
        "A7",
        "branches_differ",
        "A soldier of Arachnos has one branch, in the primary and in the secondary.",
        finds=True,
        remedy="Choose the same branch for both.",
    ),
    # P: picks
    Rule(
        "P1",
        "granted",
        "What comes by itself or fills an incarnate slot is neither picked nor dropped.",
        refuses=True,
    ),
    Rule("P2", "not_pickable", "Some powers cannot be picked by anybody.", refuses=True),
    Rule(
        "P3",
        "wrong_archetype",
        "A power is of a powerset that the archetype can have.",
        refuses=True,
        finds=True,
        remedy="Drop the power.",
    ),
    Rule(
        "P4",
        "powerset_not_chosen",
        "A power is of a chosen powerset, or of the trunk that a branch grew from.",
        refuses=True,
        finds=True,
        remedy="Choose its powerset, or drop the power.",
    ),
    Rule("P5", "already_taken", "A power or accolade is taken once.", refuses=True),
    Rule(
        "P6",
        "too_many_picks",
        "A character picks 24 powers.",
        refuses=True,
        finds=True,
        remedy="Drop a power.",
    ),
    Rule(
        "P7",
        "level_taken",
        "Two powers are picked at level 1, and one at each later pick level.",
        refuses=True,
        finds=True,
        remedy="Move one of them to another level.",
    ),
    Rule(
        "P8",
        "no_pick_at_level",
        "Powers are picked at 1, 2, 4, … 32, 35, 38, 41, 44, 47 and 49.",
        refuses=True,
        finds=True,
        remedy="Move the power to a pick level.",
    ),
    Rule(
        "P9",
        "too_early",
        "A power is picked at its own level or later; pool powers from 4 on.",
        finds=True,
        remedy="Move the power to a later level.",
    ),
    Rule(
        "P10",
        "prerequisite_missing",
        "What a power requires was picked at its level or before.",
        finds=True,
        remedy="Take what it requires at an earlier level, or move the power to a later one.",
    ),
    Rule(
        "P11",
        "first_picks",
        "Of the two powers of level 1 one is of the primary and one of the secondary.",
        finds=True,
        remedy="Move one of them to another level.",
    ),
    Rule(
        "P12",
        "not_taken",
        "Only a power that the character has can be slotted, switched or moved.",
        refuses=True,
        finds=True,
        remedy="Take what grants it, or drop it.",
    ),
    Rule(
        "P13",
        "too_many_extras",
        "A build holds a limited number of temporary and prestige powers, and of accolades.",
        refuses=True,
    ),
    # S: slots
    Rule(
        "S1",
        "not_slottable",
        "Some powers take no enhancements.",
        refuses=True,
        finds=True,
        remedy="Remove its slots.",
    ),
    Rule(
        "S2",
        "power_full",
        "A power has at most six slots, its own and five added.",
        refuses=True,
        finds=True,
        remedy="Remove a slot from the power.",
    ),
    Rule(
        "S3",
        "no_slot_left",
        "A character adds at most 67 slots.",
        refuses=True,
        finds=True,
        remedy="Remove slots.",
    ),
    Rule("S4", "slot_exists", "A new slot has a new id.", refuses=True),
    Rule("S5", "no_such_slot", "Only a slot that is there can be used.", refuses=True),
    Rule(
        "S6",
        "own_slot",
        "A power's own slot comes with it: it is neither added, moved nor removed.",
        refuses=True,
    ),
    Rule(
        "S7",
        "slot_too_early",
        "A slot is added at the level of its power's pick or later.",
        finds=True,
        remedy="Move the slot to a later level.",
    ),
    Rule(
        "S8",
        "slots_overdrawn",
        "By any level no more slots were added than the game has given: two at each odd level "
        "from 3 to 29, three at 31, 33, 34, 36, 37, 39, 40, 42, 43, 45, 46, 48 and 50.",
        finds=True,
        remedy="Move some of the slots to later levels.",
    ),
    Rule(
        "S9",
        "slot_without_level",
        "An added slot has a level.",
        finds=True,
        remedy="Move the slot to a level.",
    ),
    # E: enhancements
    Rule(
        "E1",
        "does_not_fit",
        "A power accepts a set piece if it accepts the set, and any other enhancement if it "
        "accepts one of its types.",
        refuses=True,
        finds=True,
        remedy="Put another enhancement into the slot.",
    ),
    Rule(
        "E2",
        "unique_used",
        "Of a unique piece, all its forms together, a build holds one.",
        refuses=True,
        finds=True,
        remedy="Clear one of them.",
    ),
    Rule(
        "E3",
        "piece_used",
        "A power holds each piece of a set once, crafted or attuned.",
        refuses=True,
        finds=True,
        remedy="Clear one of them.",
    ),
    Rule(
        "E4",
        "enhancement_of_other_archetype",
        "Archetype enhancements are for their archetype.",
        refuses=True,
        finds=True,
        remedy="Put another enhancement into the slot.",
    ),
    Rule(
        "E5",
        "enhancement_of_other_origin",
        "Single and dual origin enhancements are for their origins.",
        finds=True,
        remedy="Use one of the character's origin.",
    ),
    Rule(
        "E6",
        "no_such_level",
        "A crafted invention exists within its set's levels, a common one from 10 to 50; what is "
        "attuned, of an origin or special has no level.",
        refuses=True,
        finds=True,
        remedy="Give it a level at which it exists.",
    ),
    Rule(
        "E7",
        "not_boostable",
        "Boosters work on crafted inventions that enhance something.",
        refuses=True,
        finds=True,
        remedy="Take the boosters off.",
    ),
    Rule(
        "E8",
        "no_relative_level",
        "Only origin and special kinds are above or below the character's level.",
        refuses=True,
        finds=True,
        remedy="Set it to even.",
    ),
    Rule(
        "E9",
        "level_too_low",
        "An enhancement can be slotted from a level on; some only at 50.",
        finds=True,
        remedy="Use another enhancement until then.",
    ),
    Rule("E10", "slot_empty", "Only what is there can be cleared or changed.", refuses=True),
    Rule("E11", "no_other_form", "Some pieces exist crafted or attuned only.", refuses=True),
    Rule(
        "E12",
        "no_proc",
        "Only a proc can be switched.",
        refuses=True,
        finds=True,
        remedy="Place the enhancement again.",
    ),
    # I: incarnates and accolades
    Rule(
        "I1",
        "no_such_incarnate_slot",
        "The incarnate slots are alpha, judgement, interface, lore, destiny, hybrid and genesis.",
        refuses=True,
        finds=True,
        remedy="Clear the slot.",
    ),
    Rule(
        "I2",
        "wrong_incarnate_slot",
        "An incarnate power goes into its own slot.",
        refuses=True,
        finds=True,
        remedy="Choose another power for the slot.",
    ),
    Rule(
        "I3",
        "incarnate_too_early",
        "Incarnate powers are for characters of level 50.",
        finds=True,
        remedy="Clear the slots, or set the level to 50.",
    ),
    Rule(
        "I4",
        "not_an_accolade",
        "Among the accolades are accolades' powers.",
        refuses=True,
        finds=True,
        remedy="Remove it.",
    ),
    Rule(
        "I5",
        "accolade_twice",
        "Of an accolade's hero and villain forms one counts.",
        finds=True,
        remedy="Switch one of them off, or remove it.",
    ),
    # N: conditions
    Rule(
        "N1",
        "no_such_scenario",
        "Only a scenario that is there can be chosen, changed or removed.",
        refuses=True,
        finds=True,
        remedy="Choose a scenario.",
    ),
    Rule("N2", "scenario_exists", "A new scenario has a new id.", refuses=True),
    Rule("N3", "too_many_scenarios", "A build has at most twenty scenarios.", refuses=True),
    Rule(
        "N4",
        "scenario_chosen",
        "The chosen scenario is not removed; so there always is one.",
        refuses=True,
    ),
    Rule(
        "N5",
        "too_many_conditions",
        "A scenario speaks of a limited number of powers.",
        refuses=True,
    ),
    Rule(
        "N6",
        "too_many_teammates",
        "No more teammates are named than the team has, at most seven.",
        refuses=True,
        finds=True,
        remedy="Make the team larger, or name fewer teammates.",
    ),
    Rule(
        "N7",
        "unknown_teammate",
        "A teammate is of a player's archetype.",
        refuses=True,
        finds=True,
        remedy="Choose another archetype for the teammate.",
    ),
    # T: what is switched on
    Rule(
        "T1",
        "exclude_each_other",
        "Of powers that exclude each other one is on.",
        finds=True,
        remedy="Switch all but one of them off.",
    ),
)

BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})
assert len(BY_CODE) == len(RULES)


def refused(code: str, message: str) -> Refused:
    """The answer to an operation that breaks a rule which refuses."""
    return Refused(code, BY_CODE[code].id, message)


def a(noun: str) -> str:
    """The noun with its article: a Scrapper, an Arachnos Soldier."""
    return f"{'an' if noun[:1] in 'AEIOU' else 'a'} {noun}"
