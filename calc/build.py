"""The build document: a player's choices, and nothing that follows from them.

The document is what clients keep and patch (RFC 7396), so it never holds a null, what people
change one by one is a map under a stable id, and a default is never written. Treat every map
as immutable: an operation makes a new build that shares what it did not touch.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

FORMAT = 1
MAX_LEVEL = 50
OWN_SLOT = "own"  # the slot that comes with a power; all others are added slots

# What a client may choose as an id: starts with a letter, so that JavaScript keeps the order
# of keys, and has no character that needs quoting anywhere.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")]
GameId = Annotated[str, Meta(min_length=1, max_length=160, pattern=r"^[ -~]+\Z")]
# No control, line-separating or direction-changing characters, and no lone surrogates.
Title = Annotated[
    str,
    Meta(
        max_length=80,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z",
    ),
]
Level = Annotated[int, Meta(ge=1, le=MAX_LEVEL)]
EnhancementLevel = Annotated[int, Meta(ge=1, le=53)]
Boosters = Annotated[int, Meta(ge=0, le=5)]
RelativeLevel = Annotated[int, Meta(ge=-3, le=3)]
Count = Annotated[int, Meta(ge=0, le=100)]


class SlottedEnhancement(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An enhancement in a slot.

    level: of a crafted invention; 0 (absent) for attuned, origin and special kinds.
    boosters: +1 to +5 on an invention that takes them.
    relative: -3 to +3 on origin and special kinds.
    """

    id: GameId
    level: Annotated[int, Meta(ge=0, le=53)] = 0
    boosters: Boosters = 0
    relative: RelativeLevel = 0


class Slot(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One place in a power. level: where it was added; 0 (absent) for the power's own slot."""

    level: Annotated[int, Meta(ge=0, le=MAX_LEVEL)] = 0
    enhancement: SlottedEnhancement | UnsetType = UNSET


class TakenPower(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A power that the character has.

    level: of the pick; 0 (absent) for granted and inherent powers.
    on: whether it counts in the totals; absent is the default of its type (auto powers are on,
    toggles and clicks are off).
    count: targets, allies or stacks assumed; absent is the default (`calc.md` 5.1).
    slots: by id. The own slot is there only while it holds an enhancement.
    """

    level: Annotated[int, Meta(ge=0, le=MAX_LEVEL)] = 0
    on: bool | UnsetType = UNSET
    count: Count | UnsetType = UNSET
    slots: dict[Id, Slot] = {}


class Powersets(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The chosen powersets; "" is "not chosen". Pools are a set: {id: true}."""

    primary: str = ""
    secondary: str = ""
    epic: str = ""
    pools: dict[GameId, bool] = {}


_NO_POWERSETS = Powersets()


class PowerCondition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a scenario deviates from the build for one power."""

    on: bool | UnsetType = UNSET
    count: Count | UnsetType = UNSET


class Scenario(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Named conditions under which totals are read."""

    title: Title = ""
    team: Annotated[int, Meta(ge=1, le=8)] = 1
    powers: dict[GameId, PowerCondition] = {}


class Build(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One character build.

    powers: the picks, and of what the game grants by itself only what deviates from the default.
    incarnates: by slot (alpha, judgement, ...).
    accolades: true counts in the totals, false is owned and left out of them.
    """

    format: Annotated[int, Meta(ge=1, le=FORMAT)]
    title: Title = ""
    archetype: str = ""
    origin: str = ""
    level: Level = MAX_LEVEL
    powersets: Powersets = _NO_POWERSETS
    powers: dict[GameId, TakenPower] = {}
    incarnates: dict[Id, GameId] = {}
    accolades: dict[GameId, bool] = {}
    scenario: Id = "solo"
    scenarios: dict[Id, Scenario] = {}

    def __post_init__(self) -> None:
        # The encoder leaves out the default itself, not its equals.
        if self.powersets == _NO_POWERSETS:
            msgspec.structs.force_setattr(self, "powersets", _NO_POWERSETS)


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Build)


def empty(title: str = "") -> Build:
    """A build in which nothing has been chosen."""
    return Build(FORMAT, title=title, scenarios={"solo": Scenario(title="Solo")})


def encode(build: Build) -> bytes:
    """The canonical document: JSON, keys sorted, no defaults. Equal builds, equal bytes."""
    return _encoder.encode(build)


def decode(document: bytes | str) -> Build:
    """Read a document.

    Raises msgspec.MsgspecError (wrong shape, with the field's path), UnicodeError or
    RecursionError.
    """
    return _decoder.decode(document)
