"""What beyond a power and its slots changes its figures."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from calc.facts import Reads
from calc.powers import Enhanceable
from calc.sheet import OWN, Sheet


class Listens(Struct, frozen=True, gc=False):
    """What a sheet listens to.

    own: the global strengths that change what the power itself is (`calc.sheet.OWN`); attributes:
    those that change its effects, or what it brings. reads: what conditions and formulas depend on.
    tags: those whose chances do. others: it summons somebody, so that anything may, but for
    strengths: all that those do is in attributes.
    """

    own: frozenset[str]
    attributes: frozenset[str]
    reads: frozenset[Reads]
    tags: frozenset[str]
    others: bool


def listens(sheet: Sheet, brought: Iterable[Sheet] = ()) -> Listens:
    """What a sheet listens to.

    brought: the sheets of all that it executes, and of all that those do whom it summons.
    """
    attributes = _by_globals(sheet.enhanceable[len(OWN) :])
    reads, tags, others = frozenset(_read_by(sheet)), frozenset(_tags_in(sheet)), _summons(sheet)
    for each in brought:
        attributes |= _by_globals(each.enhanceable)
        reads |= frozenset(_read_by(each))
        tags |= frozenset(_tags_in(each))
        others = others or _summons(each)
    return Listens(_by_globals(sheet.enhanceable[: len(OWN)]), attributes, reads, tags, others)


def with_others(hears: Listens, also: Sequence[Listens]) -> Listens:
    """What something listens to together with others."""
    return Listens(
        hears.own,
        hears.attributes.union(*[each.attributes for each in also]),
        hears.reads.union(*[each.reads for each in also]),
        hears.tags.union(*[each.tags for each in also]),
        hears.others or any(each.others for each in also),
    )


def _summons(sheet: Sheet) -> bool:
    return any(bringing.summons is not None for bringing in sheet.bringing)


def _by_globals(enhanceable: Iterable[Enhanceable]) -> frozenset[str]:
    return frozenset(wanted.attribute for wanted in enhanceable if wanted.by_globals)


def _read_by(sheet: Sheet) -> Iterator[Reads]:
    for block in (*sheet.blocks, *(bringing.block for bringing in sheet.bringing)):
        formulas = (block.expression, block.duration_expression)
        for each in (*block.conditions, *block.unless, *formulas):
            if each is not None:
                yield from each.reads


def _tags_in(sheet: Sheet) -> Iterator[str]:
    for block in (*sheet.blocks, *(bringing.block for bringing in sheet.bringing)):
        for _, tags in block.chances:
            yield from tags
        yield from block.tick_tags
