"""What an archetype's characters of one level have in common, worked out when first asked for."""

from collections.abc import Iterator, Set

from msgspec import structs

from calc import bonuses, defaults, enhance, pieces
from calc.bonuses import Given, Piece
from calc.build import MAX_LEVEL, SlottedEnhancement
from calc.by_foes import widest
from calc.caps import Limits, limits
from calc.compile import compile_idle, compile_power
from calc.defaults import Targets
from calc.enhance import Aspect, Bonus, Raise
from calc.kept import kept
from calc.owned import Issuing
from calc.powers import CompiledPower
from calc.states import is_state
from calc.tables import NOBODY, limit
from gamedata.catalogue import (
    ArchetypeId,
    Catalogue,
    EnhancementId,
    Power,
    PowerId,
    PowersetId,
)

Slots = tuple[SlottedEnhancement, ...]

_POWERS = 2048  # how many of each are kept, per archetype and level
_SLOTTINGS = 8192
_ASKED_TWICE = 128  # by totals, and soon after by figures
_NO_GIFT = CompiledPower(Power(PowerId(""), "", PowersetId("")), gives=False)
_AT_ANY_LEVEL = SlottedEnhancement("")
HIGHEST_PIECE = 53  # no table knows a higher level


class Frame:
    """Compiled powers, enhancement values and set bonuses for one archetype, level and setting.

    level: the combat level. own_level: the character's, 0 for the same. pvp, combat: against
    players, and while fighting.

    Everything is kept by what it depends on, the oldest unused goes first.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        archetype: ArchetypeId,
        level: int,
        changed_tags: Set[str],
        *,
        own_level: int = 0,
        pvp: bool = False,
        combat: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.archetype = catalogue.archetypes.get(archetype, NOBODY)
        self.level = level
        self.pvp = pvp
        self.combat = combat
        self._changed_tags = changed_tags
        self._highest_piece = level if level < own_level else HIGHEST_PIECE
        self.issuing = Issuing(catalogue, archetype, own_level or level)
        self.limits: Limits = limits(self.archetype, level)
        self.base_to_hit = limit(self.archetype, "base.to_hit", level) or 0.0
        self.power = kept(_POWERS, self._power)
        self.executed_by_foes = kept(_POWERS, self._executed_by_foes)
        self.targets = kept(_POWERS, self._targets)
        self.is_on = kept(_POWERS, self._is_on)
        self.idle = kept(_POWERS, self._idle)
        self.bonus = kept(_POWERS, self._bonus)
        self.boost = kept(_POWERS, self._boost)
        self.piece = kept(_POWERS, self._piece)
        self.brings = kept(_POWERS, self._brings)
        self.slotted = kept(_SLOTTINGS, self._slotted)
        self.giving = kept(_SLOTTINGS, self._giving)
        self.changing_chances = kept(_SLOTTINGS, self._changing_chances)
        self._given_by = kept(_SLOTTINGS, self._given_by_pieces)
        self.enhanced = kept(_ASKED_TWICE, self._enhanced)
        self._aspects = kept(_POWERS, self._aspects_of)
        self._raises = kept(_SLOTTINGS, self._raises_of)

    def _power(self, power: PowerId) -> CompiledPower:
        """A power of the catalogue, compiled. Raises KeyError for an unknown one."""
        return self._compiled(power)

    def _executed_by_foes(self, power: PowerId) -> CompiledPower:
        """A power that foes execute whom another one hits."""
        return self._compiled(power, by_foes=True)

    def _compiled(self, power: PowerId, *, by_foes: bool = False) -> CompiledPower:
        found = self.catalogue.powers[power]
        compiled = compile_power(
            found,
            self.archetype,
            self.level,
            self._changed_tags,
            pvp=self.pvp,
            combat=self.combat,
            by_foes=by_foes,
        )
        around = widest(found, self.catalogue)
        return compiled if around is found else structs.replace(compiled, around=around.max_targets)

    def _targets(self, power: PowerId) -> Targets:
        """What a power's count means."""
        found = self.catalogue.powers[power]
        if is_state(found):
            return "stacks"
        return defaults.targets(widest(found, self.catalogue))

    def _is_on(self, power: PowerId) -> bool:
        """Whether a power counts that nobody has switched."""
        return defaults.on(self.catalogue.powers[power])

    def _idle(self, power: PowerId) -> CompiledPower:
        """A power while it is off."""
        return compile_idle(
            self.catalogue.powers[power], self.archetype, self.level, self._changed_tags
        )

    def _boost(self, power: PowerId) -> tuple[Raise, ...]:
        """What a power of the type `Global Enhancement` adds to others, like a piece in them."""
        return enhance.boost(self.catalogue.powers[power], self.archetype, self.level)

    def _brings(self, power: PowerId) -> frozenset[PowerId]:
        """Every power that one may bring, by whatever it brings; none for an unknown one."""
        found: set[PowerId] = set()
        newest = {power}
        while newest:
            known = [each for each in newest if each in self.catalogue.powers]
            compiled = [of(each) for each in known for of in (self.power, self.executed_by_foes)]
            brought = {each for one in compiled for part in one.bringing for each in part.powers}
            brought.update(other for one in compiled for _, other in one.redirects)
            newest = brought - found
            found |= newest
        return frozenset(found)

    def _bonus(self, power: PowerId) -> CompiledPower:
        """A set bonus, which nothing enhances."""
        found = self.catalogue.powers[power]
        return self._global(found)

    def _piece(self, enhancement: EnhancementId) -> CompiledPower:
        """What a piece gives its owner by itself (Kismet's to-hit), while its power is on."""
        found = self.catalogue.enhancements[enhancement]
        return _NO_GIFT if pieces.only_enhances(found) else self._global(pieces.unique(found))

    def _giving(self, enhancements: tuple[str, ...]) -> tuple[tuple[int, CompiledPower], ...]:
        """Of enhancements in one power those that give something by themselves, by position."""
        pieces_ = enumerate(self.piece(EnhancementId(each)) for each in enhancements)
        return tuple((index, piece) for index, piece in pieces_ if piece.gives)

    def _changing_chances(self, given: tuple[PowerId, ...]) -> tuple[PowerId, ...]:
        """Of set bonuses those that change chances, each as often as it is given: seldom any."""
        known = self.catalogue.powers
        return tuple(each for each in given if each in known and self.bonus(each).chances)

    def _global(self, power: Power) -> CompiledPower:
        return compile_power(
            power,
            self.archetype,
            self.level,
            self._changed_tags,
            enhanced=False,
            pvp=self.pvp,
            combat=self.combat,
        )

    def _slotted(
        self, power: PowerId, slots: Slots, boosts: tuple[PowerId, ...] = ()
    ) -> tuple[float, ...]:
        """What the slots come to after ED, by position in the power's `enhanceable`.

        One more at the end: that of the power's endurance discount. boosts: powers that enhance
        whatever takes one of their types.
        """
        attributes = self.power(power).slotted
        if not slots and not boosts:
            return (0.0,) * len(attributes)
        given = self.enhanced(power, slots, boosts)
        return tuple([given.get(attribute, 0.0) for attribute in attributes])

    def _enhanced(
        self, power: PowerId, slots: Slots, boosts: tuple[PowerId, ...] = ()
    ) -> dict[str, float]:
        """What slots come to after ED, by attribute."""
        return enhance.strengths(self._given_in(power, slots, boosts))

    def enhancing(
        self, power: PowerId, slots: Slots, boosts: tuple[PowerId, ...] = ()
    ) -> dict[str, list[Bonus]]:
        """What enhances each attribute of a power, before ED."""
        given: dict[str, list[Bonus]] = {}
        for bonus in enhance.bonuses(self._given_in(power, slots, boosts)):
            given.setdefault(bonus.attribute, []).append(bonus)
        return given

    def _given_in(
        self, power: PowerId, slots: Slots, boosts: tuple[PowerId, ...]
    ) -> Iterator[Raise]:
        """What slots and boosts add to a power, part by part."""
        accepted = self.catalogue.powers[power].enhancement_types
        for slotted in slots:
            yield from self._raises(slotted, accepted)
        for boost in boosts:
            if _shares(self.catalogue.powers[boost].enhancement_types, accepted):
                yield from self.boost(boost)

    def _raises_of(
        self, slotted: SlottedEnhancement, accepted: tuple[str, ...]
    ) -> tuple[Raise, ...]:
        enhancement = self.catalogue.enhancements[EnhancementId(slotted.id)]
        return enhance.raises(
            slotted,
            enhancement,
            accepted,
            self.archetype,
            self.level,
            self.catalogue,
            highest=self._highest_piece,
            known=self._aspects(enhancement.id),
        )

    def _aspects_of(self, enhancement: EnhancementId) -> tuple[Aspect, ...]:
        return enhance.aspects(self.catalogue.enhancements[enhancement], self.archetype)

    def set_bonuses(self, slots: Slots) -> tuple[PowerId, ...]:
        """The bonus powers that the pieces of one power give."""
        known, level = self.catalogue.enhancements, self.level
        return self._given_by(
            tuple(
                [
                    each.id
                    for each in slots
                    if bonuses.holds(each, known[EnhancementId(each.id)], level)
                ]
            )
        )

    def _given_by_pieces(self, enhancements: tuple[str, ...]) -> tuple[PowerId, ...]:
        """The bonus powers of enhancements in one power, all of which count."""
        placed = [
            Piece(_AT_ANY_LEVEL, self.catalogue.enhancements[EnhancementId(each)])
            for each in enhancements
        ]
        rows = bonuses.rows(placed, MAX_LEVEL, self.catalogue, pvp=self.pvp)
        return tuple(given.power for given in rows)

    def bonus_rows(self, slots: Slots) -> tuple[Given, ...]:
        """The set bonuses of the pieces in one power, with their sets."""
        placed = [
            Piece(slotted, self.catalogue.enhancements[EnhancementId(slotted.id)])
            for slotted in slots
        ]
        return bonuses.rows(placed, self.level, self.catalogue, pvp=self.pvp)


def _shares(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return any(each in others for each in some)
