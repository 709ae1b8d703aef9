"""What is wrong with a build, all at once.

The rule book itself is `calc.rulebook`; what finds its breaches is `calc.check`. A finding never
stands in the way of an edit.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct

from calc.build import Build
from calc.check import character, conditions, picks, slots
from calc.check.known import Known
from calc.rulebook import BY_CODE, Breach
from gamedata.catalogue import Catalogue

MAX_FINDINGS = 200

_CHECKS: tuple[Callable[[Known], Iterable[Breach]], ...] = (
    character.character,
    character.chosen_powersets,
    picks.powers,
    picks.pick_levels,
    picks.prerequisites,
    slots.slots,
    slots.slot_budget,
    slots.enhancements,
    slots.repeated,
    slots.origins,
    character.character_level,
    conditions.incarnate_slots,
    conditions.accolades,
    conditions.scenario,
    conditions.switches,
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


def findings(build: Build, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Every rule that a build breaks, in the order of the rule book's chapters.

    At most 200. Never raises for a build that can be decoded.
    """
    known = Known(build, catalogue)
    broken: list[Breach] = []
    for check in _CHECKS:
        broken.extend(check(known))
        if len(broken) >= MAX_FINDINGS:
            break
    return tuple(_finding(breach) for breach in broken[:MAX_FINDINGS])


def _finding(breach: Breach) -> Finding:
    rule = BY_CODE[breach.code]
    return Finding(rule.code, rule.id, breach.message, rule.remedy, breach.power, breach.slot)
