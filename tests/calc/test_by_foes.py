"""What foes give the caster by what they are made to execute; the numbers are the export's."""

import math

import pytest

from calc.build import Build, Rank, Scenario, TakenPower
from calc.by_foes import widest
from calc.engine import Engine
from gamedata.catalogue import Catalogue, PowerId

FULCRUM_SHIFT = PowerId("Defender_Buff.Kinetics.Kinetic_Transfer")
HEAT_LOSS = PowerId("Defender_Buff.Cold_Domination.Heat_Loss")
VICTORY_RUSH = PowerId("Pool.Leadership.Victory_Rush")
TOUCH = PowerId("Blaster_Support.Darkness_Manipulation.Touch_of_Fear")
DAMAGE, RECOVERY = "offense.damage.fire", "endurance.recovery"


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def used(power: PowerId, scenario: Scenario, taken: TakenPower | None = None) -> Build:
    archetype = "Class_Blaster" if power == TOUCH else "Class_Defender"
    powers: dict[str, TakenPower] = {power: taken or TakenPower(level=1, on=True)}
    return Build(1, archetype=archetype, powers=powers, scenarios={"solo": scenario})


def gained(engine: Engine, build: Build, stat: str) -> float:
    nothing = Build(1, archetype=build.archetype, scenarios=build.scenarios)
    return engine.totals(build)[stat].value - engine.totals(nothing)[stat].value


@pytest.mark.parametrize(("foes", "counted"), [(0, 1), (1, 1), (5, 5), (10, 10), (40, 10)])
def test_fulcrum_shift_gives_more_for_each_foe(engine: Engine, foes: int, counted: int) -> None:
    """4 x 0.125 for the caster, 2 x 0.125 by each of up to ten foes: 300 % with all of them."""
    build = used(FULCRUM_SHIFT, Scenario(foes=foes))
    assert gained(engine, build, DAMAGE) == pytest.approx(0.5 + 0.25 * counted)


def test_a_build_says_on_how_many_foes_it_was_used(engine: Engine) -> None:
    build = used(FULCRUM_SHIFT, Scenario(foes=2), TakenPower(level=1, on=True, count=4))
    assert gained(engine, build, DAMAGE) == pytest.approx(0.5 + 0.25 * 4)


def test_explain_says_what_the_foes_gave(engine: Engine) -> None:
    build = used(FULCRUM_SHIFT, Scenario(foes=6))
    explained = engine.explain(build, DAMAGE)
    by_source = {item.id: item.value for item in explained.items}
    assert by_source["Redirects.Kinetics.KineticTransferBuffSelf"] == 0.5
    assert by_source["Redirects.Kinetics.KineticTransferBuff"] == 1.5
    total = engine.totals(build)[DAMAGE].value
    assert math.fsum(item.value for item in explained.items) == total


def test_figures_show_what_the_foes_give(engine: Engine) -> None:
    """And what each of them loses: 2 x 0.125 of a defender's."""
    figures = engine.figures(used(FULCRUM_SHIFT, Scenario(foes=7)))[FULCRUM_SHIFT]
    found = {(each.on, each.via.rpartition(".")[2]): each for each in figures.effects}
    assert found["self", "KineticTransferBuff"].magnitude == pytest.approx(7 * 0.25)
    assert found["self", "KineticTransferBuffSelf"].magnitude == pytest.approx(0.5)
    assert found["foe", "KineticTransfer"].magnitude == pytest.approx(-0.25)


@pytest.mark.parametrize(("foes", "counted"), [(1, 1), (3, 3), (16, 10)])
def test_heat_loss_gives_recovery_for_each_foe(engine: Engine, foes: int, counted: int) -> None:
    build = used(HEAT_LOSS, Scenario(foes=foes))
    assert gained(engine, build, RECOVERY) == pytest.approx(0.625 * (1 + counted))


@pytest.mark.parametrize(
    ("rank", "recovery", "discount"), [("minion", 0.1, 0.05), ("boss", 0.6, 0.3)]
)
def test_victory_rush_is_by_the_rank_of_the_fallen(
    engine: Engine, rank: Rank, recovery: float, discount: float
) -> None:
    build = used(VICTORY_RUSH, Scenario(target_rank=rank, foes=8))  # it has one target
    assert gained(engine, build, RECOVERY) == pytest.approx(recovery)
    assert gained(engine, build, "offense.endurance_discount") == pytest.approx(discount)


def test_a_foe_touched_sustains_a_blaster(engine: Engine) -> None:
    """Touch of the Beyond: 2 x 1.125 regeneration and 0.5 recovery, once."""
    build = used(TOUCH, Scenario(foes=3))
    assert gained(engine, build, "health.regeneration") == pytest.approx(2.25)
    assert gained(engine, build, RECOVERY) == pytest.approx(0.5)


def test_only_what_gains_by_foes_around_its_target_counts_them(
    full_catalogue: Catalogue,
) -> None:
    """Fulcrum Shift and Heat Loss of four archetypes each."""
    counting = {
        power.name
        for power in full_catalogue.powers.values()
        if widest(power, full_catalogue) is not power
    }
    assert counting == {"Fulcrum Shift", "Heat Loss"}
