"""The build document: a player's choices, and nothing that follows from them.

The document is what clients keep and patch (RFC 7396), so it never holds a null, what people
change one by one is a map under a stable id, and a default is never written. Treat every map
as immutable: an operation makes a new build that shares what it did not touch.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

FORMAT = 1
MAX_LEVEL = 50
OWN_SLOT = "own"  # the slot that comes with a power; all others are added slots

# How much a document holds at most: well over what any legal build needs, and little enough
# that the worst one is worked out quickly.
MAX_POWERS = 120
MAX_SLOTS = 8  # in a power; more than six are a finding
MAX_ACCOLADES = 100
MAX_INCARNATES = 20
MAX_SCENARIOS = 20
MAX_TEAMMATES = 7
MAX_ON_TARGET = 20  # powers that a foe was given
MAX_NOTES = 8000  # characters

# What a client may choose as an id: starts with a letter, so that JavaScript keeps the order
# of keys, and has no character that needs quoting anywhere.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")]
GameId = Annotated[str, Meta(min_length=1, max_length=160, pattern=r"^[ -~]+\Z")]
OptionalGameId = Annotated[str, Meta(max_length=160, pattern=r"^[ -~]*\Z")]  # "": none
# No control, line-separating or direction-changing characters, and no lone surrogates.
Title = Annotated[
    str,
    Meta(
        max_length=80,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z",
    ),
]
Notes = Annotated[
    str,
    Meta(
        max_length=MAX_NOTES,
        pattern=r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z",
    ),
]
Level = Annotated[int, Meta(ge=1, le=MAX_LEVEL)]
EnhancementLevel = Annotated[int, Meta(ge=1, le=53)]
Boosters = Annotated[int, Meta(ge=0, le=5)]
RelativeLevel = Annotated[int, Meta(ge=-3, le=3)]
Count = Annotated[int, Meta(ge=0, le=100)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Health = Annotated[int, Meta(ge=1, le=100)]
Team = Annotated[int, Meta(ge=1, le=1 + MAX_TEAMMATES)]
Teammates = Annotated[
    dict[GameId, Annotated[int, Meta(ge=1, le=MAX_TEAMMATES)]], Meta(max_length=MAX_TEAMMATES)
]
OnTarget = Annotated[
    dict[GameId, Annotated[int, Meta(ge=1, le=100)]], Meta(max_length=MAX_ON_TARGET)
]
Exemplar = Annotated[int, Meta(ge=0, le=MAX_LEVEL)]
Seconds = Annotated[int, Meta(ge=0, le=3600)]
FoeLevel = Annotated[int, Meta(ge=-4, le=7)]
Rank = Literal["minion", "lieutenant", "boss", "elite_boss", "archvillain", "monster"]

_SOLO: Final = "solo"
_BOSS: Final = "boss"


class SlottedEnhancement(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, cache_hash=True
):
    """An enhancement in a slot.

    level: of a crafted invention; 0 (absent) for attuned, origin and special kinds.
    boosters: +1 to +5 on an invention that takes them.
    relative: -3 to +3 on origin and special kinds.
    proc: whether its proc counts: true wherever its power does, by its average; false nowhere.
    Absent: one that comes by chance counts in the figures of its power only, any other always.
    """

    id: GameId
    level: Annotated[int, Meta(ge=0, le=53)] = 0
    boosters: Boosters = 0
    relative: RelativeLevel = 0
    proc: bool | UnsetType = UNSET


class Slot(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One place in a power. level: where it was added; 0 (absent) for the power's own slot."""

    level: Annotated[int, Meta(ge=0, le=MAX_LEVEL)] = 0
    enhancement: SlottedEnhancement | UnsetType = UNSET


class TakenPower(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A power that the character has.

    level: of the pick; 0 (absent) for granted and inherent powers.
    on: whether it counts in the totals; absent is the default of its type (auto powers are on,
    toggles and clicks are off).
    count: targets, allies or stacks assumed; absent is one foe or stack, and no ally.
    slots: by id. The own slot is there only while it holds an enhancement.
    """

    level: Annotated[int, Meta(ge=0, le=MAX_LEVEL)] = 0
    on: bool | UnsetType = UNSET
    count: Count | UnsetType = UNSET
    slots: Annotated[dict[Id, Slot], Meta(max_length=MAX_SLOTS)] = {}


class Powersets(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The chosen powersets; "" is "not chosen". Pools are a set: {id: true}."""

    primary: OptionalGameId = ""
    secondary: OptionalGameId = ""
    epic: OptionalGameId = ""
    pools: Annotated[dict[GameId, bool], Meta(max_length=20)] = {}


_NO_POWERSETS = Powersets()


class PowerCondition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a scenario deviates from the build for one power; what is absent is as in the build."""

    on: bool | UnsetType = UNSET
    count: Count | UnsetType = UNSET


class Scenario(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Named conditions under which totals are read. All defaults: nothing is happening.

    team: how many, oneself included. teammates: those of them whose archetype matters, as many as
    there are of each. exemplar: the level played at; 0: one's own.
    pvp: against players; the export has factors of PvP's diminishing returns but no formula, so
    that they are not in the totals, and what a zone gives is a state (`powers`).
    combat: attacking and being attacked, which suppresses stealth and travel powers.
    health, endurance: percent of one's own that is left. fury: 0 to 100. meter: 0 to 100, what an
    archetype gathers (Domination, Opportunity), or that one is hidden.
    target_health, target_held, target_rank: of the foe that a power is used on.
    relative_level: of that foe to oneself, for the chance to hit.
    foes, allies: in range of powers that reach several, where neither the build nor `powers`
    has a count. activated_s: seconds since clicks that fade in steps were used.
    powers: what differs from the build, by power (also accolades' and incarnate powers). Of powers
    that the character has not it means nothing, but for states that attacks build up (Tidal Power,
    Perfection, Blood Frenzy): switched on, the character is in them, by `count` times.
    target_has: how often the foe has what attacks leave on it (Disintegrate, Contaminated).
    """

    title: Title = ""
    team: Team = 1
    exemplar: Exemplar = 0
    pvp: bool = False
    combat: bool = False
    health: Health = 100
    endurance: Percent = 100
    fury: Percent = 0
    meter: Percent = 0
    target_health: Health = 100
    target_held: bool = False
    target_rank: Rank = _BOSS
    relative_level: FoeLevel = 0
    foes: Count = 1
    allies: Count = 0
    activated_s: Seconds = 0
    teammates: Teammates = {}
    target_has: OnTarget = {}
    powers: Annotated[dict[GameId, PowerCondition], Meta(max_length=MAX_POWERS)] = {}

    def __post_init__(self) -> None:
        # The encoder leaves out the default itself, not its equals.
        if self.target_rank == _BOSS:
            msgspec.structs.force_setattr(self, "target_rank", _BOSS)


class Build(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One character build.

    powers: the picks, temporary and prestige powers, and of what comes by itself or with an
    incarnate slot only what deviates from the default.
    incarnates: by slot (alpha, judgement, ...). Switches and counts of an incarnate power are in
    `powers`, under the same id.
    accolades: true counts in the totals, false is owned and left out of them.
    scenario: the chosen one, under which the build's totals are read.
    notes: what people write about the build.
    """

    format: Annotated[int, Meta(ge=1, le=FORMAT)]
    title: Title = ""
    archetype: OptionalGameId = ""
    origin: Annotated[str, Meta(max_length=20)] = ""
    level: Level = MAX_LEVEL
    powersets: Powersets = _NO_POWERSETS
    powers: Annotated[dict[GameId, TakenPower], Meta(max_length=MAX_POWERS)] = {}
    incarnates: Annotated[dict[Id, GameId], Meta(max_length=MAX_INCARNATES)] = {}
    accolades: Annotated[dict[GameId, bool], Meta(max_length=MAX_ACCOLADES)] = {}
    scenario: Id = _SOLO
    scenarios: Annotated[dict[Id, Scenario], Meta(max_length=MAX_SCENARIOS)] = {}
    notes: Notes = ""

    def __post_init__(self) -> None:
        if self.scenario == _SOLO:
            msgspec.structs.force_setattr(self, "scenario", _SOLO)
        if self.powersets == _NO_POWERSETS:
            msgspec.structs.force_setattr(self, "powersets", _NO_POWERSETS)


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Build)


def empty(title: str = "") -> Build:
    """A build in which nothing has been chosen."""
    return Build(FORMAT, title=title, scenarios={_SOLO: Scenario(title="Solo")})


def encode(build: Build) -> bytes:
    """The canonical document: JSON, keys sorted, no defaults. Equal builds, equal bytes."""
    return _encoder.encode(build)


def decode(document: bytes | str) -> Build:
    """Read a document.

    Raises msgspec.MsgspecError (wrong shape, with the field's path), UnicodeError or
    RecursionError.
    """
    return _decoder.decode(document)
