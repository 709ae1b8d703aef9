"""A power that one uses, as figures see it: what no build changes, and what they come to in one."""

from collections.abc import Mapping

from msgspec import Struct

from calc.figure_types import Figures
from calc.listening import Listens
from calc.sheet import Sheet
from gamedata.catalogue import Power, PowerId


class Used(Struct, frozen=True, eq=False, gc=False):
    """A power that one has, with the sheet of the one that is used when it is: itself, or what it
    redirects to.

    hears: what beside itself and its slots changes its figures. unslotted: what no slots come to.
    heard: the attributes whose global strength its effects use. counts: whether the number of
    targets or stacks matters. is_plain: what it does follows from strengths, count and likelihoods.
    """

    own: Power
    sheet: Sheet
    hears: Listens
    unslotted: tuple[float, ...]
    heard: tuple[str, ...]
    counts: bool
    is_plain: bool


class InSlots(Struct, frozen=True, eq=False, gc=False):
    """What the pieces in a power do there besides enhancing it.

    by_slot: what each does by chance, None for nothing; by_chance: all that do. chances: what is
    added to chances in the power, by tag.
    """

    by_slot: tuple[Sheet | None, ...]
    by_chance: tuple[Sheet, ...]
    chances: Mapping[str, float]


class Everywhere(Struct, frozen=True, eq=False, gc=False):
    """What procs that work in all powers do in one of them.

    procs: those that do something; works: what each does. is_settled: all that they do follows
    from how likely they and their ticks are.
    """

    procs: tuple[PowerId, ...] = ()
    works: tuple[Sheet, ...] = ()
    is_settled: bool = True


NOTHING = Everywhere()


class Shown(Struct, frozen=True, gc=False):
    """A power's figures with what they came from.

    slotted: what its slots come to, by position in the sheet's `enhanceable`. hears: what beside
    that changes its figures. looks_around: these may change though no strength, total or mode does:
    it has pets, which other powers give something, or reads what is slotted.
    """

    figures: Figures
    used: Used
    slotted: tuple[float, ...]
    hears: Listens
    looks_around: bool
