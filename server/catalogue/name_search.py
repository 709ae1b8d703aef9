"""Search over the names of what the catalogue has, as players write them."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import Literal, get_args

from msgspec import Struct

import gamedata.catalogue as game
from calc import picks
from server.catalogue.documents import enhancement_of, is_level_variant, player_powersets

Kind = Literal["archetype", "powerset", "power", "set", "enhancement"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # of equally good ones, those of the first come first
_GIVEN = frozenset({"Incarnate", "Inherent"})  # powers that nobody picks and everybody knows
_WORDS_OF_INITIALS = 3  # nobody says the initials of a shorter name
_WORD = re.compile(r"[0-9a-z]+")
_END = "\U0010ffff"


class NamedThing(Struct, frozen=True, omit_defaults=True, gc=False):
    """Something by its name. within: the name of its powerset or boost set, where it has one;
    archetypes: who may choose it, when not everybody."""

    kind: Kind
    id: str
    name: str
    within: str = ""
    archetypes: tuple[str, ...] = ()


class NamesFound(Struct, frozen=True):
    """What was found, the best first. total: how much there is."""

    total: int
    found: tuple[NamedThing, ...]


class Names:
    """The names, by the beginnings of their words; made when first asked, by several threads."""

    def __init__(self, catalogue: game.Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = Lock()

    def search(self, text: str, kinds: frozenset[Kind], limit: int) -> NamesFound:
        """Whatever has, for each word of the text, a word that begins so; or these initials.

        A name that is the text comes first, then those that begin with it, then those whose own
        words (and not their set's or powerset's) have it; shorter ones before longer ones.
        """
        words = folded(text)
        if not words:
            return NamesFound(0, ())
        good = [
            (rank, self._named[number])
            for number in set(self._beginning(max(words, key=len)))
            if self._named[number].kind in kinds
            and (rank := _rank(*self._folded[number], words)) is not None
        ]
        good.sort(key=_in_order)
        return NamesFound(len(good), tuple(each for _, each in good[:limit]))

    @cached_property
    def _named(self) -> tuple[NamedThing, ...]:
        return tuple(_everything(self._catalogue))

    @cached_property
    def _folded(self) -> tuple[tuple[list[str], list[str]], ...]:
        """Each name's own words, and those of what it is in."""
        return tuple((folded(each.name), folded(each.within)) for each in self._named)

    @cached_property
    def _words(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Each word of each name, in order, beside the number of what is called so."""
        pairs = sorted(
            (word, number)
            for number, (own, within) in enumerate(self._folded)
            for word in {*own, *within, _initials(own)} - {""}
        )
        return tuple(word for word, _ in pairs), tuple(number for _, number in pairs)

    def _beginning(self, start: str) -> tuple[int, ...]:
        with self._lock:
            words, numbers = self._words
        return numbers[bisect_left(words, start) : bisect_left(words, start + _END)]


def folded(text: str) -> list[str]:
    """The words of a text without case, accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("'", "").replace("’", "")
    return _WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))


def _initials(words: list[str]) -> str:
    """As players shorten a name: "lotg"; "" for what is short as it is."""
    return "".join(word[0] for word in words) if len(words) >= _WORDS_OF_INITIALS else ""


def _rank(own: list[str], within: list[str], words: list[str]) -> tuple[int, int] | None:
    """How well a name fits, lower is better; None: not at all."""
    if own == words:
        return 0, 0
    if len(own) >= len(words) and all(map(str.startswith, own, words)):
        return 1, len(own)
    if _all_begin(words, own):
        return 2, len(own)
    if words == [_initials(own)]:
        return 3, len(own)
    if _all_begin(words, [*own, *within]):
        return 4, len(own)
    return None


def _in_order(ranked: tuple[tuple[int, int], NamedThing]) -> tuple[object, ...]:
    rank, named = ranked
    return rank, KINDS.index(named.kind), bool(named.within), named.name, named.id


def _all_begin(starts: list[str], words: list[str]) -> bool:
    return all(any(word.startswith(start) for word in words) for start in starts)


def _everything(catalogue: game.Catalogue) -> Iterator[NamedThing]:
    """What players choose or are given. Of a piece's forms, the first."""
    for archetype in catalogue.archetypes.values():
        if archetype.player:
            yield NamedThing("archetype", archetype.id, archetype.name)
    powersets = {each.id: each for each in player_powersets(catalogue)}
    for powerset in powersets.values():
        yield NamedThing("powerset", powerset.id, powerset.name, "", powerset.archetypes)
    for power in _powers(catalogue):
        known = catalogue.powersets.get(power.powerset)
        chosen = powersets.get(power.powerset)
        yield NamedThing(
            "power",
            power.id,
            power.name,
            known.name if known else "",
            chosen.archetypes if chosen else (),
        )
    for boost_set in catalogue.boost_sets.values():
        yield NamedThing("set", boost_set.id, boost_set.name)
    others = {
        form
        for each in catalogue.boost_sets.values()
        for forms in each.pieces
        for form in forms[1:]
    }
    for enhancement in catalogue.enhancements.values():
        if enhancement.id not in others and not is_level_variant(enhancement, catalogue):
            shown = enhancement_of(enhancement, catalogue)
            in_set = catalogue.boost_sets.get(enhancement.boost_set)
            within = in_set.name if in_set else ""
            yield NamedThing(
                "enhancement", enhancement.id, shown.label if within else shown.name, within
            )


def _powers(catalogue: game.Catalogue) -> Iterator[game.Power]:
    yield from picks.picked_of(catalogue.powers.values(), catalogue)
    for power in catalogue.powers.values():
        category = power.powerset.partition(".")[0]
        if power.show_in_manage and (category in _GIVEN or picks.is_extra(power)):
            yield power
