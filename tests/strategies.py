"""Builds and documents for Hypothesis."""

from random import Random

from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from calc import incarnates
from calc.build import (
    OWN_SLOT,
    Build,
    PowerCondition,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
)
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_build
from server.commands.fuzz.scenarios import random_scenario


def builds(catalogue: Catalogue, edits: int = 40) -> st.SearchStrategy[Build]:
    """Builds that people could have made."""
    return st.integers(0, 2**32).map(lambda seed: random_build(Random(seed), catalogue, edits))


_ids = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,6}\Z")
_levels = st.integers(0, 50)
_titles = st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=80)


def documents(catalogue: Catalogue) -> st.SearchStrategy[Build]:
    """Any documents that can be decoded: half of the names known, nothing else right."""

    def names(known: object) -> st.SearchStrategy[str]:
        unknown = st.from_regex(r"\A[ -~]{1,12}\Z")
        return st.one_of(st.sampled_from(sorted(known)), unknown)  # type: ignore[call-overload]

    powers, sets = names(catalogue.powers), names(catalogue.powersets)
    enhancement = st.builds(
        SlottedEnhancement,
        id=names(catalogue.enhancements),
        level=st.integers(0, 53),
        boosters=st.integers(0, 5),
        relative=st.integers(-3, 3),
        proc=st.sampled_from((UNSET, True, False)),
    )
    slot = st.builds(Slot, level=_levels, enhancement=st.one_of(st.just(UNSET), enhancement))
    taken = st.builds(
        TakenPower,
        level=_levels,
        on=st.sampled_from((UNSET, True, False)),
        count=st.one_of(st.just(UNSET), st.integers(0, 100)),
        slots=st.dictionaries(st.one_of(st.just(OWN_SLOT), _ids), slot, max_size=8),
    )
    powersets = st.builds(
        Powersets,
        primary=st.one_of(st.just(""), sets),
        secondary=st.one_of(st.just(""), sets),
        epic=st.one_of(st.just(""), sets),
        pools=st.dictionaries(sets, st.booleans(), max_size=6),
    )
    return st.builds(
        Build,
        format=st.just(1),
        title=_titles,
        archetype=st.one_of(st.just(""), names(catalogue.archetypes)),
        origin=st.sampled_from(("", "Magic", "Nowhere")),
        level=st.integers(1, 50),
        powersets=powersets,
        powers=st.dictionaries(powers, taken, max_size=12),
        incarnates=st.dictionaries(
            st.one_of(st.sampled_from(incarnates.SLOTS), _ids), powers, max_size=3
        ),
        accolades=st.dictionaries(powers, st.booleans(), max_size=2),
        scenario=st.one_of(st.sampled_from(("solo", "raid")), _ids),
        scenarios=st.dictionaries(
            st.one_of(st.sampled_from(("solo", "raid")), _ids),
            _scenarios(powers),
            max_size=3,
        ),
    )


def _scenarios(powers: st.SearchStrategy[str]) -> st.SearchStrategy[Scenario]:
    condition = st.builds(
        PowerCondition,
        on=st.sampled_from((UNSET, True, False)),
        count=st.one_of(st.just(UNSET), st.integers(0, 100)),
    )
    archetypes = st.one_of(powers, st.sampled_from(("Class_Scrapper", "Class_Tanker")))
    return st.builds(
        lambda seed, title, conditions, teammates: replace(
            random_scenario(Random(seed)), title=title, powers=conditions, teammates=teammates
        ),
        st.integers(0, 2**32),
        _titles,
        st.dictionaries(powers, condition, max_size=3),
        st.dictionaries(archetypes, st.integers(1, 7), max_size=2),
    )
