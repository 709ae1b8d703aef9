"""What archetypes have by themselves: the design's `calc.md` §5.4, §9, numbers from the export."""

from collections.abc import Iterable

import pytest

from calc.build import Build, Rank, Scenario, TakenPower
from calc.engine import Engine
from calc.figure_types import Figures
from gamedata.catalogue import Catalogue, PowerId

ON = TakenPower(level=1, on=True)

FLARES = "Corruptor_Ranged.Fire_Blast.Flares"
RING_OF_FIRE = "Controller_Control.Fire_Control.Ring_of_Fire"
SCRAPPER_SMITE = "Scrapper_Melee.Dark_Melee.Smite"
STALKER_SMITE = "Stalker_Melee.Dark_Melee.Smite"
ASSASSINS_ECLIPSE = "Stalker_Melee.Dark_Melee.Assassins_Eclipse"
ASSASSINS_STRIKE = "Villain_Pets.Dark_Melee_Assassins_Strike.Assassins_Eclipse"
FOCUS = "Temporary_Powers.Temporary_Powers.Assassins_Focus"

# The tables at level 50: what one point of scale is in damage.
CORRUPTOR_RANGED = 41.7087
CONTROLLER_RANGED = 30.5864
SCRAPPER_MELEE = 62.5631
STALKER_MELEE = 55.6117


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def build(archetype: str, powers: Iterable[str] = (), scenario: Scenario | None = None) -> Build:
    return Build(
        1,
        archetype=f"Class_{archetype}",
        powers=dict.fromkeys(powers, ON),
        scenarios={"solo": scenario or Scenario()},
    )


def value(engine: Engine, found: Build, stat: str) -> float:
    return engine.totals(found)[stat].value


def figures(
    engine: Engine, power: str, scenario: Scenario | None = None, *others: str, archetype: str = ""
) -> Figures:
    archetype = archetype or power.partition("_")[0]
    return engine.figures(build(archetype, (power, *others), scenario))[PowerId(power)]


# --- inherent damage --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("health", "scourged"),
    [(100, 0.0), (50, 0.0), (49, 0.025), (40, 0.25), (20, 0.75), (11, 0.975), (10, 1.0), (1, 1.0)],
)
def test_scourge_is_likelier_the_less_health_the_foe_has(
    engine: Engine, health: int, scourged: float
) -> None:
    """Flares 0.71, and its burning: 0.15 for four ticks, each of 0.8 after the one before."""
    found = figures(engine, FLARES, Scenario(target_health=health))
    burning = 0.15 * (0.8 + 0.8**2 + 0.8**3 + 0.8**4)
    expected = (0.71 * (1 + scourged) + burning) * CORRUPTOR_RANGED
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)
    assert found.before["power.damage"] == found.after["power.damage"]


def test_scourge_holds_in_epic_powers_of_corruptors_only(engine: Engine) -> None:
    """Dominate of Psychic Mastery asks for the archetype, and rolls after that."""
    dominate = "Epic.Psychic_Mastery.Dominate"

    def damage(archetype: str, health: int) -> float:
        scenario = Scenario(target_health=health)
        found = figures(engine, dominate, scenario, archetype=archetype)
        return found.after["power.damage"]

    assert damage("Corruptor", 10) == pytest.approx(2 * damage("Corruptor", 100))
    assert damage("Corruptor", 30) == pytest.approx(1.5 * damage("Corruptor", 100))
    assert damage("Defender", 10) == damage("Defender", 100)


@pytest.mark.parametrize(("held", "times"), [(False, 1), (True, 2)])
def test_containment_doubles_damage_to_foes_that_are_held(
    engine: Engine, held: bool, times: int
) -> None:
    """Ring of Fire: five ticks of 0.22, and as much again."""
    found = figures(engine, RING_OF_FIRE, Scenario(target_held=held))
    expected = times * 5 * 0.22 * CONTROLLER_RANGED
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)


def test_containment_is_half_again_against_players(engine: Engine) -> None:
    """0.1379 beside 0.2758."""
    free = figures(engine, RING_OF_FIRE, Scenario(pvp=True)).after["power.damage"]
    held = figures(engine, RING_OF_FIRE, Scenario(pvp=True, target_held=True)).after["power.damage"]
    assert held == pytest.approx(1.5 * free)


@pytest.mark.parametrize(
    ("rank", "chance"),
    [
        ("minion", 0.05),
        ("lieutenant", 0.1),
        ("boss", 0.1),
        ("elite_boss", 0.1),
        ("archvillain", 0.1),
        ("monster", 0.1),
    ],
)
def test_scrappers_are_critical_half_as_often_with_minions(
    engine: Engine, rank: Rank, chance: float
) -> None:
    """CritSmall or CritLarge, never both; Smite is 0.32 + 1.0, and 1.32 when critical."""
    found = figures(engine, SCRAPPER_SMITE, Scenario(target_rank=rank))
    expected = 1.32 * (1 + chance) * SCRAPPER_MELEE
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)
    assert [each.chance for each in found.effects if each.chance < 1.0] == [chance]


# --- assassination ----------------------------------------------------------------------------


@pytest.mark.parametrize(("team", "chance"), [(1, 0.10), (2, 0.13), (4, 0.19), (8, 0.31)])
def test_stalkers_are_critical_more_often_in_teams(
    engine: Engine, team: int, chance: float
) -> None:
    """0.07 of the attack and 0.03 of Assassination for each in the team, oneself included."""
    found = figures(engine, STALKER_SMITE, Scenario(team=team))
    expected = 1.32 * (1 + chance) * STALKER_MELEE
    assert found.after["power.damage"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("team", [1, 8])
def test_who_is_hidden_is_always_critical_and_only_once(engine: Engine, team: int) -> None:
    found = figures(engine, STALKER_SMITE, Scenario(meter=100, team=team))
    assert found.after["power.damage"] == pytest.approx(2.64 * STALKER_MELEE, rel=1e-6)


def test_an_assassins_strike_is_another_power_when_hidden(engine: Engine) -> None:
    quick = figures(engine, ASSASSINS_ECLIPSE)
    assert quick.power == f"{ASSASSINS_STRIKE}_Quick"
    assert quick.after["power.cast"] == 1.0
    assert quick.after["power.damage"] == pytest.approx(2.76 * STALKER_MELEE, rel=1e-6)

    stealth = figures(engine, ASSASSINS_ECLIPSE, Scenario(meter=100))
    assert stealth.power == f"{ASSASSINS_STRIKE}_Stealth"
    assert stealth.after["power.cast"] == 3.0
    # 1.75 + 0.75, and 4.5 from hiding.
    assert stealth.after["power.damage"] == pytest.approx(7.0 * STALKER_MELEE, rel=1e-6)
