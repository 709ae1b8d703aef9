"""Which set bonuses a build has: sets counted power by power, and the rule of five.

Source: the design's `calc.md` §7 and §13.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from calc.build import SlottedEnhancement
from calc.conditions import compiled
from calc.facts import Context, Facts
from gamedata.catalogue import BoostSetId, Catalogue, Enhancement, PowerId

LEVELS_BELOW = 3  # how far below a crafted piece's level its set bonuses still hold


class Piece(Struct, frozen=True, gc=False):
    """An enhancement in a slot of a power."""

    slotted: SlottedEnhancement
    enhancement: Enhancement


class Given(Struct, frozen=True, gc=False):
    """A bonus that a set gives for that many pieces in one power."""

    power: PowerId
    boost_set: BoostSetId
    pieces: int


def rows(
    pieces: Sequence[Piece], level: int, catalogue: Catalogue, *, pvp: bool = False
) -> tuple[Given, ...]:
    """The bonuses that the pieces in one power give, in the order of the sets' first pieces.

    level: the character's combat level. pvp: some rows hold against players only. A set that is
    split over two powers counts in each of them by itself. The bonuses hold whether or not the
    power is on.
    """
    positions: dict[BoostSetId, set[int]] = {}
    for piece in pieces:
        if piece.enhancement.boost_set and holds(piece.slotted, piece.enhancement, level):
            positions.setdefault(piece.enhancement.boost_set, set()).add(piece.enhancement.position)
    if not positions:
        return ()
    context: Context | None = None
    found: list[Given] = []
    for boost_set_id, filled in positions.items():
        boost_set = catalogue.boost_sets.get(boost_set_id)
        for bonus in boost_set.bonuses if boost_set else ():
            if len(filled) < bonus.min_pieces:
                continue
            if bonus.requires and context is None:
                # The row of a single piece names its piece, and counts no others.
                counts = Counter(
                    each.enhancement.id.lower()
                    for each in pieces
                    if holds(each.slotted, each.enhancement, level)
                )
                context = Context(Facts(pvp=pvp), slotted_here=counts)
            if context is None or compiled(bonus.requires).holds(context):
                found.extend(Given(power, boost_set_id, bonus.min_pieces) for power in bonus.powers)
    return tuple(found)


def holds(slotted: SlottedEnhancement, enhancement: Enhancement, level: int) -> bool:
    """Whether a piece counts for set bonuses at a combat level."""
    if enhancement.bonuses_ignore_exemplar:
        return True
    if enhancement.attuned or not slotted.level:
        return level >= enhancement.min_bonus_level
    return level >= slotted.level - LEVELS_BELOW


def counted(given: Iterable[PowerId], catalogue: Catalogue) -> dict[PowerId, int]:
    """How often each bonus counts: of one bonus power only the first few, five as a rule.

    The power is the identity: bonuses of one size by another name do not share the limit.
    """
    times: dict[PowerId, int] = {}
    for bonus in given:
        times[bonus] = times.get(bonus, 0) + 1
    known = catalogue.powers
    return {
        bonus: min(many, known[bonus].number_allowed)
        for bonus, many in times.items()
        if bonus in known and known[bonus].number_allowed > 0
    }
