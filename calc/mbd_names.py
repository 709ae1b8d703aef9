"""The names in Mids Reborn's build files, found in the catalogue."""

import re
from collections.abc import Iterable
from functools import cached_property

from calc import mids_names
from gamedata.catalogue import (
    ArchetypeId,
    BoostSet,
    BoostSetId,
    Catalogue,
    Enhancement,
    EnhancementId,
    PowerId,
    PowersetId,
)

_ORIGIN_PREFIX = re.compile(
    "^(?:" + "|".join((*mids_names.DUAL_ORIGINS, *mids_names.ORIGINS)) + ")_"
)


class Names:
    """Looks names up, ignoring case. Made once per file: a few milliseconds."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._archetypes = {key.lower(): key for key, a in catalogue.archetypes.items() if a.player}
        self._powersets = {key.lower(): key for key in catalogue.powersets}
        self._powers = {key.lower(): key for key in catalogue.powers}
        self._enhancements = {key.lower(): key for key in catalogue.enhancements}
        self._boost_sets: dict[str, BoostSetId] = {}
        for key, boost_set in catalogue.boost_sets.items():
            self._boost_sets.setdefault(_letters(boost_set.name), key)
            self._boost_sets.setdefault(_letters(key), key)  # Mids keeps the ids' old spellings

    def archetype(self, name: str) -> ArchetypeId | None:
        return self._archetypes.get(name.lower())

    def powerset(self, name: str) -> PowersetId | None:
        key = name.lower()
        return self._powersets.get(mids_names.POWERSETS.get(key, key).lower())

    def power(self, name: str) -> PowerId | None:
        """By Mids' own names, then the game's, then what the game displays in that powerset."""
        category, _, rest = name.partition(".")
        powerset, _, last = rest.partition(".")
        own = f"{category}.{powerset}".lower()
        renamed = mids_names.POWERSETS.get(own, own).lower()
        key = f"{renamed}.{last.lower()}"
        found = self._powers.get(mids_names.POWERS.get(key, key).lower())
        if found is not None:
            return found
        powerset_id = self._powersets.get(renamed)
        return None if powerset_id is None else self._displayed(powerset_id, _letters(last))

    def _displayed(self, powerset: PowersetId, letters: str) -> PowerId | None:
        matches = [
            key
            for key in self._catalogue.powersets[powerset].powers
            if (power := self._catalogue.powers.get(key)) and _letters(power.name) == letters
        ]
        return matches[0] if len(matches) == 1 else None

    def enhancement(self, uid: str, grade: str, origin: str) -> Enhancement | None:
        """By id. Mids keeps one id (`Magic_Damage`) for an aspect of all origins, and a grade."""
        prefix = _ORIGIN_PREFIX.match(uid)
        names = [uid] if prefix is None else _graded(uid[prefix.end() :], grade, origin)
        for name in names:
            if (key := self._enhancements.get(name.lower())) is not None:
                return self._catalogue.enhancements[key]
        return None

    def labelled(self, label: str, grade: str, origin: str) -> Enhancement | None:
        """By the long label that files of 3.6 have in place of the id."""
        head, colon, piece = label.partition(":")
        head, piece = head.strip(), piece.strip()
        if not colon:
            return self._special(label) or self._by_aspects(head, "Magic_", grade, origin)
        if head == "Invention":
            return self._by_aspects(piece, "Crafted_", "", origin)
        boost_set = self._boost_sets.get(_letters(head))
        if boost_set is None:
            return None
        # Mids repeats the name of one set: "Thrust: Thrust: Running Speed".
        piece = piece.removeprefix(f"{head}:").strip()
        return self._piece(self._catalogue.boost_sets[boost_set], piece)

    def _special(self, label: str) -> Enhancement | None:
        """`Membrane Exposure`, `D-Sync Shifting`."""
        words = label.lower().split()
        known = mids_names.SPECIAL_KINDS
        name = next((known[word] for word in reversed(words) if word in known), "")
        key = self._enhancements.get(name.lower())
        return None if key is None else self._catalogue.enhancements[key]

    def _by_aspects(self, text: str, prefix: str, grade: str, origin: str) -> Enhancement | None:
        key = self._singles.get((prefix, _aspects(text.split("/"))))
        return None if key is None else self.enhancement(key, grade, origin)

    @cached_property
    def _singles(self) -> dict[tuple[str, frozenset[str]], EnhancementId]:
        """Common inventions (without their fixed-level forms) and the origin kinds."""
        return {
            (prefix, _aspects(enhancement.aspects)): key
            for key, enhancement in self._catalogue.enhancements.items()
            for prefix in ("Crafted_", "Magic_")
            if key.startswith(prefix) and not enhancement.boost_set and not key[-1].isdigit()
        }

    def _piece(self, boost_set: BoostSet, text: str) -> Enhancement | None:
        pieces = [
            self._catalogue.enhancements[key]
            for variants in boost_set.pieces
            if (key := _crafted_first(variants)) in self._catalogue.enhancements
        ]
        letters = _letters(text)
        for piece in pieces:
            if _letters(piece.name.partition(":")[2].partition("(")[0]) == letters:
                return piece
        text = text.replace(*mids_names.MOVE_SPEED)
        wanted = _aspects(re.split(r"[/,]", text))
        matches = [piece for piece in pieces if _aspects(piece.aspects) == wanted]
        if len(matches) > 1:
            matches = [piece for piece in matches if not _is_special(piece)]
        elif not matches and not wanted <= self._known_aspects:
            matches = [piece for piece in pieces if _is_special(piece)]
            if len(matches) > 1:
                return _closest(matches, text)
        return matches[0] if len(matches) == 1 else None

    @cached_property
    def _known_aspects(self) -> frozenset[str]:
        return frozenset().union(
            *(_aspects(piece.aspects) for piece in self._catalogue.enhancements.values())
        )


def _is_special(piece: Enhancement) -> bool:
    """A piece that does more than enhance: a proc, or something for the whole build."""
    return piece.proc or bool(piece.global_bonuses) or "+" in piece.name


def _graded(aspect: str, grade: str, origin: str) -> list[str]:
    """The game's ids for one aspect of a training, dual or single origin enhancement."""
    origin = origin if origin in mids_names.ORIGINS else "Magic"
    if grade == "TrainingO":
        return [f"Generic_{aspect}"]
    if grade == "DualO":
        return [f"{two}_{aspect}" for two in mids_names.DUAL_ORIGINS if origin in two.split("_")]
    return [f"{origin}_{aspect}"]


def _crafted_first(variants: tuple[EnhancementId, ...]) -> EnhancementId:
    return next((key for key in variants if key.startswith("Crafted_")), variants[0])


def _closest(pieces: list[Enhancement], text: str) -> Enhancement | None:
    """The piece whose name has most words of a text; none if two are as close, or nothing is."""
    words = _words(text)
    scored = sorted(
        ((len(words & _words(piece.name.partition(":")[2])), piece.id) for piece in pieces),
        reverse=True,
    )
    if not scored or scored[0][0] == 0 or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    return next(piece for piece in pieces if piece.id == scored[0][1])


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9+%]", "", text.lower())


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+|\d+", text.lower()))


def _aspects(words: Iterable[str]) -> frozenset[str]:
    plain = (word.strip().lower() for word in words)
    return frozenset(mids_names.LABEL_WORDS.get(word, word) for word in plain) - {""}
