"""What is wrong with a build, all at once.

The rule book itself is `calc.rulebook`; what finds its breaches is `calc.check`. A finding never
stands in the way of an edit.
"""

from collections.abc import Callable, Iterable
from itertools import chain, islice

from msgspec import Struct

from calc.build import Build
from calc.check import character, conditions, picks, slots
from calc.check.known import Aspect, Known
from calc.rulebook import BY_CODE, Breach
from gamedata.catalogue import Catalogue

MAX_FINDINGS = 200

# Each check with what it reads: it is repeated when something of that changed.
_CHECKS: tuple[tuple[Callable[[Known], Iterable[Breach]], tuple[Aspect, ...]], ...] = (
    (character.character, ("character", "powersets", "picks")),
    (character.chosen_powersets, ("character", "powersets")),
    (picks.powers, ("character", "powersets", "picks", "issued", "incarnates")),
    (picks.pick_levels, ("character", "picks")),
    (picks.prerequisites, ("character", "powersets", "picks", "issued")),
    (slots.slots, ("slots",)),
    (slots.slot_budget, ("levels",)),
    (slots.misplaced, ("misplaced",)),
    (slots.uniques, ("uniques",)),
    (slots.twice, ("twice",)),
    (slots.foreign, ("foreign",)),
    (character.character_level, ("early",)),
    (conditions.incarnate_slots, ("character", "incarnates")),
    (conditions.accolades, ("accolades",)),
    (conditions.scenario, ("scenario",)),
    (conditions.switches, ("picks", "issued", "switches", "scenario")),
)


class Finding(Struct, frozen=True, omit_defaults=True):
    """One rule that a build breaks, and what to do about it.

    rule: its number in the rule book; power, slot: the place, where there is one.
    """

    code: str
    rule: str
    message: str
    remedy: str = ""
    power: str = ""
    slot: str = ""


class Checked(Struct, frozen=True):
    """What was found of a build, and what it was found from: so the next build costs little."""

    findings: tuple[Finding, ...]
    known: Known
    parts: tuple[tuple[Finding, ...], ...]


def findings(build: Build, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Every rule that a build breaks, in the order of the rule book's chapters.

    At most 200. Never raises for a build that can be decoded.
    """
    return check(build, catalogue).findings


def check(build: Build, catalogue: Catalogue, before: Checked | None = None) -> Checked:
    """The findings of a build; with `before`, of any build, only what differs is looked at.

    The findings are the same with and without it.
    """
    known = Known(build, catalogue, None if before is None else before.known)
    if before is not None and not known.changed:
        return Checked(before.findings, known, before.parts)
    parts = tuple(
        _part(check, known)
        if before is None or not known.changed.isdisjoint(reads)
        else before.parts[number]
        for number, (check, reads) in enumerate(_CHECKS)
    )
    found = tuple(islice(chain.from_iterable(parts), MAX_FINDINGS))
    return Checked(found, known, parts)


def _part(check: Callable[[Known], Iterable[Breach]], known: Known) -> tuple[Finding, ...]:
    found = tuple(islice(check(known), MAX_FINDINGS))
    return tuple(map(_finding, found)) if found else ()


def _finding(breach: Breach) -> Finding:
    rule = BY_CODE[breach.code]
    return Finding(rule.code, rule.id, breach.message, rule.remedy, breach.power, breach.slot)
