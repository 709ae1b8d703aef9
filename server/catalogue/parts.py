"""The catalogue as its REST calls tell it: what there is of each thing for somebody who builds."""

from typing import Literal

from msgspec import Struct

Kind = Literal["common", "set", "attuned", "single", "dual", "training", "special"]


class Named(Struct, frozen=True):
    """Something by its id, with what players call it."""

    id: str
    name: str


class About(Struct, frozen=True):
    """version: changes with the catalogue and with this program: what is fetched under
    `?v=<version>` never changes."""

    release: str
    hash: str
    version: str


class SlotsAt(Struct, frozen=True):
    """How many slots are added at a level."""

    level: int
    count: int


class Schedule(Struct, frozen=True):
    """picks: a level for each power that is picked. slots: how many are added at a level."""

    picks: tuple[int, ...]
    slots: tuple[SlotsAt, ...]


class PowersetsByRole(Struct, frozen=True):
    """The powersets that an archetype may choose, by role."""

    primary: tuple[Named, ...]
    secondary: tuple[Named, ...]
    pool: tuple[Named, ...]
    epic: tuple[Named, ...]


class PowersetOf(Struct, frozen=True, omit_defaults=True):
    """A powerset. archetypes: who may choose it; none is everybody."""

    id: str
    name: str
    category: str
    archetypes: tuple[str, ...] = ()


class Counts(Struct, frozen=True):
    """A number of targets or stacks: what is assumed, and the most (0: not known)."""

    default: int
    max: int


class Power(Struct, frozen=True, omit_defaults=True):
    """A power, as far as a planner shows it.

    pick: it can be picked, from `level` on. switchable: it is on or off; `on`: which, while
    the build does not say. max_slots: 0 takes no enhancements. requires: the game's condition.
    """

    id: str
    name: str
    powerset: str
    powerset_name: str
    type: str = ""
    level: int = 0
    pick: bool = False
    max_slots: int = 0
    switchable: bool = False
    on: bool = False
    counts: Counts | None = None
    requires: str = ""


class Powerset(Struct, frozen=True, omit_defaults=True):
    """trunk: the powerset whose powers come with this one (branches of Arachnos)."""

    id: str
    name: str
    category: str
    powers: tuple[Power, ...]
    trunk: str = ""


class Enhancement(Struct, frozen=True, omit_defaults=True):
    """An enhancement.

    label: what it does, without the name of its set. levels: from and to, of crafted inventions.
    min_level: of the character who slots it. boostable: takes boosters. relative: has a level
    relative to the character (-3 to +3). form: the same piece attuned, or crafted. unique: at most
    one of these in a build. archetypes: whose it is, when not everybody's. proc: it does something
    of its own, which a build may count or not.
    """

    id: str
    name: str
    label: str
    kind: Kind
    set: str = ""
    levels: tuple[int, int] | None = None
    min_level: int = 1
    boostable: bool = False
    relative: bool = False
    form: str = ""
    unique: tuple[str, ...] = ()
    archetypes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    proc: bool = False


class SetBonus(Struct, frozen=True, omit_defaults=True):
    """What this many pieces in one power give. pvp: only against players."""

    pieces: int
    text: str
    pvp: bool = False


class BoostSet(Struct, frozen=True, omit_defaults=True):
    """A boost set (players say "IO set").

    group: the set category, which powers name. pieces: the ids of each piece's forms, by position.
    """

    id: str
    name: str
    group: str
    min_level: int
    max_level: int
    pieces: tuple[tuple[str, ...], ...]
    rarity: str = ""
    bonuses: tuple[SetBonus, ...] = ()


class Enhancements(Struct, frozen=True):
    """All that sits in slots, and the sets that some of it belongs to."""

    enhancements: tuple[Enhancement, ...]
    sets: tuple[BoostSet, ...]


class Fitting(Struct, frozen=True):
    """What a power's slots take: ids, in the order in which people look for them."""

    common: tuple[str, ...]
    single: tuple[str, ...]
    dual: tuple[str, ...]
    training: tuple[str, ...]
    special: tuple[str, ...]
    sets: tuple[str, ...]
