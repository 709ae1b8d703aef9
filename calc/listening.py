"""What beyond a power and its slots changes its figures."""

from msgspec import Struct

from calc.sheet import Block, Sheet


class Listens(Struct, frozen=True, gc=False):
    """What a sheet listens to.

    attributes: global strengths. totals: what depends on totals. others: it brings other powers,
    so that anything may.
    """

    attributes: frozenset[str]
    totals: bool
    others: bool


def listens(sheet: Sheet) -> Listens:
    """What a sheet listens to."""
    return Listens(
        frozenset(wanted.attribute for wanted in sheet.enhanceable if wanted.by_globals),
        any(_reads_totals(block) for block in sheet.blocks),
        bool(sheet.bringing),
    )


def _reads_totals(block: Block) -> bool:
    formulas = (block.expression, block.duration_expression)
    return any(
        "totals" in each.reads
        for each in (*block.conditions, *block.unless, *formulas)
        if each is not None
    )
