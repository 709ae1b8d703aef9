"""What figures say: of a power, of its effects and procs, and of whom it summons."""

from msgspec import Struct

from calc.sheet import On


class EffectFigure(Struct, frozen=True, omit_defaults=True, gc=False):
    """One attribute of one effect of a power.

    magnitude: in the attribute's unit as the game counts it; damage is positive. duration_s: null
    until killed. before, duration_before_s: the same without slots and buffs. chance: of
    each tick. ticks: how often it is applied, each time with this magnitude, period_s apart, the
    first after delay_s. via: the power that does it, where it is not the power itself.
    """

    attribute: str
    aspect: str
    on: On
    magnitude: float
    before: float
    duration_s: float | None = 0.0
    duration_before_s: float | None = 0.0
    chance: float = 1.0
    ticks: int = 1
    period_s: float = 0.0
    delay_s: float = 0.0
    via: str = ""


class ProcFigure(Struct, frozen=True, omit_defaults=True, gc=False):
    """A slotted piece's procs, or one that works in all powers.

    slot: "" for the latter, and then enhancement is the power's id. chance: each time that the
    power is used. damage: of all of them, on average for each use. on: whether it is counted in
    the power's damage.
    """

    slot: str
    enhancement: str
    chance: float
    damage: float = 0.0
    on: bool = True
    effects: tuple[EffectFigure, ...] = ()


class PetPowerFigures(Struct, frozen=True, omit_defaults=True, gc=False):
    """A power of somebody summoned.

    pulses: how often it is used while they are there. via: the power that gave it to them.
    """

    power: str
    pulses: int = 1
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    effects: tuple[EffectFigure, ...] = ()
    via: str = ""


class PetFigures(Struct, frozen=True, omit_defaults=True, gc=False):
    """Who a power summons.

    is_part: whether they are there for the power only, so that its damage has theirs included.
    count: how many, all alike.
    """

    name: str
    archetype: str = ""
    chance: float = 1.0
    duration_s: float | None = 0.0
    is_part: bool = False
    powers: tuple[PetPowerFigures, ...] = ()
    count: int = 1


class Figures(Struct, frozen=True, omit_defaults=True, gc=False):
    """A power's figures.

    power: the one that is used: the build's own, or what it redirects to now. before, after: by
    the key of each number of a power, without slots and buffs and with them; absent is none.
    """

    power: str
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    effects: tuple[EffectFigure, ...] = ()
    procs: tuple[ProcFigure, ...] = ()
    pets: tuple[PetFigures, ...] = ()
