"""What holds for whole, legal builds of every archetype, and for what people make of them."""

from collections.abc import Iterable
from itertools import combinations, pairwise
from random import Random

import pytest
from msgspec import UNSET

from calc import build as documents
from calc.build import OWN_SLOT, Build, SlottedEnhancement
from calc.canonical import canonical
from calc.engine import Engine
from calc.figure_types import Figures
from calc.operations import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    Applied,
    ChangeEnhancement,
    ChangeScenario,
    ClearEnhancement,
    DropPower,
    MovePower,
    MoveSlot,
    Operation,
    PlaceEnhancement,
    RemoveAccolade,
    RemovePool,
    RemoveScenario,
    RemoveSlot,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetPowerset,
    SetScenarioPower,
    SwitchAccolade,
    SwitchPower,
    SwitchProc,
    TakePower,
    apply,
)
from calc.picks import is_pick
from calc.placing import enhancements_of
from calc.rules import findings
from gamedata.catalogue import Catalogue, EnhancementId, PowerId
from server.commands.fuzz.edits import random_operation
from tests.legal_builds import legal_build, players
from tests.walks import walk

EVERYBODY = 15
COMMON = [
    f"Crafted_{aspect}"
    for aspect in ("Accuracy", "Damage", "Endurance_Discount", "Recharge", "Defense_Buff", "Heal")
]
HEARD = ("offense.to_hit", "health.max")  # totals that other powers' figures may read


def builds(catalogue: Catalogue, seed: int, many: int = EVERYBODY) -> list[Build]:
    """A legal build of each archetype, or of the first so many."""
    return [legal_build(Random(seed), who, catalogue) for who in players(catalogue)[:many]]


@pytest.mark.parametrize("seed", range(6))
def test_the_generator_makes_whole_legal_builds(catalogue: Catalogue, seed: int) -> None:
    made = builds(catalogue, seed)
    assert len({build.archetype for build in made}) == EVERYBODY
    for build in made:
        assert_whole(build, catalogue)


def test_also_of_the_whole_game(full_catalogue: Catalogue) -> None:
    for build in builds(full_catalogue, 7):
        assert_whole(build, full_catalogue)


def assert_whole(build: Build, catalogue: Catalogue) -> None:
    assert findings(build, catalogue) == ()
    known = [(catalogue.powers[PowerId(power)], taken) for power, taken in build.powers.items()]
    assert sum(is_pick(power, catalogue) for power, _ in known) == 24
    assert sum(slot != OWN_SLOT for _, taken in known for slot in taken.slots) == 67
    pieces = [catalogue.enhancements[EnhancementId(one.id)] for _, _, one in enhancements_of(build)]
    assert len(pieces) > 90
    assert sum(bool(piece.boost_set) for piece in pieces) > 20
    assert any(piece.attuned for piece in pieces)
    assert any(piece.unique_group for piece in pieces)
    assert any(one.boosters for _, _, one in enhancements_of(build))
    assert len(build.incarnates) >= 6
    assert build.accolades
    assert build.scenarios.keys() == {"solo", "raid", "duel"}
    assert documents.encode(canonical(build, catalogue)) == documents.encode(build)


def test_same_seed_same_build(catalogue: Catalogue) -> None:
    assert builds(catalogue, 1, 3) == builds(catalogue, 1, 3)
    assert builds(catalogue, 1, 1) != builds(catalogue, 2, 1)


@pytest.mark.parametrize("number", range(EVERYBODY))
def test_500_random_edits_and_all_the_way_back(catalogue: Catalogue, number: int) -> None:
    who = players(catalogue)[number]
    walk(legal_build(Random(number), who, catalogue), catalogue, number, 500)


@pytest.mark.parametrize("number", range(EVERYBODY))
def test_independent_operations_have_no_order(catalogue: Catalogue, number: int) -> None:
    """Two people who edit different things at once see one build, whoever came first."""
    random = Random(number)
    build = legal_build(random, players(catalogue)[number], catalogue)
    for _ in range(80):
        build = after(build, random_operation(random, build, catalogue), catalogue) or build
    tried = 0
    operations = [random_operation(random, build, catalogue) for _ in range(300)]
    of_each_kind = {type(each): each for each in operations}.values()
    for one, other in (*pairwise(operations), *combinations(of_each_kind, 2)):
        if are_independent(one, other):
            ways = [(one, other), (other, one)]
            ends = [followed(build, way, catalogue) for way in ways]
            if all(ends):
                tried += 1
                first, second = (documents.encode(end) for end in ends if end is not None)
                assert first == second, (one, other)
    assert tried > 50


def after(build: Build, operation: Operation, catalogue: Catalogue) -> Build | None:
    answer = apply(build, operation, catalogue)
    return answer.build if isinstance(answer, Applied) else None


def followed(build: Build, way: Iterable[Operation], catalogue: Catalogue) -> Build | None:
    """The build after operations that are all accepted."""
    end: Build | None = build
    for operation in way:
        end = None if end is None else after(end, operation, catalogue)
    return end


def are_independent(one: Operation, other: Operation) -> bool:
    """Whether neither decides what the other reads or writes."""
    (mine, read_by_me), (yours, read_by_you) = touched(one), touched(other)
    return not (mine & yours or mine & read_by_you or yours & read_by_me)


def touched(operation: Operation) -> tuple[set[str], set[str]]:
    """What of a build an operation writes, and what else it reads.

    A pick without a level reads all picks, a slot without one all slots' levels, and a toggle
    that is taken is on unless another that it excludes is.
    """
    match operation:
        case SetArchetype() | SetPowerset() | AddPool() | RemovePool() | TakePower() | DropPower():
            return {"picks", "levels", "switches"}, set()
        case MovePower():
            return {"picks", "levels"}, set()
        case AddSlot(power, slot, level):
            place = f"{power} {slot}"
            return ({place, "levels"}, set()) if level is UNSET else ({place}, {"levels"})
        case RemoveSlot(power, slot) | MoveSlot(power, slot):
            return {f"{power} {slot}"}, {"levels"}
        case (
            PlaceEnhancement(power, slot)
            | ClearEnhancement(power, slot)
            | ChangeEnhancement(power, slot)
            | SwitchProc(power, slot)
        ):
            return {f"{power} {slot}"}, set()
        case SwitchPower(power):
            return {f"{power} on"}, {"switches"}
        case SetCount(power):
            return {f"{power} count"}, set()
        case SetIncarnate(slot):
            return {slot, "switches"}, set()
        case AddAccolade(power) | RemoveAccolade(power) | SwitchAccolade(power):
            return {power}, set()
        case AddScenario(scenario) | RemoveScenario(scenario) | ChangeScenario(scenario):
            return {f"scenario {scenario}"}, set()
        case SetScenarioPower(scenario, power):
            return {f"{power} in {scenario}"}, {f"scenario {scenario}"}
        case _:
            return {type(operation).__name__}, set()


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


@pytest.mark.parametrize("number", range(EVERYBODY))
def test_an_enhancement_changes_its_own_power_alone(engine: Engine, number: int) -> None:
    """Whatever else changes does so by a bonus of its set, or by what the power gives to all."""
    random = Random(number)
    build = legal_build(random, players(engine.catalogue)[number], engine.catalogue)
    before, figures = engine.totals(build), engine.figures(build)
    own = others = 0
    for power, slot, piece in random.sample(sorted_places(build), 60):
        if gives_more(piece, power, build, engine.catalogue):
            continue
        changed = after(build, ClearEnhancement(power, slot), engine.catalogue)
        assert changed is not None
        totals = engine.totals(changed)
        if any(totals[stat] != before[stat] for stat in HEARD):
            continue
        found = engine.figures(changed)
        own += found.get(PowerId(power)) != figures.get(PowerId(power))
        others += 1
        assert without(found, power) == without(figures, power)
    assert own > 3
    assert others > 5


@pytest.mark.parametrize("number", range(EVERYBODY))
def test_a_common_invention_changes_its_own_power_alone(engine: Engine, number: int) -> None:
    """It is of no set and gives nothing by itself: what others hear of it is in two totals."""
    random = Random(number)
    build = legal_build(random, players(engine.catalogue)[number], engine.catalogue)
    before, figures = engine.totals(build), engine.figures(build)
    own = others = 0
    for power, slot, _ in random.sample(sorted_places(build), 60):
        emptied = after(build, ClearEnhancement(power, slot), engine.catalogue)
        assert emptied is not None
        bare, unslotted = engine.totals(emptied), engine.figures(emptied)
        piece = SlottedEnhancement(random.choice(COMMON), 50)
        placed = after(emptied, PlaceEnhancement(power, slot, piece), engine.catalogue)
        if placed is None:
            continue
        now, found = engine.totals(placed), engine.figures(placed)
        if any(now[stat] != bare[stat] for stat in HEARD):
            continue
        own += found.get(PowerId(power)) != unslotted.get(PowerId(power))
        others += 1
        assert without(found, power) == without(unslotted, power)
        changed = {stat for stat in bare if now[stat] != bare[stat]}
        assert not any(stat.startswith("offense.") for stat in changed), (power, piece, changed)
    assert (engine.totals(build), engine.figures(build)) == (before, figures)
    assert own > 1
    assert others > 3


@pytest.mark.parametrize("number", range(0, EVERYBODY, 3))
def test_an_empty_slot_changes_nothing(engine: Engine, number: int) -> None:
    build = legal_build(Random(number), players(engine.catalogue)[number], engine.catalogue)
    added = [(power, slot) for power, slot, _ in sorted_places(build) if slot != OWN_SLOT]
    with_room = after(build, RemoveSlot(*added[0]), engine.catalogue)
    assert with_room is not None
    for power in sorted(build.powers):
        wider = after(with_room, AddSlot(power, "empty"), engine.catalogue)
        if wider is not None:
            assert engine.totals(wider) == engine.totals(with_room)
            assert engine.figures(wider) == engine.figures(with_room)


def sorted_places(build: Build) -> list[tuple[str, str, str]]:
    return sorted((power, slot, one.id) for power, slot, one in enhancements_of(build))


def gives_more(piece: str, power: str, build: Build, catalogue: Catalogue) -> bool:
    """Whether a piece in a power gives more than its own values: by itself, or to its set."""
    enhancement = catalogue.enhancements[EnhancementId(piece)]
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    if enhancement.proc or boost_set is None:
        return enhancement.proc
    pieces = [
        catalogue.enhancements[EnhancementId(one)].boost_set
        for where, _, one in sorted_places(build)
        if where == power
    ]
    many = pieces.count(boost_set.id)
    return any(bonus.requires or bonus.min_pieces == many for bonus in boost_set.bonuses)


def without(found: dict[PowerId, Figures], power: str) -> dict[PowerId, Figures]:
    return {each: figures for each, figures in found.items() if each != power}
