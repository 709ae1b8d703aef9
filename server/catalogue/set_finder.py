"""Which boost sets give a stat, and how much of it."""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from threading import Lock

from msgspec import Struct

import gamedata.catalogue as game
from calc.engine import changed_tags
from calc.frame import Frame
from calc.gains import Gain, gains
from calc.stats import STATS, Stat
from server.catalogue.documents import look_up

LEVELS_ABOVE = 3  # what a character slots above their own level
_KEPT = 8  # archetypes and levels; each takes about 0.4 MB
_DIGITS = 6
_STATS: Mapping[str, Stat] = {stat.key: stat for stat in STATS}


class Wanted(Struct, frozen=True):
    """What sets are looked for: all of it holds. "" and None are anything.

    pieces: how many at most. group: a set category, like "Defense Sets". power: that they fit.
    pvp: count what holds against players only, too.
    """

    stat: str
    archetype: str
    level: int = 50
    pieces: int = 6
    group: str = ""
    power: str = ""
    pvp: bool = False


class Giving(Struct, frozen=True, omit_defaults=True):
    """A bonus that gives the stat. enhancement: the piece that it is bound to, if it is one's."""

    pieces: int
    value: float
    enhancement: str = ""
    pvp: bool = False


class GivingSet(Struct, frozen=True, omit_defaults=True):
    """A boost set that gives the stat. value: all of its bonuses, before caps, in the stat's unit;
    pieces: how many that takes."""

    id: str
    name: str
    group: str
    min_level: int
    max_level: int
    value: float
    pieces: int
    bonuses: tuple[Giving, ...]
    rarity: str = ""


class GivingSets(Struct, frozen=True):
    """The sets that give a stat, those that give the most first. total: how many there are."""

    stat: str
    total: int
    sets: tuple[GivingSet, ...]


class SetGain(Struct, frozen=True, omit_defaults=True):
    """What so many pieces of a set in one power add. totals: by stat, before caps, in its unit.
    pvp: only against players. enhancement: the piece that it is bound to, if it is one's."""

    pieces: int
    totals: dict[str, float]
    pvp: bool = False
    enhancement: str = ""


class SetGains(Struct, frozen=True):
    """A boost set's bonuses in numbers."""

    id: str
    bonuses: tuple[SetGain, ...]


class SetFinder:
    """Asked by several threads. What an archetype has of each set at a level is worked out once."""

    def __init__(self, catalogue: game.Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = Lock()
        self._gains = lru_cache(_KEPT)(self._work_out)

    def find(self, wanted: Wanted, limit: int) -> GivingSets:
        """Raises UnknownIdError for a stat, archetype or power that there is not."""
        look_up(_STATS, wanted.stat, "stat")
        archetype = game.ArchetypeId(wanted.archetype)
        look_up(self._catalogue.archetypes, archetype, "archetype")
        with self._lock:
            known = self._gains(archetype, wanted.level, wanted.pvp)
        fitting = [self._giving(each, known[each.id], wanted) for each in self._sets(wanted)]
        giving = [each for each in fitting if each is not None]
        giving.sort(key=lambda each: (-each.value, each.pieces, each.name))
        return GivingSets(wanted.stat, len(giving), tuple(giving[:limit]))

    def gains(self, archetype: str, level: int) -> tuple[SetGains, ...]:
        """What each set gives a character. Raises UnknownIdError."""
        id_ = game.ArchetypeId(archetype)
        look_up(self._catalogue.archetypes, id_, "archetype")
        with self._lock:
            known = self._gains(id_, level, False)
        return tuple(SetGains(each, tuple(map(_gain, rows))) for each, rows in known.items())

    def _work_out(
        self, archetype: game.ArchetypeId, level: int, pvp: bool
    ) -> dict[game.BoostSetId, tuple[Gain, ...]]:
        frame = Frame(self._catalogue, archetype, level, changed_tags(self._catalogue), pvp=pvp)
        sets = self._catalogue.boost_sets.values()
        return {each.id: tuple(gains(each, frame)) for each in sets}

    def _sets(self, wanted: Wanted) -> Iterator[game.BoostSet]:
        """The sets that this character can slot, where they are to be slotted."""
        taken: Collection[str] | None = None
        if wanted.power:
            power = look_up(self._catalogue.powers, game.PowerId(wanted.power), "power")
            taken = power.set_groups
        for each in self._catalogue.boost_sets.values():
            if wanted.group not in ("", each.group):
                continue
            if taken is not None and each.group not in taken:
                continue
            if each.min_level <= wanted.level + LEVELS_ABOVE and self._is_for(each, wanted):
                yield each

    def _is_for(self, boost_set: game.BoostSet, wanted: Wanted) -> bool:
        first = (
            self._catalogue.enhancements.get(boost_set.pieces[0][0]) if boost_set.pieces else None
        )
        restricted = first.restricted_archetypes if first else ()
        return not restricted or game.ArchetypeId(wanted.archetype) in restricted

    def _giving(
        self, boost_set: game.BoostSet, known: tuple[Gain, ...], wanted: Wanted
    ) -> GivingSet | None:
        rows = tuple(
            Giving(each.pieces, round(each.values[key], _DIGITS), each.enhancement, each.pvp)
            for each in known
            for key in each.values
            if key == wanted.stat and each.pieces <= wanted.pieces and (wanted.pvp or not each.pvp)
        )
        if not rows:
            return None
        return GivingSet(
            id=boost_set.id,
            name=boost_set.name,
            group=boost_set.group,
            min_level=boost_set.min_level,
            max_level=boost_set.max_level,
            value=round(sum(each.value for each in rows), _DIGITS),
            pieces=max(each.pieces for each in rows),
            bonuses=rows,
            rarity=boost_set.rarity,
        )


def _gain(gain: Gain) -> SetGain:
    totals = {str(key): round(value, _DIGITS) for key, value in gain.values.items()}
    return SetGain(gain.pieces, totals, gain.pvp, gain.enhancement)
