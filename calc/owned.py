"""Which powers a character has: the picks, and what comes without picking.

The document holds what a player chose. A power that the game issues by itself (inherent fitness,
the archetype's own powers, the forms that come with another power) is in it only when something
about it was chosen: slots, on or off, a count. Source: the design's `calc.md` §9, §14.2, §14.4.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from calc.build import Build, TakenPower
from calc.conditions import Condition, compiled, decided
from calc.facts import Context, Facts, word
from calc.kept import kept
from gamedata.catalogue import Catalogue, CategoryId, PowerId, PowersetId

INHERENT = CategoryId("Inherent")
_PLAIN = TakenPower()
# Which one has by other ways than among one's powers: slots, sets, pets, other powers.
_NOBODYS = (
    "Boosts.",
    "Incarnate.",
    "Mastermind_Pets.",
    "Pets.",
    "Redirects.",
    "Set_Bonus.",
    "Villain_Pets.",
)
_POWERSETS = 512  # how many are kept

Candidate = tuple[PowerId, Condition | None]
"""A power that may be issued, and what the build must fulfil for it (None: nothing)."""


class Issuing:
    """What the game may give by itself to characters of an archetype and level.

    Worked out once per powerset: most of it depends on the archetype alone.
    """

    def __init__(self, catalogue: Catalogue, archetype: str, level: int) -> None:
        self.catalogue = catalogue
        self._level = level
        self._fixed = Context(Facts(word(archetype), level))
        self.of_powerset = kept(_POWERSETS, self._of_powerset)
        inherent = catalogue.categories.get(INHERENT)
        self.inherent = inherent.powersets if inherent else ()

    def _of_powerset(self, powerset_id: PowersetId) -> tuple[Candidate, ...]:
        powerset = self.catalogue.powersets.get(powerset_id)
        found: list[Candidate] = []
        for power_id in powerset.powers if powerset else ():
            power = self.catalogue.powers.get(power_id)
            if power is None or not power.auto_issue or power.level > self._level:
                continue
            holds = decided(power.requires, "build", self._fixed) if power.requires else True
            if holds is None:
                found.append((power_id, compiled(power.requires, "build")))
            elif holds:
                found.append((power_id, None))
        return tuple(found)


def owned(
    build: Build, catalogue: Catalogue, issuing: Issuing | None = None
) -> dict[PowerId, TakenPower]:
    """Every power that the character has at the build's level, with what the document says of it.

    Picks first, by level and id, then the issued ones in the catalogue's order. Ids that the
    catalogue lacks are not in it, nor what nobody picks and nothing grants. issuing: that of the
    build's archetype and level, if it is at hand.
    """
    if issuing is None:
        issuing = Issuing(catalogue, build.archetype, build.level)
    return owned_with_copies(build, catalogue, issuing)[0]


def owned_with_copies(
    build: Build, catalogue: Catalogue, issuing: Issuing
) -> tuple[dict[PowerId, TakenPower], dict[str, int]]:
    """The powers that the character has, and their `copies`."""
    powers: dict[PowerId, TakenPower] = {}
    issued: dict[PowerId, TakenPower] = {}  # as far as they are
    picks = sorted(build.powers.items(), key=_by_level)
    for power_id, taken in picks:
        power = catalogue.powers.get(PowerId(power_id))
        if power is None or power_id.startswith(_NOBODYS):
            continue
        if power.auto_issue:
            issued[power.id] = taken
        else:
            powers[power.id] = taken
    chosen = tuple(powersets(build))
    counts = _counted(powers)
    waiting = [
        candidate for candidate in _candidates(build, chosen, issuing) if candidate[0] not in powers
    ]
    while waiting:  # one issued power can be the requirement of the next
        context = Context(Facts(word(build.archetype), build.level, _with_sets(counts, chosen)))
        still = []
        fitting = []
        for candidate in waiting:
            power_id, condition = candidate
            if condition is None or condition.holds(context):
                fitting.append(power_id)
            else:
                still.append(candidate)
        powers.update((each, issued.get(each, _PLAIN)) for each in fitting)
        counts.update(_counted(fitting))
        waiting = still if fitting else []
    return powers, _with_sets(counts, chosen)


def _by_level(pick: tuple[str, TakenPower]) -> tuple[int, str]:
    return pick[1].level or 99, pick[0]


def _candidates(
    build: Build, chosen: Iterable[PowersetId], issuing: Issuing
) -> Iterator[Candidate]:
    """The powers that the game may give this character, and what each requires besides."""
    sets = dict.fromkeys(issuing.inherent)
    sets.update(dict.fromkeys(chosen))
    powers = issuing.catalogue.powers
    for taken_id in build.powers:
        power = powers.get(PowerId(taken_id))
        if power is not None:
            sets[power.powerset] = None
    for set_id in sets:
        yield from issuing.of_powerset(set_id)


def powersets(build: Build) -> Iterator[PowersetId]:
    """The chosen powersets, pools by id."""
    chosen = build.powersets
    pools = sorted(pool for pool, is_chosen in chosen.pools.items() if is_chosen)
    for powerset in (chosen.primary, chosen.secondary, *pools, chosen.epic):
        if powerset:
            yield PowersetId(powerset)


def copies(powers: Iterable[str], chosen: Iterable[str] = ()) -> dict[str, int]:
    """How many powers of an id, a powerset and a category are owned, by lower-case id.

    A chosen powerset counts as owned, even with no power of it taken yet.
    """
    return _with_sets(_counted(powers), chosen)


def _counted(powers: Iterable[str]) -> Counter[str]:
    return Counter(chain.from_iterable(map(counted_as, powers)))


def _with_sets(counts: Mapping[str, int], chosen: Iterable[str]) -> dict[str, int]:
    found = dict(counts)
    for powerset_id in chosen:
        found.setdefault(powerset_id.lower(), 1)
    return found


@lru_cache(maxsize=8192)
def counted_as(power: str) -> tuple[str, str, str]:
    """A power's own id, its powerset's and its category's, lower case."""
    name = power.lower()
    category, _, rest = name.partition(".")
    return name, f"{category}.{rest.partition('.')[0]}", category
