"""Incarnate powers in totals: the design's `calc.md` §8, with numbers from the export."""

from typing import Any

import pytest
from msgspec.structs import replace

from calc.build import Build, PowerCondition, Scenario, Slot, SlottedEnhancement, TakenPower
from calc.engine import Engine
from calc.stats import STATS
from gamedata.catalogue import Catalogue

STAMINA = "Inherent.Fitness.Stamina"
WEAVE = "Pool.Fighting.Weave"
AGELESS = "Incarnate.Destiny.Ageless_Core_Epiphany"
ASSAULT = "Incarnate.Hybrid.Assault_Core_Embodiment"
MELEE = "Incarnate.Hybrid.Melee_Genome_8"


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


def with_powers(scenario: Scenario | None = None, **incarnates: str) -> Build:
    return Build(
        1,
        archetype="Class_Dominator",
        incarnates=incarnates,
        scenarios={"solo": scenario or Scenario()},
    )


def value(engine: Engine, build: Build, stat: str) -> float:
    return engine.totals(build)[stat].value


def is_on(power: str, **fields: Any) -> Scenario:
    return Scenario(powers={power: PowerCondition(on=True)}, **fields)


def test_alpha_enhances_what_takes_its_types(engine: Engine) -> None:
    """Agility Core Paragon on Stamina: 0.25 x (1 + 0.15 + 0.30)."""
    build = with_powers(alpha="Incarnate.Alpha.Agility_Core_Paragon")
    assert value(engine, build, "endurance.recovery") == pytest.approx(1 + 0.3625)


def test_alpha_joins_the_slots_before_ed_and_adds_its_rest_after(engine: Engine) -> None:
    """Weave with four defense inventions of level 50: 4 x 0.2545 + 0.0667 before ED, 0.1333
    after it (the export's table has four decimals; `calc.md` works the example with three)."""
    slots = {
        f"s{index}": Slot(enhancement=SlottedEnhancement("Crafted_Defense_Buff", 50))
        for index in range(4)
    }
    build = replace(
        with_powers(alpha="Incarnate.Alpha.Agility_Core_Paragon"),
        archetype="Class_Scrapper",
        powers={WEAVE: TakenPower(level=1, on=True, slots=slots)},
    )
    before_ed = 4 * 0.25454 + 0.0667
    strength = 1 + 0.56 + (before_ed - 0.6) * 0.15 + 0.1333
    assert value(engine, build, "defense.melee") == pytest.approx(0.0375 * strength, abs=2e-6)


def test_alpha_makes_toggles_cheaper(engine: Engine) -> None:
    """Cardiac: the upkeep of a toggle divided by 1.45."""
    plain = replace(with_powers(), powers={WEAVE: TakenPower(level=1, on=True)})
    upkeep = value(engine, plain, "endurance.use_per_second")
    cardiac = replace(plain, incarnates={"alpha": "Incarnate.Alpha.Cardiac_Core_Paragon"})
    assert value(engine, cardiac, "endurance.use_per_second") == pytest.approx(upkeep / 1.45)


def test_alpha_is_no_global_strength(engine: Engine) -> None:
    """A Range alpha enhances powers; the total of range bonuses stays what it is."""
    build = with_powers(alpha="Incarnate.Alpha.Intuition_Radial_Paragon")
    plain = engine.totals(with_powers())
    changed = {
        key for key, total in engine.totals(build).items() if total.value != plain[key].value
    }
    assert {key for key in changed if key.startswith("offense.")} == set()
    assert "level_shift" in changed


@pytest.mark.parametrize(("alpha", "levels"), [("Agility_Core_Paragon", 1), ("Agility_Boost", 0)])
def test_a_level_shift_stands_beside_the_totals(engine: Engine, alpha: str, levels: int) -> None:
    build = with_powers(alpha=f"Incarnate.Alpha.{alpha}")
    assert value(engine, build, "level_shift") == levels


@pytest.mark.parametrize(
    ("seconds", "recharge"),
    [(0, 0.7), (9, 0.7), (10, 0.3), (30, 0.2), (60, 0.1), (119, 0.1), (120, 0.0)],
)
def test_destiny_fades_in_steps(engine: Engine, seconds: int, recharge: float) -> None:
    build = with_powers(is_on(AGELESS, activated_s=seconds), destiny=AGELESS)
    assert value(engine, build, "offense.recharge") == pytest.approx(1 + recharge)


def test_destiny_does_nothing_before_it_is_used(engine: Engine) -> None:
    build = with_powers(destiny=AGELESS)
    assert value(engine, build, "offense.recharge") == 1.0


def test_one_step_does_not_fade(engine: Engine) -> None:
    """Hasten has one step: however long ago, it is on while it is marked as on."""
    hasten = {"Pool.Speed.Hasten": TakenPower(level=1, on=True)}
    build = replace(with_powers(Scenario(activated_s=600)), powers=hasten)
    assert value(engine, build, "offense.recharge") == pytest.approx(1.7)


def test_hybrid_gives_its_passive_part_while_it_is_off(engine: Engine) -> None:
    off = with_powers(hybrid=ASSAULT)
    assert value(engine, off, "offense.damage.smashing") == pytest.approx(1.1)
    assert value(engine, with_powers(), "offense.damage.smashing") == 1.0


def test_hybrid_gives_both_parts_while_it_is_on(engine: Engine) -> None:
    """Melee Core Embodiment: 0.1608 resistance and 2.412 regeneration, 0.0099 and 0.1485 for each
    foe in reach; +0.3 regeneration at all times."""
    off = with_powers(hybrid=MELEE)
    assert value(engine, off, "health.regeneration") == pytest.approx(1.4 + 0.3)
    assert value(engine, off, "resistance.fire") == 0.0
    three = Scenario(powers={MELEE: PowerCondition(on=True, count=3)})
    build = with_powers(three, hybrid=MELEE)
    assert value(engine, build, "resistance.fire") == pytest.approx(0.1608 + 3 * 0.0099)
    regeneration = 1.4 + 0.3 + 2.412 + 3 * 0.1485
    assert value(engine, build, "health.regeneration") == pytest.approx(regeneration)


@pytest.mark.parametrize(
    "power",
    [
        "Incarnate.Judgement.Ion_Core_Final_Judgement",
        "Incarnate.Interface.Degenerative_Core_Flawless_Interface",
        "Incarnate.Lore.Arachnos_Ally",
    ],
)
def test_judgement_interface_and_lore_give_nothing_to_oneself(
    engine: Engine, catalogue: Catalogue, power: str
) -> None:
    assert power in catalogue.powers
    slot = power.split(".")[1].lower()
    build = with_powers(is_on(power), **{slot: power})
    assert engine.totals(build) == engine.totals(with_powers())


def test_unknown_incarnates_give_nothing(engine: Engine) -> None:
    build = with_powers(alpha="Incarnate.Alpha.Nothing", hybrid="Pool.Nowhere.Nothing")
    assert engine.totals(build) == engine.totals(with_powers())
    assert len(engine.totals(build)) == len(STATS)
