"""What beyond a power and its slots changes its figures."""

from collections.abc import Iterable

from msgspec import Struct

from calc.conditions import compiled
from calc.effects import flatten
from calc.powers import Enhanceable
from calc.sheet import OWN, Block, Sheet
from gamedata.catalogue import Enhancement, Power, PowerId, PowersetId


class Listens(Struct, frozen=True, gc=False):
    """What a sheet listens to.

    own: the global strengths that change what the power itself is (`calc.sheet.OWN`); attributes:
    those that change its effects. totals: what depends on totals. others: it brings other powers,
    so that anything may.
    """

    own: frozenset[str]
    attributes: frozenset[str]
    totals: bool
    others: bool


def listens(sheet: Sheet) -> Listens:
    """What a sheet listens to."""
    return Listens(
        _by_globals(sheet.enhanceable[: len(OWN)]),
        _by_globals(sheet.enhanceable[len(OWN) :]),
        any(_reads_totals(block) for block in sheet.blocks),
        bool(sheet.bringing),
    )


def _by_globals(enhanceable: Iterable[Enhanceable]) -> frozenset[str]:
    return frozenset(wanted.attribute for wanted in enhanceable if wanted.by_globals)


def reads_totals(enhancement: Enhancement) -> bool:
    """Whether something that a piece does by chance depends on totals."""
    as_power = Power(
        PowerId(""),
        enhancement.name,
        PowersetId(""),
        effects=enhancement.effects,
        activation_effects=enhancement.activation_effects,
    )
    return any(
        "totals" in compiled(expression, "self").reads
        for effect in flatten(as_power)
        for expression in (
            *effect.conditions,
            *effect.unless,
            effect.template.magnitude_expression,
            effect.template.duration_expression,
        )
    )


def _reads_totals(block: Block) -> bool:
    formulas = (block.expression, block.duration_expression)
    return any(
        "totals" in each.reads
        for each in (*block.conditions, *block.unless, *formulas)
        if each is not None
    )
