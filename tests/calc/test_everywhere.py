"""Procs that work in all powers, with numbers of the export; Smite: 6 s recharge, 0.97 s cast."""

from collections.abc import Mapping

import pytest

from calc.build import Build, PowerCondition, Scenario, TakenPower
from calc.engine import Engine
from calc.figure_types import Figures, ProcFigure
from gamedata.catalogue import Catalogue, PowerId

SMITE = "Scrapper_Melee.Dark_Melee.Smite"
BIO = "Scrapper_Defense.Bio_Organic_Armor"
OFFENSIVE = (f"{BIO}.Evolution", f"{BIO}.Offensive_Adaptation")
JAB = "Tanker_Melee.Super_Strength.Jab"
INTERFACE = "Incarnate.Interface.Reactive_Core_Flawless_Interface"
HYBRID = "Incarnate.Hybrid.Assault_Radial_Embodiment"
MELEE = 62.5631
ON, TAKEN = TakenPower(level=1, on=True), TakenPower(level=1)


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def made(
    power: str,
    *on: str,
    incarnates: Mapping[str, str] | None = None,
    scenario: Scenario | None = None,
) -> Build:
    return Build(
        1,
        archetype=f"Class_{power.partition('_')[0]}",
        powers={power: TAKEN, **dict.fromkeys(on, ON)},
        incarnates=dict(incarnates or {}),
        scenarios={"solo": scenario or Scenario()},
    )


def figures(engine: Engine, build: Build) -> Figures:
    return engine.figures(build)[PowerId(next(iter(build.powers)))]


def proc(found: Figures) -> ProcFigure:
    (only,) = found.procs
    return only


def test_offensive_adaptation_poisons_with_every_attack(engine: Engine) -> None:
    """0.25 x (0.16 x recharge + 0.36) of melee damage, less the wider a power reaches."""
    found = figures(engine, made(SMITE, *OFFENSIVE))
    expected = 0.25 * (0.16 * 6 + 0.36) * MELEE
    assert found.after["power.damage.toxic"] == pytest.approx(expected, rel=1e-5)
    assert found.after["power.damage.procs"] == found.after["power.damage.toxic"]
    assert "power.damage.toxic" not in found.before
    assert (proc(found).slot, proc(found).chance) == ("", 1.0)
    assert proc(found).enhancement == f"{'Temporary_Powers.' * 2}Offensive_Adaptation_Proc"


def test_it_works_in_powers_of_its_kind_only(engine: Engine) -> None:
    """What takes no damage enhancements is not poisoned, nor is anything while it is off."""
    boost = "Scrapper_Melee.Dark_Melee.Soul_Drain"
    assert figures(engine, made(boost, *OFFENSIVE)).procs
    assert not figures(engine, made("Pool.Speed.Hasten", *OFFENSIVE)).procs
    assert not figures(engine, made(SMITE, f"{BIO}.Evolution")).procs


def test_against_players_the_formula_is_another(engine: Engine) -> None:
    found = figures(engine, made(SMITE, *OFFENSIVE, scenario=Scenario(pvp=True)))
    expected = 0.25 * (0.7 * 0.97 + 0.04 * 6 + 0.4) * MELEE
    assert found.after["power.damage.toxic"] == pytest.approx(expected, rel=1e-5)


def test_gauntlet_taunts_with_every_attack(engine: Engine) -> None:
    """Magnitude 4; no damage, and the power's own numbers stay."""
    (taunt,) = proc(figures(engine, made(JAB))).effects
    assert (taunt.attribute, taunt.magnitude) == ("Taunt", 4.0)
    assert taunt.duration_s == pytest.approx(14.96, abs=0.01)
    off = made(JAB)
    off.powers["Inherent.Inherent.Gauntlet"] = TakenPower(on=False)
    assert not figures(engine, off).procs
    assert figures(engine, off).after == figures(engine, made(JAB)).after


def test_interface_comes_with_its_chances(engine: Engine) -> None:
    """Reactive Core: 0.75 for a weaker resistance, 0.25 for each tick of burning."""
    found = figures(engine, made(SMITE, incarnates={"interface": INTERFACE}))
    weaker, burning = found.procs
    assert weaker.chance == 0.75
    assert {effect.attribute for effect in weaker.effects} >= {"Smashing_Dmg", "Toxic_Dmg"}
    (fire,) = burning.effects
    assert (fire.attribute, fire.chance, fire.ticks) == ("Fire_Dmg", 0.25, 5)
    whole = fire.magnitude * sum(0.25**tick for tick in range(1, 6))
    assert found.after["power.damage.fire"] == pytest.approx(whole)


def test_assault_hits_twice_by_procs_per_minute(engine: Engine) -> None:
    """6 per minute with the very rare one: 6 x (6 + 0.97) / 60."""
    found = figures(engine, made(SMITE, HYBRID, incarnates={"hybrid": HYBRID}))
    assert proc(found).chance == pytest.approx(6 * 6.97 / 60)
    assert found.after["power.damage.energy"] == pytest.approx(proc(found).damage)


def test_what_is_remembered_follows_them(engine: Engine) -> None:
    state = "Temporary_Powers.Temporary_Powers.Incarnate_Reward_Dark_Astoria"
    steps = [
        made(SMITE),
        made(SMITE, f"{BIO}.Evolution"),
        made(SMITE, *OFFENSIVE),
        made(SMITE, *OFFENSIVE, incarnates={"interface": INTERFACE}),
        made(SMITE, HYBRID, incarnates={"hybrid": HYBRID}),
        made(
            SMITE,
            HYBRID,
            incarnates={"hybrid": HYBRID},
            scenario=Scenario(powers={state: PowerCondition(on=True)}),
        ),
        made(SMITE),
    ]
    result = None
    for build in steps:
        result = engine.result(build, result)
        assert result.figures == Engine(engine.catalogue).figures(build)
