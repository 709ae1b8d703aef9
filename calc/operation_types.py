"""Operations: the smallest things a person does to a build, and what each of them means.

An operation names things by id, never by position, so that it keeps its meaning when others
edit at the same time. `calc.operations` says what comes of them.

`expects`, which any of them may have, is what its author saw at the operation's place in the
document (`calc.places`), null for nothing: whoever decides refuses it when that is not so any
more. What comes of an operation does not depend on it.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from calc.build import (
    MAX_ON_TARGET,
    MAX_TEAMMATES,
    Boosters,
    Build,
    Count,
    EnhancementLevel,
    Exemplar,
    FoeLevel,
    GameId,
    Health,
    Id,
    Level,
    Notes,
    OptionalGameId,
    Percent,
    PowerCondition,
    Rank,
    RelativeLevel,
    Scenario,
    Seconds,
    Slot,
    SlottedEnhancement,
    TakenPower,
    Team,
    Title,
)

PowersetRole = Literal["primary", "secondary", "epic"]
TeammatesChange = Annotated[
    dict[GameId, Annotated[int, Meta(ge=0, le=MAX_TEAMMATES)]], Meta(max_length=20)
]


class SetTitle(Struct, frozen=True, forbid_unknown_fields=True, tag="set_title"):
    title: Title
    expects: Title | UnsetType | None = UNSET


class SetNotes(Struct, frozen=True, forbid_unknown_fields=True, tag="set_notes"):
    notes: Notes
    expects: Notes | UnsetType | None = UNSET


class SetLevel(Struct, frozen=True, forbid_unknown_fields=True, tag="set_level"):
    level: Level
    expects: Level | UnsetType | None = UNSET


class SetOrigin(Struct, frozen=True, forbid_unknown_fields=True, tag="set_origin"):
    """`origin`: Magic, Mutation, Natural, Science, Technology, or "" for not chosen."""

    origin: Annotated[str, Meta(max_length=20)]
    expects: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET


class SetArchetype(Struct, frozen=True, forbid_unknown_fields=True, tag="set_archetype"):
    """Choose the archetype, or none (""); what the new one cannot have (powersets, their
    powers, archetype enhancements) goes, pools stay."""

    archetype: OptionalGameId
    expects: OptionalGameId | UnsetType | None = UNSET


class SetPowerset(Struct, frozen=True, forbid_unknown_fields=True, tag="set_powerset"):
    """Choose a primary, secondary or epic powerset, or none (""); the old one's powers go.

    A branch of the soldiers of Arachnos keeps the powers of its trunk.
    """

    role: PowersetRole
    powerset: OptionalGameId
    expects: OptionalGameId | UnsetType | None = UNSET


class AddPool(Struct, frozen=True, forbid_unknown_fields=True, tag="add_pool"):
    powerset: GameId
    expects: bool | UnsetType | None = UNSET


class RemovePool(Struct, frozen=True, forbid_unknown_fields=True, tag="remove_pool"):
    """Give up a pool and its powers."""

    powerset: GameId
    expects: bool | UnsetType | None = UNSET


class TakePower(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="take_power"
):
    """Pick a power, or take a temporary or prestige power, which is at no level.

    level: of the pick; absent: the lowest pick level that is free and allows it, else the lowest
    that is free.
    on: absent: autos are on, and a toggle unless one that it excludes is.
    count, slots: what it comes with; an undo gives back a dropped power whole.
    """

    power: GameId
    level: Level | UnsetType = UNSET
    on: bool | UnsetType = UNSET
    count: Count | UnsetType = UNSET
    slots: dict[Id, Slot] = {}
    expects: TakenPower | UnsetType | None = UNSET


class DropPower(Struct, frozen=True, forbid_unknown_fields=True, tag="drop_power"):
    """Give up a power that was taken, with its slots, what is in them, and what it granted."""

    power: GameId
    expects: TakenPower | UnsetType | None = UNSET


class MovePower(Struct, frozen=True, forbid_unknown_fields=True, tag="move_power"):
    """Pick a power at another level; if that is full, a power from there takes its place.

    At level 1 that is the one of the same powerset, if there is one.
    """

    power: GameId
    level: Level
    expects: Level | UnsetType | None = UNSET


class AddSlot(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="add_slot"):
    """Add a slot, whose id the author draws.

    level: absent: the lowest level that has a slot left and is not below the power's pick, else
    the lowest that has a slot left.
    enhancement: what sits in it at once.
    """

    power: GameId
    slot: Id
    level: Level | UnsetType = UNSET
    enhancement: SlottedEnhancement | UnsetType = UNSET
    expects: Slot | UnsetType | None = UNSET


class RemoveSlot(Struct, frozen=True, forbid_unknown_fields=True, tag="remove_slot"):
    power: GameId
    slot: Id
    expects: Slot | UnsetType | None = UNSET


class MoveSlot(Struct, frozen=True, forbid_unknown_fields=True, tag="move_slot"):
    """Change the level at which a slot was added."""

    power: GameId
    slot: Id
    level: Level
    expects: Level | UnsetType | None = UNSET


class PlaceEnhancement(Struct, frozen=True, forbid_unknown_fields=True, tag="place_enhancement"):
    """Put an enhancement into a slot, in place of what is there.

    A crafted invention without a level gets the highest up to 50 at which it exists.
    """

    power: GameId
    slot: Id
    enhancement: SlottedEnhancement
    expects: SlottedEnhancement | UnsetType | None = UNSET


class ClearEnhancement(Struct, frozen=True, forbid_unknown_fields=True, tag="clear_enhancement"):
    power: GameId
    slot: Id
    expects: SlottedEnhancement | UnsetType | None = UNSET


class ChangeEnhancement(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="change_enhancement"
):
    """Change what sits in a slot; what is absent stays.

    attuned: swap the piece for its attuned form (true), which has neither level nor boosters, or
    for its crafted form (false).
    """

    power: GameId
    slot: Id
    level: EnhancementLevel | UnsetType = UNSET
    boosters: Boosters | UnsetType = UNSET
    relative: RelativeLevel | UnsetType = UNSET
    attuned: bool | UnsetType = UNSET
    expects: SlottedEnhancement | UnsetType | None = UNSET


class SwitchPower(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="switch_power"
):
    """Switch a power on or off; on, it switches off those that it excludes.

    keep_others: leave them as they are, as an undo does.
    """

    power: GameId
    on: bool
    expects: bool | UnsetType | None = UNSET
    keep_others: bool = False


class SetCount(Struct, frozen=True, forbid_unknown_fields=True, tag="set_count"):
    """How many targets, allies or stacks a power is assumed to have."""

    power: GameId
    count: Count
    expects: Count | UnsetType | None = UNSET


class SwitchProc(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="switch_proc"
):
    """Whether the proc of what sits in a slot counts; absent: as if nobody had said."""

    power: GameId
    slot: Id
    on: bool | UnsetType = UNSET
    expects: bool | UnsetType | None = UNSET


class SetIncarnate(Struct, frozen=True, forbid_unknown_fields=True, tag="set_incarnate"):
    """Fill an incarnate slot (alpha, judgement, interface, lore, destiny, hybrid, genesis) with a
    power, or with none (""); what was switched of the one before goes."""

    slot: Id
    power: OptionalGameId
    expects: OptionalGameId | UnsetType | None = UNSET


class AddAccolade(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="add_accolade"
):
    """on: whether it counts."""

    power: GameId
    on: bool = True
    expects: bool | UnsetType | None = UNSET


class RemoveAccolade(Struct, frozen=True, forbid_unknown_fields=True, tag="remove_accolade"):
    power: GameId
    expects: bool | UnsetType | None = UNSET


class SwitchAccolade(Struct, frozen=True, forbid_unknown_fields=True, tag="switch_accolade"):
    power: GameId
    on: bool
    expects: bool | UnsetType | None = UNSET


class AddScenario(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="add_scenario"
):
    """Add a scenario, whose id the author draws, with its conditions (say, a copy of another)."""

    scenario: Id
    conditions: Scenario = Scenario()
    expects: Scenario | UnsetType | None = UNSET


class ChangeScenario(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="change_scenario"
):
    """Change conditions of a scenario; what is absent stays. What they mean: `Scenario`.

    teammates: by archetype, 0 for none any more; others stay. The team grows with them.
    target_has: by power, 0 for what it has no more; others stay.
    """

    scenario: Id
    title: Title | UnsetType = UNSET
    team: Team | UnsetType = UNSET
    exemplar: Exemplar | UnsetType = UNSET
    pvp: bool | UnsetType = UNSET
    combat: bool | UnsetType = UNSET
    health: Health | UnsetType = UNSET
    endurance: Percent | UnsetType = UNSET
    fury: Percent | UnsetType = UNSET
    meter: Percent | UnsetType = UNSET
    target_health: Health | UnsetType = UNSET
    target_held: bool | UnsetType = UNSET
    target_rank: Rank | UnsetType = UNSET
    relative_level: FoeLevel | UnsetType = UNSET
    foes: Count | UnsetType = UNSET
    allies: Count | UnsetType = UNSET
    activated_s: Seconds | UnsetType = UNSET
    teammates: TeammatesChange | UnsetType = UNSET
    target_has: Annotated[dict[GameId, Count], Meta(max_length=MAX_ON_TARGET)] | UnsetType = UNSET
    expects: Scenario | UnsetType | None = UNSET


class RemoveScenario(Struct, frozen=True, forbid_unknown_fields=True, tag="remove_scenario"):
    scenario: Id
    expects: Scenario | UnsetType | None = UNSET


class ChooseScenario(Struct, frozen=True, forbid_unknown_fields=True, tag="choose_scenario"):
    """Read the build's totals under another scenario."""

    scenario: Id
    expects: Id | UnsetType | None = UNSET


class SetScenarioPower(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="set_scenario_power"
):
    """How a scenario deviates from the build for one power; what is absent is as in the build."""

    scenario: Id
    power: GameId
    on: bool | UnsetType = UNSET
    count: Count | UnsetType = UNSET
    expects: PowerCondition | UnsetType | None = UNSET


Operation = (
    SetTitle
    | SetNotes
    | SetLevel
    | SetOrigin
    | SetArchetype
    | SetPowerset
    | AddPool
    | RemovePool
    | TakePower
    | DropPower
    | MovePower
    | AddSlot
    | RemoveSlot
    | MoveSlot
    | PlaceEnhancement
    | ClearEnhancement
    | ChangeEnhancement
    | SwitchPower
    | SetCount
    | SwitchProc
    | SetIncarnate
    | AddAccolade
    | RemoveAccolade
    | SwitchAccolade
    | AddScenario
    | ChangeScenario
    | RemoveScenario
    | ChooseScenario
    | SetScenarioPower
)


class Restore(Struct, frozen=True, forbid_unknown_fields=True, tag="restore"):
    """Give parts of the build what they had before. Nobody sends it: it is what going back to an
    earlier revision comes to.

    patch: JSON Merge Patch (RFC 7396) on the build's document.
    """

    patch: dict[str, Any]


Step = Operation | Restore
"""What leads from one build to the next: what people do, and going back."""


class Refused(Struct, frozen=True, omit_defaults=True):
    """Why an operation cannot be: a stable code, the rule's number, a sentence for a player."""

    code: str
    rule: str
    message: str


class Applied(Struct, frozen=True):
    """The build after the operation, and the operations that take it back."""

    build: Build
    inverse: tuple[Step, ...]
